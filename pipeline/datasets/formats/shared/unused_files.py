"""Lists the files that look like annotations or masks and that no reader used.

A reader has nothing to do for this if it parses files with ``parse_files`` or adds images with ``add_all``. It calls
``folder.use`` for other files whose contents it uses, such as lists of images or of class names.
"""

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable

from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.faults import Issue
from pipeline.datasets.table.unused_keys import unused

ANNOTATION_SUFFIXES = frozenset(
    [
        ".txt",
        ".json",
        ".xml",
        ".csv",
        ".tsv",
        ".mat",
        ".jsonl",
        ".ndjson",
        ".odgt",
        ".manifest",
        ".vbb",
        ".pkl",
        ".pickle",
        ".npy",
        ".npz",
        ".h5",
        ".hdf5",
        ".parquet",
        ".pts",
        ".xlsx",
    ]
)
"""The suffixes, in lower case, of files that may hold annotations."""

# Files about the dataset. Labelling tools also leave lists of class names where the annotations have the names.
_ABOUT = re.compile(
    r"(read[_ -]?me|licen[cs]e|copying|copyright|change[_ -]?log|citation|authors|notice|requirements|attribution"
    r"|predefined_classes|label(l)?ing_(interface|config)"
    r"|(class(es)?([_ -]?(names|list|map))?|label[_ -]?map)(?=\.(txt|csv|json))"
    r"|labels?([_ -]?(names|list))?(?=\.txt)).*"
)

_MOST = 30  # folders that are listed


def annotation_like(folder: DatasetFolder) -> list[str]:
    """Return the files that may hold annotations, sorted. Files about the dataset and empty files are left out."""
    return [file for file in folder.files if _is_annotation_like(file) and _has_contents(folder, file)]


def _is_annotation_like(file: str) -> bool:
    name = posixpath.basename(file).lower()
    return posixpath.splitext(name)[1] in ANNOTATION_SUFFIXES and not _ABOUT.fullmatch(name)


def _has_contents(folder: DatasetFolder, file: str) -> bool:
    try:
        return (folder.root / file).stat().st_size > 0
    except OSError:
        return False


def unused_files(folder: DatasetFolder, table: AnnotationTable) -> list[Issue]:
    """Return an issue for each folder with files that were not used.

    These are the files that may hold annotations, and the images in folders without an image of the table, which may
    be masks. Files that have an issue already are left out. So are all images if the table has none.
    """
    listed = {issue.file for issue in table.issues}
    images = set(table.images["file"])
    homes = {posixpath.dirname(file) for file in images}
    files = [
        file
        for file in folder.files
        if not folder.is_used(file)
        and file not in listed
        and _is_annotation_like(file)
        and _has_contents(folder, file)
    ]
    known = images | listed
    pictures = [
        file
        for file in folder.images()
        if images and file not in known and posixpath.dirname(file) not in homes and not folder.is_used(file)
    ]
    return [*_by_folder(files, "file"), *_by_folder(pictures, "image")]


def _by_folder(files: Iterable[str], noun: str) -> list[Issue]:
    """Return an issue for each folder and suffix, with the first file as its example."""
    groups: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for file in files:
        groups[posixpath.dirname(file), posixpath.splitext(file)[1].lower()].append(file)
    issues = [
        Issue(group[0], unused(_sentence(noun, len(group), suffix)))
        for (_, suffix), group in list(groups.items())[:_MOST]
    ]
    if rest := list(groups.values())[_MOST:]:
        count = sum(map(len, rest))
        issues.append(Issue(rest[0][0], unused(f"{count:,} further {noun}s in other folders are not used")))
    return issues


def _sentence(noun: str, count: int, suffix: str) -> str:
    if count == 1:
        return f"the {noun} is not used"
    others = f"is the other {suffix} file" if count == 2 else f"are the other {count - 1:,} {suffix} files"
    return f"the {noun} is not used, nor {others} of its folder"
