"""The check for augmented copies: images that were made of one source by flips, rotations, crops and the like.

Copies of one source show the same objects. So the test would be too easy if some of them were in train: the copies of
a source are a group, which stays in one split. The perceptual hash does not see flips and rotations, so the names tell.
"""

import posixpath
import re
from collections import Counter
from dataclasses import replace
from typing import NamedTuple

import pandas as pd

from pipeline.datasets.checks.rules import judged
from pipeline.datasets.table.annotation_table import AnnotationTable, with_issues
from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.params.convert import Convert

_WORD = (
    r"(?:[hv]?[_-]?flip(?:ped|lr|ud|[_-]?(?:h|v|x|y|lr|ud|horizontal|vertical))?|mirror(?:ed)?"
    r"|rot(?:at(?:e|ed|ion))?|crop(?:ped)?|aug(?:mented|mentation)?|blur(?:red)?|nois[ey]|bright(?:ness|er)?"
    r"|contrast|shear(?:ed)?|zoom(?:ed)?|scaled?|jitter(?:ed)?|translated?|shift(?:ed)?)(?:[_-]?\d+)*"
)

_ROBOFLOW = re.compile(r"(?P<source>.+)\.rf\.[0-9A-Za-z]{8,}")

_SUFFIX = re.compile(rf"(?P<source>.+?)(?:[_\-. ]{_WORD})+", re.IGNORECASE)

_PREFIX = re.compile(rf"(?:{_WORD}[_\-. ])+(?P<source>.+)", re.IGNORECASE)

_HINT = (
    r"(?i)\.rf\.|flip|mirror|rot|crop|aug|blur|nois|bright|contrast|shear|zoom|scale|jitter|translat|shift"
)

_AUGMENTED_FOLDER = re.compile(r"aug(?:mented|mentation|mentations)?", re.IGNORECASE)

# Folders that do not tell sources apart: those of splits and those that usually hold images.
_ANY_SOURCE = re.compile(
    r"(?:train(?:ing|val)?|val(?:id|idation)?|test(?:ing)?|images?|imgs?|jpegimages|originals?|raw)",
    re.IGNORECASE,
)

# A name that more of the images share is rather that of the dataset than of a source.
_LARGEST_SHARE = 0.25


class _Name(NamedTuple):
    """What the name of an image says.

    Attributes:
        source: The folder and the name of its source.
        is_copy: Whether it is named as a copy of the source.
    """

    source: tuple[str, str]
    is_copy: bool


def group_copies(table: AnnotationTable, settings: Convert) -> AnnotationTable:
    """Make a group of the copies of each source, unless the annotations or the pattern give the images a group.

    Args:
        settings: The rules; by "keep" there is no such group. The pattern of groups.
    """
    files = table.images["file"]
    if not files.str.contains(_HINT, regex=True).any():
        return table
    free = table.images["group"] == ""
    if settings.group_pattern is not None:
        free &= files.str.extract(settings.group_pattern, expand=False).isna()
    sources = _sources(files[free].tolist())
    sizes = Counter(source for source in sources if source)
    if not sizes:
        return table
    most = max(sizes.values())
    counts = f"{sizes.total():,} images are copies of {len(sizes):,} sources by their names"
    detail = f"{counts}, such as {_example(files[free], sources)}"
    if most > _LARGEST_SHARE * len(files):
        how = "no groups, because more than a quarter of all images have one name; see convert.group_pattern"
        return with_issues(table, [Issue("", Fault(None, "augmented-copy", detail, Action.KEEP, how))])
    fault = Fault(None, "augmented-copy", detail, Action.REPAIR, "the copies of a source stay in one split")
    table = with_issues(table, [Issue("", judged(fault, settings.checks))])
    if settings.checks.augmented_copy == "keep":
        return table
    groups = table.images["group"].where(~free, pd.Series(sources, index=files.index[free], dtype="str"))
    return replace(table, images=table.images.assign(group=groups.fillna("")))


def _example(files: "pd.Series[str]", sources: list[str]) -> str:
    first = next(source for source in sources if source)
    return " and ".join([file for file, source in zip(files, sources, strict=True) if source == first][:2])


def _sources(files: list[str]) -> list[str]:
    """Return the source of each image that is a copy or has copies, "" for the others."""
    plain = [_plain(file) for file in files]
    stems = {name.source for name in plain if not name.is_copy}
    names = [name if name.is_copy else _prefixed(name, stems) for name in plain]
    members = Counter(name.source for name in names)
    copied = {name.source for name in names if name.is_copy and members[name.source] > 1}
    return ["/".join(name.source) if name.source in copied else "" for name in names]


def _plain(file: str) -> _Name:
    """Return what the end of an image's name and its folders say."""
    folder, base = posixpath.split(file)
    stem = posixpath.splitext(base)[0]
    parts = folder.split("/")
    augmented = any(map(_AUGMENTED_FOLDER.fullmatch, parts))
    kept = [
        part for part in parts if not _AUGMENTED_FOLDER.fullmatch(part) and not _ANY_SOURCE.fullmatch(part)
    ]
    match = _ROBOFLOW.fullmatch(stem) or _SUFFIX.fullmatch(stem)
    return _Name(("/".join(kept), match["source"] if match else stem), bool(match) or augmented)


def _prefixed(name: _Name, stems: set[tuple[str, str]]) -> _Name:
    """Return the name of a copy if words before the name of another image are all that the name has beside it."""
    folder, stem = name.source
    match = _PREFIX.fullmatch(stem)
    if match and (folder, match["source"]) in stems:
        return _Name((folder, match["source"]), is_copy=True)
    return name
