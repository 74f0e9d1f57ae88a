"""Tables with a box a row, of one file or several, gathered into images."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from pipeline.datasets.formats.shared.annotated_image import AnnotatedImage, AnnotatedObject
from pipeline.datasets.formats.shared.csv_files import numbers
from pipeline.datasets.table.box_units import shows_unit, within_shares
from pipeline.datasets.table.faults import Action, Fault, Issue

CORNERS = ["xmin", "ymin", "xmax", "ymax"]

_EMPTY = ("", "nan", "na", "n/a", "none", "null", "-")

_MAX_SIDE = 2**31


def box_rows(
    texts: pd.DataFrame, annotation: str, *, split: str, normalised: bool | None, sizes: frozenset[str]
) -> pd.DataFrame:
    """Return a file's rows with numbers for texts.

    Args:
        texts: Columns image, label and :data:`CORNERS`; width, height, split, group and crowd if there are any.
        annotation: The file, relative to the dataset's folder.
        split: Of rows that do not say theirs; "" for none.
        normalised: Boxes are shares of the image; None: if most are within 0..1.
        sizes: Of xmax and ymax, which hold the box's width or height.
    """
    given = np.stack([numbers(texts[corner]) for corner in CORNERS], axis=1)
    boxes = given.copy()
    for far, near in ((2, 0), (3, 1)):
        if CORNERS[far] in sizes:
            boxes[:, far] += boxes[:, near]
    if normalised is None:
        normalised = _look_normalised(boxes)
    empty = np.stack([texts[corner].str.lower().isin(_EMPTY) for corner in CORNERS], axis=1).all(axis=1)
    broken = ~np.isfinite(boxes).all(axis=1) & ~empty
    rows = pd.DataFrame({"image": texts["image"], "label": texts["label"], "annotation": annotation})
    rows[CORNERS] = boxes
    rows = rows.assign(normalised=normalised, empty=np.asarray(empty), broken="")
    rows.loc[broken, "broken"] = [
        f"its corners are {said}" for said in texts.loc[broken, CORNERS].to_numpy().tolist()
    ]
    for side in ("width", "height"):
        known = numbers(texts[side]) if side in texts else np.zeros(len(texts))
        rows[side] = np.nan_to_num(known, posinf=0, neginf=0).clip(0, _MAX_SIDE).astype(np.int64)
    rows["split"] = texts["split"].where(texts["split"] != "", split) if "split" in texts else split
    rows["group"] = texts.get("group", "")
    rows["crowd"] = texts["crowd"].str.lower().isin(("1", "1.0", "true")) if "crowd" in texts else False
    return rows


def _look_normalised(boxes: np.ndarray) -> bool:
    """Say whether a file's boxes are shares: most are, as a slip in one says nothing of the others."""
    told = boxes[shows_unit(boxes)]
    if not len(told):
        told = boxes[np.isfinite(boxes).all(axis=1)]
    return bool(len(told) and np.mean(within_shares(told)) > 1 / 2)


def annotated_images(files: list[pd.DataFrame]) -> Iterator[AnnotatedImage | Issue]:
    """Yield the images of some files' :func:`box_rows`, each with the objects of all of them.

    An image has the split that one of the files says, whatever further files do not. Rows that a file repeats
    of another count once; those repeated within a file are left to the checks.
    """
    files = sorted(files, key=lambda rows: bool((rows["split"] == "").any()))  # the first of equal rows stays
    rows = pd.concat(files, ignore_index=True)
    nameless = rows["image"] == ""
    for annotation, count in rows.loc[nameless, "annotation"].value_counts(sort=False).items():
        detail = f"rows that name no image: {count}"
        yield Issue(
            str(annotation), Fault(None, "annotation-without-image", detail, Action.DROP, "rows left out")
        )
    rows = rows[~nameless]
    if len(files) > 1:
        rows = _once(rows)
        others = rows["normalised"] != rows.groupby(["image", "split"])["normalised"].transform("first")
        for image, annotation in (
            rows.loc[others, ["image", "annotation"]].drop_duplicates().to_numpy().tolist()
        ):
            detail = f"boxes of {image!r} are in pixels in one file, shares of the image in another"
            how = "those of this file left out"
            yield Issue(annotation, Fault(None, "unreadable-annotation", detail, Action.DROP, how))
        rows = rows[~others]
    yield from _images(rows)


def _once(rows: pd.DataFrame) -> pd.DataFrame:
    """Give each row its image's split, and drop what another file said before."""
    said = rows[rows["split"] != ""].drop_duplicates("image").set_index("image")["split"]
    rows = rows.assign(split=rows["split"].where(rows["split"] != "", rows["image"].map(said).fillna("")))
    key = ["image", "split", "label", *CORNERS, "broken"]
    copy = rows.groupby(["annotation", *key], dropna=False, sort=False).cumcount()
    return rows[~rows.assign(copy=copy).duplicated([*key, "copy"])]


def _images(rows: pd.DataFrame) -> Iterator[AnnotatedImage]:
    codes = rows.groupby(["image", "split"], sort=False).ngroup().to_numpy()
    order = np.argsort(codes, kind="stable")
    rows = rows.iloc[order]
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1)).tolist()
    heads = rows[["annotation", "image", "width", "height", "normalised", "split", "group"]].iloc[starts]
    objects = list(zip(*(rows[name].tolist() for name in ("label", "crowd", "empty", "broken")), strict=True))
    boxes = rows[CORNERS].to_numpy()
    ends = [*starts, len(rows)][1:]
    for head, start, end in zip(heads.itertuples(index=False, name=None), starts, ends, strict=True):
        annotation, image, width, height, normalised, split, group = head
        found, faults = _objects(objects[start:end], boxes[start:end].tolist())
        yield AnnotatedImage(
            annotation,
            (image,),
            width,
            height,
            found,
            faults,
            normalised=normalised,
            split=split,
            group=group,
            shared=True,
        )


def _objects(
    rows: list[tuple[str, bool, bool, str]], boxes: list[list[float]]
) -> tuple[tuple[AnnotatedObject, ...], tuple[Fault, ...]]:
    found, faults = [], []
    for position, ((label, crowd, empty, broken), box) in enumerate(zip(rows, boxes, strict=True)):
        if broken:
            faults.append(Fault(position, "box-unreadable", broken, Action.DROP_OBJECT))
        elif not empty:
            xmin, ymin, xmax, ymax = box
            found.append(AnnotatedObject(position, label, (xmin, ymin, xmax, ymax), crowd=crowd))
    return tuple(found), tuple(faults)
