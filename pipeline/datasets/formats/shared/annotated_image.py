"""Parses annotation files into images with objects, and adds these to the annotation table.

COCO, IDX and TFRecord do not use it, because they refer to classes by number.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

from pipeline.datasets.formats.shared.claims import Claim, Claims, lost_claim_issue
from pipeline.datasets.formats.shared.extents import NoBoxError
from pipeline.datasets.formats.shared.near import find_near
from pipeline.datasets.raw.folder import DatasetFolder, OutsideFolderError
from pipeline.datasets.raw.unreadable import UnreadableAnnotationError
from pipeline.datasets.table.builder import TableBuilder
from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.datasets.table.segmentations import NONE
from pipeline.progress import progress_bar
from pipeline.workers import Workers

Item = TypeVar("Item")

_BATCH_FILES = 64  # a worker parses so many files as one task


class AnnotatedObject(NamedTuple):
    """An object of an image.

    Attributes:
        position: The object's index in the image's annotation, from 0. Objects with faults are counted too.
        name: The name of the class; "" if the object has none.
        box: xmin, ymin, xmax, ymax in px, or 0..1 if the image is ``normalised``. All four are NaN for a label of
            the whole image.
        difficult: Whether scores ignore the object.
        crowd: Whether the box encloses a group of objects.
        keypoints: x and y in px, and the code of each keypoint; none if the object has no keypoints.
        mask: The mask as :func:`pipeline.datasets.table.segmentations.packed` returns it, in the unit of the box; b""
            if the object has no mask.
    """

    position: int
    name: str
    box: tuple[float, float, float, float]
    difficult: bool = False
    crowd: bool = False
    keypoints: tuple[tuple[float, float, int], ...] = ()
    mask: bytes = b""


def box_fault(position: int, error: ValueError) -> Fault:
    """Return the fault of an object whose shape has no box or whose box cannot be read.

    Args:
        position: The object's index in the image's annotation, from 0.
        error: A :class:`NoBoxError` if the shape has no box. The message becomes the fault's detail.
    """
    name = "shape-without-box" if isinstance(error, NoBoxError) else "box-unreadable"
    return Fault(position, name, str(error), Action.DROP_OBJECT)


def parse_objects(
    items: Iterable[Item], parse: Callable[[int, Item], AnnotatedObject]
) -> tuple[tuple[AnnotatedObject, ...], tuple[Fault, ...]]:
    """Return the objects of an image, and a fault for each item that has no box.

    Args:
        items: What the annotation has for each object, such as a line of text, in its order.
        parse: Returns the object of the item at a position, from 0. It raises ValueError if the item has no box.
    """
    objects, faults = [], []
    for position, item in enumerate(items):
        try:
            objects.append(parse(position, item))
        except ValueError as error:
            faults.append(box_fault(position, error))
    return tuple(objects), tuple(faults)


class AnnotatedImage(NamedTuple):
    """An image and its objects, as an annotation file describes them.

    Attributes:
        annotation: The annotation file, relative to the dataset's folder.
        names: Possible names or paths of the image, the likeliest first. A name without a suffix of images is a
            stem.
        width: The declared width in px; 0 if none is declared.
        height: The declared height in px; 0 if none is declared.
        objects: The objects that could be read.
        faults: The faults of the other objects.
        normalised: Whether boxes are fractions of the image's width and height.
        split: train | val | test; "" if the split is unknown; "unlisted" if the dataset has split lists and none
            names the image.
        group: Images of the same group stay in the same split; "" for no group.
        embedded: The member of the annotation file that holds the image, which is used if none of ``names`` is
            found; "" for no such member.
        shared: Whether the annotation file describes many images. An issue of a missing image then names the image.
        unused: What the annotation file holds about the image and the reader does not use, such as "the key 'flags'".
    """

    annotation: str
    names: tuple[str, ...]
    width: int
    height: int
    objects: tuple[AnnotatedObject, ...]
    faults: tuple[Fault, ...] = ()
    normalised: bool = False
    split: str = ""
    group: str = ""
    embedded: str = ""
    shared: bool = False
    unused: tuple[str, ...] = ()


Parse = Callable[[Path, str], AnnotatedImage | None]
"""Parses an annotation file, given as the dataset's folder and the path relative to it.

Returns:
    The image, or None if the file is in another format.

Raises:
    UnreadableAnnotationError: The file is broken.
"""


def parse_files(
    folder: DatasetFolder, files: Iterable[str], parse: Parse, workers: Workers
) -> Iterator[AnnotatedImage | Issue]:
    """Parse annotation files in the worker processes, and record those that are in the format as used.

    Args:
        files: Paths relative to the folder.
        parse: A function that can be pickled.

    Yields:
        The image of each file, or the issue of a file that cannot be read, in the order of ``files``. Files in
        another format yield nothing.
    """
    files = list(files)
    batches = (files[start : start + _BATCH_FILES] for start in range(0, len(files), _BATCH_FILES))
    with progress_bar("reading annotations", len(files)) as advance:
        done = 0
        for batch in workers.map(partial(_parse_batch, folder.root, parse), batches):
            named = zip(files[done : done + len(batch)], batch, strict=True)
            folder.use(file for file, image in named if image is not None)
            yield from filter(None, batch)
            done += len(batch)
            advance(len(batch))


def _parse_batch(root: Path, parse: Parse, files: list[str]) -> list[AnnotatedImage | Issue | None]:
    parsed: list[AnnotatedImage | Issue | None] = []
    for file in files:
        try:
            parsed.append(parse(root, file))
        except (UnreadableAnnotationError, OSError) as error:
            parsed.append(Issue(file, Fault(None, "unreadable-annotation", str(error), Action.DROP_IMAGE)))
    return parsed


def add_classes(
    builder: TableBuilder, names: Iterable[str], images: Iterable[AnnotatedImage | Issue]
) -> None:
    """Number the classes of a format that has fixed ones in their order, without those that no object has."""
    used = {item.name for image in images if isinstance(image, AnnotatedImage) for item in image.objects}
    for name in names:
        if name in used:
            builder.label(name)


def add_all(
    builder: TableBuilder,
    folder: DatasetFolder,
    images: Iterable[AnnotatedImage | Issue],
    claims: Claims | None = None,
) -> None:
    """Add each image whose file is found, with its objects. List the issues of the others.

    Args:
        claims: The files that earlier calls assigned; None if there were no earlier calls.
    """
    claims = Claims() if claims is None else claims
    for image in images:
        if isinstance(image, Issue):
            builder.issues.append(image)
            continue
        folder.use([image.annotation])
        if match := _find(builder, folder, image):
            add_claimed(builder, *match, image, claims)


def _find(builder: TableBuilder, folder: DatasetFolder, image: AnnotatedImage) -> tuple[str, str] | None:
    """Return the image's file and the name by which it was found. If there is none, list the issue."""
    outside = ""
    for name in filter(str.strip, image.names):
        try:
            if file := find_near(folder, name, image.annotation, image.split, shared=image.shared):
                return file, name
        except OutsideFolderError:
            outside = name
    if image.embedded:
        return f"{image.annotation}/{image.embedded}", image.embedded
    builder.issues.append(_not_found(image, outside))
    return None


def add_claimed(builder: TableBuilder, file: str, name: str, image: AnnotatedImage, claims: Claims) -> None:
    """Add an image whose file was found, unless an earlier image matches the file's path as well or better.

    The image that loses the file is listed as ``missing-image``. If it was added before, it is removed.

    Args:
        file: The image's file, relative to the dataset's folder.
        name: The name of the image by which the file was found.
    """
    claim = Claim(image.annotation, name, image.shared)
    if loser := claims.assign(file, claim):
        builder.issues.append(lost_claim_issue(file, loser, claims.assigned(file)))
        if loser is claim:
            return
        builder.leave_out(file)
    add(builder, file, image)


def _not_found(image: AnnotatedImage, outside: str) -> Issue:
    """Return the issue of an image without a file.

    Args:
        outside: A name of the image that leads out of the dataset's folder; "" if there is none.
    """
    names = [name for name in image.names if name.strip()]
    file = names[0] if image.shared and names else image.annotation
    subject = f"{image.annotation} names" if image.shared else "it names"
    if outside:
        detail = f"{subject} {outside!r}, outside the dataset's folder"
        return Issue(file, Fault(None, "path-outside-folder", detail, Action.DROP_IMAGE))
    quoted = " or ".join(map(repr, names))
    detail = f"no image called {quoted} is there" if quoted else f"{subject} no image"
    return Issue(file, Fault(None, "missing-image", detail, Action.DROP_IMAGE))


def add(builder: TableBuilder, file: str, image: AnnotatedImage) -> None:
    """Add an image with its objects. List the issues of its faults and of objects without a class.

    Args:
        file: The image's file, relative to the dataset's folder.
        image: The image; its ``names`` are not used.
    """
    builder.issues += [Issue(file, fault) for fault in image.faults]
    builder.unused.add(image.annotation, image.unused)
    row = builder.image(
        file,
        image.width,
        image.height,
        image.split,
        normalised=image.normalised,
        group=image.group,
        annotation=image.annotation if image.shared else "",
    )
    for item in image.objects:
        if item.name.strip():
            label = builder.label(item.name)
            builder.object(
                row,
                item.position,
                label,
                item.box,
                difficult=item.difficult,
                crowd=item.crowd,
                segmentation=builder.segmentations.hold(item.mask) if item.mask else NONE,
                keypoints=_keypoints(builder, file, item),
            )
        else:
            detail = "the object has no name"
            builder.issues.append(
                Issue(file, Fault(item.position, "unknown-class", detail, Action.DROP_OBJECT))
            )


def _keypoints(builder: TableBuilder, file: str, item: AnnotatedObject) -> int:
    """Add the keypoints of an object and return their row. Those of another number than the first have an issue.

    If the format gives no names, they are numbers from 0.
    """
    if not item.keypoints:
        return NONE
    if not builder.keypoints.names:
        builder.keypoints.names = tuple(map(str, range(len(item.keypoints))))
    try:
        return builder.keypoints.add(item.keypoints)
    except ValueError as error:
        fault = Fault(item.position, "keypoints-unreadable", str(error), Action.DROP, "keypoints left out")
        builder.issues.append(Issue(file, fault))
        return NONE
