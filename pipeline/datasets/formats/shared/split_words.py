"""Recognises splits by words in the names of files and folders."""

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
"""The words, in lower case, that name each split."""


def split_of(file: str) -> str:
    """Return the split that a path names, or "" if it names none.

    The file's name is searched first, then its folders from the innermost. The last word of a name counts.
    """
    for part in reversed(file.lower().split("/")):
        if words := _WORD.findall(part):
            return _SPLIT_OF_WORD[words[-1]]
    return ""


def splits_of(files: list[str]) -> dict[str, str]:
    """Return the split that each annotation file of a dataset names.

    All splits are "" if the files do not differ in the split.
    """
    splits = {file: split_of(file) for file in files}
    return splits if len(set(splits.values())) > 1 else dict.fromkeys(files, "")


def splits_of_folders(files: list[str]) -> dict[str, str]:
    """Return the split that the folder of each file names. All splits are "" if the folders name less than two."""
    folders = {posixpath.dirname(file) for file in files}
    splits = {folder: split_of(folder) for folder in folders}
    if len(set(splits.values()) - {""}) < 2:
        return dict.fromkeys(files, "")
    return {file: splits[posixpath.dirname(file)] for file in files}
