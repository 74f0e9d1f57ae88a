"""What a worker does with an image: open it once, check it, its boxes and its masks, and encode its record."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.datasets.checks.boxes import CheckedBoxes, check_boxes, scale_boxes, turn_boxes
from pipeline.datasets.checks.images import CheckedImage, UnreadableImageError, check_image
from pipeline.datasets.checks.masks import check_mask, encode_png, fill_box
from pipeline.datasets.converted.run_lengths import compress
from pipeline.datasets.raw.containers import read_image
from pipeline.datasets.records.files import frame
from pipeline.datasets.records.schema import detection_example
from pipeline.datasets.table.annotation_table import Issue
from pipeline.datasets.table.faults import Fault
from pipeline.datasets.table.segmentations import Segmentations
from pipeline.params.convert import Checks

# Width and height scaled by factors that differ by less, for rounding, have kept their proportions.
_SAME_PROPORTIONS = 0.01


@dataclass(frozen=True)
class ImageTask:
    """An image to convert; the arrays hold its G objects' columns of the table."""

    row: int
    image_id: int
    file: str
    declared: tuple[int, int]
    normalised: bool
    first_object: int
    index: np.ndarray
    labels: np.ndarray
    boxes: np.ndarray
    difficult: np.ndarray
    crowd: np.ndarray
    area: np.ndarray
    segmentations: Segmentations


@dataclass(frozen=True)
class _Masks:
    """Of the kept objects: which have a mask; compressed run lengths, "" for none; PNGs, none if none has one."""

    present: np.ndarray
    runs: list[str]
    pngs: list[bytes]


@dataclass(frozen=True)
class SoundImage:
    """An image that is fit to use.

    Attributes:
        record: Framed; b"" if none is wanted.
        digest: SHA-256 of the file.
        hash: Its perceptual hash.
        size: Width and height, px.
        kept: int64 [G], which of its objects are kept; the others are theirs.
        boxes: float64 [G, 4], xyxy, px.
        area: float64 [G], px².
        masked: bool [G].
        runs: Compressed run lengths of each mask, "" for none.
    """

    record: bytes
    digest: bytes
    hash: bytes
    size: tuple[int, int]
    kept: np.ndarray
    boxes: np.ndarray
    area: np.ndarray
    masked: np.ndarray
    runs: list[str]


@dataclass(frozen=True)
class CheckedTask:
    """A task's result; ``sound`` is None if the image cannot be used."""

    row: int
    first_object: int
    issues: list[Issue]
    sound: SoundImage | None = None


def check_batch(
    raw: Path, class_names: tuple[str, ...], checks: Checks, encode: bool, tasks: list[ImageTask]
) -> list[CheckedTask]:
    """Check some images.

    Args:
        raw: The dataset's folder.
        class_names: Of the classes 1..K.
        checks: The rules.
        encode: Whether records are wanted.
        tasks: The images with their objects.
    """
    return [_check_image(raw, class_names, checks, encode, task) for task in tasks]


def _check_image(
    raw: Path, class_names: tuple[str, ...], checks: Checks, encode: bool, task: ImageTask
) -> CheckedTask:
    try:
        data = read_image(raw, task.file)
        image = check_image(data, max_pixels=checks.max_pixels)
    except (UnreadableImageError, OSError) as error:
        fault = getattr(error, "fault", "unreadable-image")
        action = _action(checks, fault, "image left out")
        issue = Issue(task.file, None, fault, str(error), action)
        return CheckedTask(task.row, task.first_object, [issue])
    faults, dropped = _image_faults(task, image, checks)
    boxes, factors, placing = _place_boxes(task, image, checks)
    issues = [Issue(task.file, None, *fault) for fault in (*faults, *placing)]
    if dropped or any(fault.action == "image left out" for fault in placing):
        return CheckedTask(task.row, task.first_object, issues)
    checked = check_boxes(boxes, task.labels, image.width, image.height, checks)
    issues += [Issue(task.file, int(task.index[at]), *said) for at, *said in checked.issues]
    area = _area(task, boxes, checked)
    masks, mask_issues = _masks(raw, task, image, checked, factors)
    digest = hashlib.sha256(data)
    record = b""
    if encode:
        record = frame(
            detection_example(
                image=image.data,
                image_format=image.format,
                file=task.file,
                image_id=task.image_id,
                width=image.width,
                height=image.height,
                sha256=digest.hexdigest() if image.data is data else hashlib.sha256(image.data).hexdigest(),
                boxes=checked.boxes,
                labels=task.labels[checked.kept],
                class_names=class_names,
                difficult=task.difficult[checked.kept],
                crowd=task.crowd[checked.kept],
                area=area,
                masks=masks.pngs,
                has_mask=masks.present,
            )
        )
    size = (image.width, image.height)
    sound = SoundImage(
        record,
        digest.digest(),
        image.hash,
        size,
        checked.kept,
        checked.boxes,
        area,
        masks.present,
        masks.runs,
    )
    return CheckedTask(task.row, task.first_object, issues + mask_issues, sound)


def _action(checks: Checks, fault: str, otherwise: str) -> str:
    """Say what the rule for a fault of an image does, where it is not to mend it."""
    done = {"drop": "image left out", "keep": "kept", "stop": "dataset refused"}
    return done.get(checks.rule(fault), otherwise)


def _image_faults(task: ImageTask, image: CheckedImage, checks: Checks) -> tuple[list[Fault], bool]:
    """Return what was found of the image itself, and whether it is left out for that."""
    faults = []
    for name, detail in image.repairs:
        mended = f"written as {image.format}"
        if name == "exif-rotated":
            turned = ", its boxes too" if _as_stored(task, image) else "; boxes taken as upright already"
            mended = f"image turned upright{turned}"
        faults.append(Fault(name, detail, _action(checks, name, mended)))
    if image.grey:
        faults.append(Fault("image-grey", "one channel", _action(checks, "image-grey", "kept")))
    return faults, any(checks.rule(fault.name) == "drop" for fault in faults)


def _masks(
    raw: Path, task: ImageTask, image: CheckedImage, checked: CheckedBoxes, factors: np.ndarray
) -> tuple[_Masks, list[Issue]]:
    """Rasterise and check the masks of the boxes that are left; each is turned and scaled as its box was.

    Where some objects of an image have a mask, the PNG of each other one is its box, filled, since the schema
    has a mask for each object or for none.
    """
    upright = (image.width, image.height)
    stored, orientation = upright, 1
    if _as_stored(task, image):
        stored, orientation = task.declared, image.orientation
    issues: list[Issue] = []
    runs = [""] * len(checked.kept)
    pngs = [b""] * len(checked.kept)
    for at, (row, box) in enumerate(zip(checked.kept.tolist(), checked.boxes, strict=True)):
        segmentation = task.segmentations.read(raw, row)
        if segmentation is None or np.isnan(box).any():
            continue
        mask = check_mask(segmentation, box, stored, orientation, factors)
        issues += [Issue(task.file, int(task.index[row]), *said) for said in mask.issues]
        if mask.pixels is not None:
            runs[at], pngs[at] = compress(mask.pixels), encode_png(mask.pixels)
    present = np.array([bool(run) for run in runs], bool)
    if not present.any():
        return _Masks(present, runs, []), issues
    for at in np.flatnonzero(~present & ~np.isnan(checked.boxes).any(axis=1)).tolist():
        pngs[at] = encode_png(fill_box(checked.boxes[at], *upright))
    return _Masks(present, runs, pngs), issues


def _as_stored(task: ImageTask, image: CheckedImage) -> bool:
    """Say whether the image was turned and the annotations were not.

    A rotated photo is annotated either as stored or as displayed. The declared size tells: if it is the
    stored one, and not the displayed one, the annotations are turned with the image.
    """
    upright = (image.width, image.height)
    stored = upright[::-1] if image.orientation >= 5 else upright
    return task.declared == stored != upright


def _place_boxes(
    task: ImageTask, image: CheckedImage, checks: Checks
) -> tuple[np.ndarray, np.ndarray, list[Fault]]:
    """Return the boxes in pixels of the upright image, by what x and y were scaled, and what was found."""
    upright, unscaled = (image.width, image.height), np.ones(2)
    as_stored = _as_stored(task, image)
    width, height = task.declared if as_stored else upright
    boxes, faults = scale_boxes(
        task.boxes, normalised=task.normalised, width=width, height=height, checks=checks
    )
    if as_stored:
        return turn_boxes(boxes, image.orientation, *upright), unscaled, faults
    if task.declared == upright or not all(task.declared):
        return boxes, unscaled, faults
    declared, actual = (f"{width} × {height}" for width, height in (task.declared, upright))
    factors = np.array(upright) / task.declared
    resized = abs(factors[0] / factors[1] - 1) < _SAME_PROPORTIONS
    scaled = resized and not task.normalised and not faults
    mended = "boxes scaled to it" if scaled else "boxes taken as they are"
    action = _action(checks, "size-mismatch", mended)
    fault = Fault("size-mismatch", f"declared {declared}, the image is {actual}", action)
    if not scaled:
        factors = unscaled
    return boxes * np.tile(factors, 2), factors, [*faults, fault]


@np.errstate(divide="ignore", over="ignore", invalid="ignore")
def _area(task: ImageTask, placed: np.ndarray, checked: CheckedBoxes) -> np.ndarray:
    """Return the areas, px²: of the mask where it was given, but no more than that of a box that was cut.

    Args:
        task: Areas and boxes as given.
        placed: The boxes in pixels.
        checked: Those that are left.
    """
    kept = checked.kept
    given, in_pixels, left = (
        (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
        for boxes in (task.boxes[kept], placed[kept], checked.boxes)
    )
    scale = np.abs(in_pixels / given)
    area = task.area[kept] * np.where(np.isfinite(scale), scale, 1.0)
    return np.where((checked.boxes != placed[kept]).any(axis=1), np.fmin(area, left), area)
