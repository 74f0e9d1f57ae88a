"""Finds the image files of a COCO file's images."""

import posixpath
from collections import Counter
from collections.abc import Iterator
from reprlib import repr as shortened  # it also accepts deeply nested lists
from typing import Any, NamedTuple

from pipeline.datasets.formats.coco.contents import Contents
from pipeline.datasets.formats.shared.claims import Claim, Claims, lost_claim_issue
from pipeline.datasets.formats.shared.image_urls import image_names
from pipeline.datasets.formats.shared.near import find_near
from pipeline.datasets.raw.folder import IMAGE_SUFFIXES, DatasetFolder, OutsideFolderError
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
    repeated = _repeated(contents)
    claims, files = Claims(), dict[Any, str]()
    for key, name, *_ in contents.images:
        if key in repeated:  # it is unknown to which of the images an annotation belongs
            detail = f"{contents.file} gives its id, {shortened(key)}, to other images too"
            builder.issues.append(
                Issue(name, Fault(None, "unreadable-annotation", detail, Action.DROP_IMAGE))
            )
        elif file := _find(folder, contents.file, name, split, builder):
            claims.assign(file, Claim(contents.file, name, shared=True))
            files[key] = file
    for key, name, *_ in contents.images:
        claim = Claim(contents.file, name, shared=True)
        if key in files and not claims.is_assigned(files[key], claim):
            file = files.pop(key)
            builder.issues.append(lost_claim_issue(file, claim, claims.assigned(file)))
    return files


def _find(folder: DatasetFolder, annotation: str, name: str, split: str, builder: TableBuilder) -> str | None:
    """Return the file of an image. If there is none, list the issue.

    The name may also be the URL or the upload of a labelling tool; see :func:`image_names`.
    """
    outside = False
    for candidate in _candidates(name):
        try:
            if file := find_near(folder, candidate, annotation, split):
                return file
        except OutsideFolderError:
            outside |= candidate == name
    detail, fault = f"named in {annotation}, but not there", "missing-image"
    if outside:
        detail, fault = f"{annotation} names {name!r}, outside the dataset's folder", "path-outside-folder"
    builder.issues.append(Issue(name, Fault(None, fault, detail, Action.DROP_IMAGE)))
    return None


def _candidates(name: str) -> Iterator[str]:
    yield name
    yield from (url for url in image_names(name) if posixpath.splitext(url)[1].lower() in IMAGE_SUFFIXES)


def _repeated(contents: Contents) -> set[int | str]:
    """Return the ids of two or more images. Entries with the same id and file name are the same image."""
    pairs = {(key, name) for key, name, *_ in contents.images}
    return {key for key, count in Counter(key for key, _ in pairs).items() if count > 1}
