"""The words by which file and folder names speak of a split."""

import posixpath
import re

_WORDS = {
    "train": ("train_val", "train-val", "trainval", "training", "train"),
    "val": ("validation", "validate", "valid", "val", "evaluation", "eval"),
    "test": ("testing", "test"),
}

_SPLIT_OF_WORD = {word: split for split, words in _WORDS.items() for word in words}

_WORD = re.compile(rf"(?<![a-z])({'|'.join(_SPLIT_OF_WORD)})(?![a-z])")

WORDS_OF_SPLIT = {split: frozenset(words) for split, words in _WORDS.items()}
"""What a folder of the split's images may be called."""


def split_of(file: str) -> str:
    """Return the split that the file's name, or else its folder's, speaks of; "" for none."""
    for part in reversed(file.lower().split("/")):
        if words := _WORD.findall(part):
            return _SPLIT_OF_WORD[words[-1]]
    return ""


def splits_of(files: list[str]) -> dict[str, str]:
    """Return the split of each of a dataset's annotation files; "" for all where they speak of one at most."""
    splits = {file: split_of(file) for file in files}
    return splits if len(set(splits.values())) > 1 else dict.fromkeys(files, "")


def splits_of_folders(files: list[str]) -> dict[str, str]:
    """Return the split that each image's annotation file is in, by its folder; "" for all unless there are two."""
    folders = {posixpath.dirname(file) for file in files}
    splits = {folder: split_of(folder) for folder in folders}
    told = len(set(splits.values()) - {""}) > 1
    return {file: splits[posixpath.dirname(file)] if told else "" for file in files}
