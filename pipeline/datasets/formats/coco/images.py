"""Finds the image files of a COCO file's images."""

import posixpath
import re
from collections import Counter
from reprlib import repr as shortened  # it also accepts deeply nested lists
from typing import Any, NamedTuple

from pipeline.datasets.formats.coco.contents import Contents
from pipeline.datasets.formats.shared.claims import Claim, Claims, lost_claim_issue
from pipeline.datasets.formats.shared.split_words import WORDS_OF_SPLIT
from pipeline.datasets.raw.folder import DatasetFolder, OutsideFolderError
from pipeline.datasets.table.builder import TableBuilder
from pipeline.datasets.table.faults import Action, Fault, Issue


class CocoImage(NamedTuple):
    """An image to which annotations refer.

    Attributes:
        file: The image's file, relative to the dataset's folder, or its name in the COCO file if ``row`` is None.
        row: The image's row in the table's builder; None if the image is left out.
    """

    file: str
    row: int | None


def add_images(
    folder: DatasetFolder, contents: Contents, split: str, builder: TableBuilder
) -> dict[Any, CocoImage]:
    """Add the images whose files are found, and list the issues of the others.

    Args:
        split: train | val | test; "" if the split is unknown.

    Returns:
        All images by COCO id, including those that are left out.
    """
    files = _files_of(folder, contents, split, builder)
    images = {}
    for key, name, width, height, group in contents.images:
        if file := files.get(key):
            row = builder.image(file, width, height, split, group=group, annotation=contents.file)
            images[key] = CocoImage(file, row)
        else:
            images[key] = CocoImage(name, None)
    return images


def _files_of(folder: DatasetFolder, contents: Contents, split: str, builder: TableBuilder) -> dict[Any, str]:
    """Return the file of each image that is found, by COCO id. List the issues of the others."""
    stem = posixpath.splitext(posixpath.basename(contents.file.lower()))[0]
    hints = frozenset(re.split(r"[_\-. ]", stem)) | WORDS_OF_SPLIT.get(split, frozenset())
    repeated = _repeated(contents)
    claims, files = Claims(), dict[Any, str]()
    for key, name, *_ in contents.images:
        if key in repeated:  # it is unknown to which of the images an annotation belongs
            detail = f"{contents.file} gives its id, {shortened(key)}, to other images too"
            builder.issues.append(
                Issue(name, Fault(None, "unreadable-annotation", detail, Action.DROP_IMAGE))
            )
        elif file := _find(folder, contents.file, name, hints, builder):
            claims.assign(file, Claim(contents.file, name, shared=True))
            files[key] = file
    for key, name, *_ in contents.images:
        claim = Claim(contents.file, name, shared=True)
        if key in files and not claims.is_assigned(files[key], claim):
            builder.issues.append(lost_claim_issue(files.pop(key), claim))
    return files


def _find(
    folder: DatasetFolder, annotation: str, name: str, hints: frozenset[str], builder: TableBuilder
) -> str | None:
    try:
        file = folder.find(name, annotation=annotation, hints=hints)
    except OutsideFolderError:
        detail = f"{annotation} names {name!r}, outside the dataset's folder"
        builder.issues.append(Issue(name, Fault(None, "path-outside-folder", detail, Action.DROP_IMAGE)))
        return None
    if file is None:
        detail = f"named in {annotation}, but not there"
        builder.issues.append(Issue(name, Fault(None, "missing-image", detail, Action.DROP_IMAGE)))
    return file


def _repeated(contents: Contents) -> set[int | str]:
    """Return the ids of two or more images. Entries with the same id and file name are the same image."""
    pairs = {(key, name) for key, name, *_ in contents.images}
    return {key for key, count in Counter(key for key, _ in pairs).items() if count > 1}
