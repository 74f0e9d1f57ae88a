"""Groups the rows of CSV files, each of which has one box, by image."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from pipeline.datasets.formats.shared.annotated_image import AnnotatedImage, AnnotatedObject
from pipeline.datasets.formats.shared.csv_files import declared_sides, numbers
from pipeline.datasets.formats.shared.near import find_near
from pipeline.datasets.raw.folder import DatasetFolder, OutsideFolderError
from pipeline.datasets.table.box_units import shows_unit, within_shares
from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.datasets.table.repeated_annotations import is_marked_as_copy

CORNERS = ["xmin", "ymin", "xmax", "ymax"]

EMPTY = ("", "nan", "na", "n/a", "none", "null", "-")
"""Texts of a field without a value, in lower case."""


def box_rows(
    texts: pd.DataFrame, annotation: str, *, split: str, normalised: bool | None, sizes: frozenset[str]
) -> pd.DataFrame:
    """Convert the text of a file's rows to numbers.

    Args:
        texts: The columns image and label and those of :data:`CORNERS`. The columns width, height, split, group and
            crowd are optional.
        annotation: The file, relative to the dataset's folder.
        split: The split of rows whose own is ""; "" if it is unknown.
        normalised: Whether boxes are fractions of the image. None means that they are if most are within 0..1.
        sizes: Those of xmax and ymax whose column holds the box's width or height instead.

    Returns:
        One row for each row of ``texts``: image, label, annotation, split and group (str), :data:`CORNERS`
        (float64), width and height (int64, px, 0 if unknown), normalised and crowd (bool), empty (bool, the row has
        no box), broken (str, why the box is unreadable, or "").
    """
    given = np.stack([numbers(texts[corner]) for corner in CORNERS], axis=1)
    boxes = given.copy()
    for far, near in ((2, 0), (3, 1)):
        if CORNERS[far] in sizes:
            boxes[:, far] += boxes[:, near]
    if normalised is None:
        normalised = _look_normalised(boxes)
    empty = np.stack([texts[corner].str.lower().isin(EMPTY) for corner in CORNERS], axis=1).all(axis=1)
    broken = ~np.isfinite(boxes).all(axis=1) & ~empty
    rows = pd.DataFrame({"image": texts["image"], "label": texts["label"], "annotation": annotation})
    rows[CORNERS] = boxes
    rows = rows.assign(normalised=normalised, empty=np.asarray(empty), broken="")
    rows.loc[broken, "broken"] = [
        f"its corners are {corners}" for corners in texts.loc[broken, CORNERS].to_numpy().tolist()
    ]
    for side in ("width", "height"):
        rows[side] = declared_sides(texts, side)
    rows["split"] = texts["split"].where(texts["split"] != "", split) if "split" in texts else split
    rows["group"] = texts.get("group", "")
    rows["crowd"] = texts["crowd"].str.lower().isin(("1", "1.0", "true")) if "crowd" in texts else False
    return rows


def _look_normalised(boxes: np.ndarray) -> bool:
    """Return whether most of a file's boxes, float64 [G, 4], are within 0..1.

    The majority decides, so that a few wrong boxes do not change the unit of the others.
    """
    decisive = boxes[shows_unit(boxes)]
    if not len(decisive):
        decisive = boxes[np.isfinite(boxes).all(axis=1)]
    return bool(len(decisive) and np.mean(within_shares(decisive)) > 1 / 2)


def annotated_images(folder: DatasetFolder, files: list[pd.DataFrame]) -> Iterator[AnnotatedImage | Issue]:
    """Group the rows of all files by image.

    If there are several files, rows are about the same image if their names lead to the same file: several folders may
    have a ``0001.jpg`` and a CSV file each. If one file gives the split of an image and another does not, the image has
    that split. A row that several files repeat counts once. Rows that one file repeats are kept, because the checks
    report them as ``duplicate-box``.

    Args:
        files: The result of :func:`box_rows` for each file.

    Yields:
        The issues of rows that are left out, then the images in the order of their first rows.
    """
    # the first of equal rows is kept, so files marked as copies come last, and files with splits before others
    files = sorted(files, key=lambda rows: (_is_copy(rows), bool((rows["split"] == "").any())))
    rows = pd.concat(files, ignore_index=True)
    nameless = rows["image"] == ""
    for annotation, count in rows.loc[nameless, "annotation"].value_counts(sort=False).items():
        detail = f"rows that name no image: {count}"
        yield Issue(
            str(annotation), Fault(None, "annotation-without-image", detail, Action.DROP, "rows left out")
        )
    rows = rows[~nameless]
    rows = rows.assign(file=rows["image"] if len(files) == 1 else _found_files(folder, rows))
    if len(files) > 1:
        rows = _deduplicated(rows)
        others = rows["normalised"] != rows.groupby(["file", "split"])["normalised"].transform("first")
        for image, annotation in (
            rows.loc[others, ["image", "annotation"]].drop_duplicates().to_numpy().tolist()
        ):
            detail = f"boxes of {image!r} are in pixels in one file, shares of the image in another"
            how = "those of this file left out"
            yield Issue(annotation, Fault(None, "unreadable-annotation", detail, Action.DROP, how))
        rows = rows[~others]
    yield from _images(rows)


def _is_copy(rows: pd.DataFrame) -> bool:
    return any(map(is_marked_as_copy, rows["annotation"].unique()))


def _found_files(folder: DatasetFolder, rows: pd.DataFrame) -> "pd.Series[str]":
    """Return the file of each row's image, or the name that the row gives the image if there is no such file."""
    keys = ["annotation", "image"]
    named = rows[[*keys, "split"]].drop_duplicates(keys)
    files = [_found_file(folder, *name) for name in named.itertuples(index=False, name=None)]
    found = pd.Series(files, index=pd.MultiIndex.from_frame(named[keys]), dtype="str")
    return found.reindex(pd.MultiIndex.from_frame(rows[keys])).set_axis(rows.index)


def _found_file(folder: DatasetFolder, annotation: str, image: str, split: str) -> str:
    try:
        return find_near(folder, image, annotation, split) or image
    except OutsideFolderError:
        return image


def _deduplicated(rows: pd.DataFrame) -> pd.DataFrame:
    """Fill in the split of each image, and drop rows that repeat a row of an earlier file."""
    known = rows[rows["split"] != ""].drop_duplicates("file").set_index("file")["split"]
    rows = rows.assign(split=rows["split"].where(rows["split"] != "", rows["file"].map(known).fillna("")))
    key = ["file", "split", "label", *CORNERS, "broken"]
    copy = rows.groupby(["annotation", *key], dropna=False, sort=False).cumcount()
    repeats = rows.assign(copy=copy).duplicated([*key, "copy"])
    # a file marked as a copy is compared with the other one as a whole
    copies = rows["annotation"].map({name: is_marked_as_copy(name) for name in rows["annotation"].unique()})
    whole = repeats.groupby([rows["file"], rows["split"], rows["annotation"]]).transform("all")
    return rows[~repeats.where(~copies.astype(bool), whole)]


def _images(rows: pd.DataFrame) -> Iterator[AnnotatedImage]:
    """Yield the images of the rows. An image that several files annotate is yielded for each of them."""
    keys = ["file", "split", "annotation"]
    # the positions count through all files, so that they tell the objects of an image apart
    rows = rows.assign(position=rows.groupby(keys[:2], sort=False).cumcount())
    codes = rows.groupby(keys, sort=False).ngroup().to_numpy()
    order = np.argsort(codes, kind="stable")
    rows = rows.iloc[order]
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1)).tolist()
    heads = rows[["annotation", "image", "width", "height", "normalised", "split", "group"]].iloc[starts]
    columns = (rows[name].tolist() for name in ("position", "label", "crowd", "empty", "broken"))
    objects = list(zip(*columns, strict=True))
    boxes = rows[CORNERS].to_numpy()
    ends = [*starts, len(rows)][1:]
    for head, start, end in zip(heads.itertuples(index=False, name=None), starts, ends, strict=True):
        annotation, image, width, height, normalised, split, group = head
        readable, faults = _objects(objects[start:end], boxes[start:end].tolist())
        yield AnnotatedImage(
            annotation,
            (image,),
            width,
            height,
            readable,
            faults,
            normalised=normalised,
            split=split,
            group=group,
            shared=True,
        )


def _objects(
    rows: list[tuple[int, str, bool, bool, str]], boxes: list[list[float]]
) -> tuple[tuple[AnnotatedObject, ...], tuple[Fault, ...]]:
    objects, faults = [], []
    for (position, label, crowd, empty, broken), box in zip(rows, boxes, strict=True):
        if broken:
            faults.append(Fault(position, "box-unreadable", broken, Action.DROP_OBJECT))
        elif not empty:
            xmin, ymin, xmax, ymax = box
            objects.append(AnnotatedObject(position, label, (xmin, ymin, xmax, ymax), crowd=crowd))
    return tuple(objects), tuple(faults)
