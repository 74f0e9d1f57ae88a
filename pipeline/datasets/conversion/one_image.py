"""The work on one image in a worker process: it is opened once, checked with its boxes and masks, and encoded.

If the image is corrupt, the result has its fault and no record, so that the image is left out. A rule ``stop`` in
``params.yaml``, or too many faults, refuses the dataset; see :mod:`pipeline.datasets.checks.verdict`.
"""

import hashlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pipeline.datasets.checks.boxes import CheckedBoxes, check_boxes, scale_boxes, turn_boxes
from pipeline.datasets.checks.exif import boxes_as_stored, evidence, stored_size, with_reading
from pipeline.datasets.checks.images import CheckedImage, UnreadableImageError, check_image, rotation
from pipeline.datasets.checks.keypoints import around_keypoints, check_keypoints, turn_keypoints
from pipeline.datasets.checks.masks import check_mask, encode_png, fill_box
from pipeline.datasets.checks.rules import judged
from pipeline.datasets.checks.shrink import record_size, shrink_mask
from pipeline.datasets.conversion.image_record import Masks, framed_record, shrink_objects
from pipeline.datasets.conversion.tasks import CheckedTask, ImageTask, SoundImage
from pipeline.datasets.conversion.tile_records import tile_records
from pipeline.datasets.conversion.tiles import picture_side
from pipeline.datasets.converted.run_lengths import compress
from pipeline.datasets.raw.containers import read_image
from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.datasets.table.keypoints import SHARE_SIDE
from pipeline.params.convert import Checks, Convert

# An image whose width and height are scaled by factors that differ by less has kept its proportions.
_SAME_PROPORTIONS = 0.01

_NEARLY_BLACK = 16  # an image whose values are all below shows nothing; 12 bits in the low bits of 16 are


class _Placed(NamedTuple):
    """The boxes of an image in pixels.

    Attributes:
        boxes: float64 [G, 4], xyxy, px of the upright image.
        factors: float64 [2], by which x and y were scaled because the image is not of the declared size.
        unit: float64 [2], the width and height of the image if the annotation has shares of them, else 1.
        faults: The faults.
    """

    boxes: np.ndarray
    factors: np.ndarray
    unit: np.ndarray
    faults: list[Fault]


def check_batch(
    raw: Path,
    class_names: tuple[str, ...],
    settings: Convert,
    encode: bool,
    depth: int,
    tasks: list[ImageTask],
) -> list[CheckedTask]:
    """Check some images.

    Args:
        class_names: The names of the classes 1..K.
        settings: The rules, and the longest side of an image in a record.
        encode: Whether records are wanted.
        depth: The bits that images of more than 8 bits a channel use in the whole dataset.
        tasks: The images with their objects.
    """
    return [_check_task(raw, class_names, settings, encode, depth, task) for task in tasks]


def _check_task(
    raw: Path, class_names: tuple[str, ...], settings: Convert, encode: bool, depth: int, task: ImageTask
) -> CheckedTask:
    checks = settings.checks
    try:
        data = read_image(raw, task.file)
        if task.reading is None and (rotated := rotation(data)):
            return _undecided(task, *rotated)
        max_side = picture_side(settings) if encode else None
        image = check_image(data, max_pixels=checks.max_pixels, max_side=max_side, depth=depth)
    except UnreadableImageError as error:
        return _result(task, [_unreadable(error.fault, error, checks)])
    except OSError as error:
        return _result(task, [_unreadable("unreadable-image", error, checks)])
    placed = _place_boxes(task, image, checks)
    faults = [*_image_faults(task, image, checks), *placed.faults]
    if any(fault.action is Action.DROP_IMAGE for fault in faults):
        return _result(task, faults)
    keypoints, of_keypoints = _check_keypoints(task, image, placed, checks)
    faults += of_keypoints
    least = SHARE_SIDE if task.normalised else 1.0
    derived = around_keypoints(task.boxes, task.keypoints, keypoints, placed.boxes, least=least)
    placed = placed._replace(boxes=derived)
    checked = check_boxes(placed.boxes, task.labels, image.width, image.height, checks)
    faults += [fault._replace(object=int(task.index[fault.object])) for fault in checked.faults]
    size = record_size(image.width, image.height, picture_side(settings))
    masks = _check_masks(raw, task, image, checked, placed, size)
    faults += masks.faults
    keypoints = keypoints[checked.kept]
    area = _area(task, placed.boxes, checked)
    if shrunk := size != (image.width, image.height):
        checked, area, keypoints = shrink_objects(checked, area, keypoints, image, size)
    digest = hashlib.sha256(data)
    written = (digest if image.data is data else hashlib.sha256(image.data)).hexdigest()
    objects = (checked, area, masks, keypoints)
    sound = SoundImage(
        record=framed_record(task, image, size, written, class_names, *objects) if encode else b"",
        digest=digest.digest(),
        hash=image.hash,
        size=size,
        shrunk=shrunk,
        kept=checked.kept,
        boxes=checked.boxes,
        area=area,
        masked=masks.present,
        runs=masks.runs,
        keypoints=keypoints,
        tiles=tile_records(task, image, settings, class_names, checked, area, masks) if encode else [],
    )
    return _result(task, faults, sound)


def _result(task: ImageTask, faults: list[Fault], sound: SoundImage | None = None) -> CheckedTask:
    issues = [Issue(task.file, fault) for fault in faults]
    return CheckedTask(row=task.row, first_object=task.first_object, issues=issues, sound=sound)


def _undecided(task: ImageTask, orientation: int, stored: tuple[int, int]) -> CheckedTask:
    boxes = np.zeros((0, 4)) if task.normalised else task.boxes
    rotated = evidence(task.row, stored, orientation, task.declared, boxes)
    return CheckedTask(row=task.row, first_object=task.first_object, issues=[], rotated=rotated)


def _unreadable(name: str, error: Exception, checks: Checks) -> Fault:
    fault = Fault(None, name, str(error), Action.DROP_IMAGE)
    return judged(fault, checks, dropping=Action.DROP_IMAGE)


def _image_faults(task: ImageTask, image: CheckedImage, checks: Checks) -> list[Fault]:
    faults = list(image.repairs)
    as_stored = _as_stored(task, image)
    faults = [
        with_reading(fault, task.reading, as_stored=as_stored) if fault.name == "exif-rotated" else fault
        for fault in faults
    ]
    if image.grey:
        faults.append(Fault(None, "image-grey", "one channel", Action.KEEP))
    if image.brightest < _NEARLY_BLACK:
        detail = f"its brightest value is {image.brightest} of 255"
        faults.append(Fault(None, "image-nearly-black", detail, Action.KEEP))
    return [judged(fault, checks, dropping=Action.DROP_IMAGE) for fault in faults]


def _check_masks(
    raw: Path,
    task: ImageTask,
    image: CheckedImage,
    checked: CheckedBoxes,
    placed: _Placed,
    size: tuple[int, int],
) -> Masks:
    """Rasterise and check the masks of the boxes that are left. Each is turned and scaled as its box was.

    They are shrunk last, to ``size``, the width and height of the image in the record.

    The schema has a mask for each object or for none. So if some objects of an image have a mask, the PNG of each
    other object is its filled box.
    """
    upright = (image.width, image.height)
    stored, orientation = upright, 1
    if _as_stored(task, image):
        stored, orientation = stored_size(upright, image.orientation), image.orientation
    faults: list[Fault] = []
    runs = [""] * len(checked.kept)
    pngs = [b""] * len(checked.kept)
    for at, (row, box) in enumerate(zip(checked.kept.tolist(), checked.boxes, strict=True)):
        segmentation = task.segmentations.read(raw, row)
        if segmentation is None or np.isnan(box).any():
            continue
        mask = check_mask(segmentation, box, stored, orientation, placed.factors * placed.unit)
        faults += [fault._replace(object=int(task.index[row])) for fault in mask.faults]
        if mask.pixels is not None:
            pixels = shrink_mask(mask.pixels, size)
            runs[at], pngs[at] = compress(pixels), encode_png(pixels)
    present = np.array([bool(run) for run in runs], bool)
    if not present.any():
        return Masks(present, runs, [], faults)
    for at in np.flatnonzero(~present & ~np.isnan(checked.boxes).any(axis=1)).tolist():
        pngs[at] = encode_png(shrink_mask(fill_box(checked.boxes[at], *upright), size))
    return Masks(present, runs, pngs, faults)


def _check_keypoints(
    task: ImageTask, image: CheckedImage, placed: _Placed, checks: Checks
) -> tuple[np.ndarray, list[Fault]]:
    """Turn and scale the keypoints of all objects as their boxes were, and check them.

    Returns:
        float64 [G, N, 3], and the faults.
    """
    points = task.keypoints.copy()
    points[..., :2] *= placed.unit
    if _as_stored(task, image):
        points = turn_keypoints(points, image.orientation, image.width, image.height)
    points[..., :2] *= placed.factors
    points, faults = check_keypoints(points, image.width, image.height, checks)
    return points, [fault._replace(object=int(task.index[fault.object])) for fault in faults]


def _as_stored(task: ImageTask, image: CheckedImage) -> bool:
    return boxes_as_stored(task.reading, task.declared, (image.width, image.height), image.orientation)


def _place_boxes(task: ImageTask, image: CheckedImage, checks: Checks) -> _Placed:
    upright, unscaled = (image.width, image.height), np.ones(2)
    as_stored = _as_stored(task, image)
    stored = stored_size(upright, image.orientation)
    width, height = stored if as_stored else upright
    boxes, faults = scale_boxes(
        task.boxes, normalised=task.normalised, width=width, height=height, checks=checks
    )
    unit = unscaled if np.array_equal(boxes, task.boxes, equal_nan=True) else np.array([width, height], float)
    if as_stored:
        return _Placed(turn_boxes(boxes, image.orientation, *upright), unscaled, unit, faults)
    if task.declared in (upright, stored) or not all(task.declared):
        return _Placed(boxes, unscaled, unit, faults)
    declared, actual = (f"{width} × {height}" for width, height in (task.declared, upright))
    detail = f"declared {declared}, the image is {actual}"
    factors = np.array(upright) / task.declared
    same_proportions = abs(factors[0] / factors[1] - 1) < _SAME_PROPORTIONS
    scaled = same_proportions and not task.normalised and not faults
    how = "boxes scaled to it" if scaled else "boxes taken as they are"
    fault = Fault(None, "size-mismatch", detail, Action.REPAIR, how)
    faults = [*faults, judged(fault, checks, dropping=Action.DROP_IMAGE)]
    if not scaled:
        factors = unscaled
    return _Placed(boxes * np.tile(factors, 2), factors, unit, faults)


@np.errstate(divide="ignore", over="ignore", invalid="ignore")
def _area(task: ImageTask, placed: np.ndarray, checked: CheckedBoxes) -> np.ndarray:
    """Return the areas of the objects that are left, scaled as their boxes were.

    The area of a box that was repaired is at most that of the repaired box.

    Args:
        task: The areas and boxes of the annotation.
        placed: float64 [G, 4], the boxes in pixels.
        checked: The boxes that are left.

    Returns:
        float64 [K], px².
    """
    kept = checked.kept
    given, in_pixels, repaired = (
        (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
        for boxes in (task.boxes[kept], placed[kept], checked.boxes)
    )
    scale = np.abs(in_pixels / given)
    area = task.area[kept] * np.where(np.isfinite(scale), scale, 1.0)
    return np.where((checked.boxes != placed[kept]).any(axis=1), np.fmin(area, repaired), area)
