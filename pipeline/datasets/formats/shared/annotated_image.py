"""An image and its objects as an annotation file has them, and their way into the annotation table.

For formats that name classes by text and fit an image's annotation into memory; COCO's files, which do neither,
have a way of their own.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from pipeline.datasets.formats.shared.claims import Claim, Claims, lost
from pipeline.datasets.formats.shared.extents import NoBoxError
from pipeline.datasets.formats.shared.split_words import WORDS_OF_SPLIT
from pipeline.datasets.raw.folder import DatasetFolder, OutsideFolderError
from pipeline.datasets.raw.unreadable import UnreadableAnnotationError
from pipeline.datasets.table.builder import TableBuilder
from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.progress import progress_bar
from pipeline.workers import Workers

_BATCH_FILES = 64  # a worker's task


class AnnotatedObject(NamedTuple):
    """An object.

    Attributes:
        position: Its place in the image's annotation, from 0, those that were left out included.
        name: Of its class; "" where it has none.
        box: xmin, ymin, xmax, ymax, in px, or 0..1 if the image's are normalised; NaN for a label of the
            whole image.
        difficult: Not counted in scores.
        crowd: A group in one box.
    """

    position: int
    name: str
    box: tuple[float, float, float, float]
    difficult: bool = False
    crowd: bool = False


def left_out(position: int, error: ValueError) -> Fault:
    """Return the fault of an object that has no box, or whose box cannot be read."""
    name = "shape-without-box" if isinstance(error, NoBoxError) else "box-unreadable"
    return Fault(position, name, str(error), Action.DROP_OBJECT)


class AnnotatedImage(NamedTuple):
    """An image.

    Attributes:
        annotation: The file that says so, relative to the dataset's folder.
        names: What the image may be called, the likeliest first; a name without an image's suffix stands for
            a file of that stem.
        width: As declared, px; 0 where it is not.
        height: Likewise.
        objects: Those that could be read.
        faults: The faults of the other objects.
        normalised: Boxes are shares of the image's width and height.
        split: train | val | test, "" where nothing says, "unlisted" where lists leave it out.
        group: Images of one group stay in one split; "" for none.
        embedded: The member of the annotation file that holds the image, for where no name leads to one; "" for
            none.
        shared: The annotation file is that of many images, so that a missing one is listed by its own name.
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


Parse = Callable[[Path, str], AnnotatedImage | None]
"""Reads a file below a folder; None if it is of another format.

Raises:
    UnreadableAnnotationError: it is broken.
"""


def parse_files(
    folder: DatasetFolder, files: Iterable[str], parse: Parse, workers: Workers
) -> Iterator[AnnotatedImage | Issue]:
    """Parse many small annotation files on all cores; yields in the order of ``files``.

    Args:
        folder: The dataset.
        files: Relative to it.
        parse: A function of a module, since it travels to other processes.
        workers: Who parses.
    """
    files = list(files)
    batches = (files[start : start + _BATCH_FILES] for start in range(0, len(files), _BATCH_FILES))
    with progress_bar("reading annotations", len(files)) as advance:
        for batch in workers.map(partial(_parse_batch, folder.root, parse), batches):
            yield from filter(None, batch)
            advance(len(batch))


def _parse_batch(root: Path, parse: Parse, files: list[str]) -> list[AnnotatedImage | Issue | None]:
    parsed: list[AnnotatedImage | Issue | None] = []
    for file in files:
        try:
            parsed.append(parse(root, file))
        except (UnreadableAnnotationError, OSError) as error:
            parsed.append(Issue(file, Fault(None, "unreadable-annotation", str(error), Action.DROP_IMAGE)))
    return parsed


def add_all(
    builder: TableBuilder,
    folder: DatasetFolder,
    found: Iterable[AnnotatedImage | Issue],
    claims: Claims | None = None,
) -> None:
    """Add each image whose file is there, with its objects; list what is wrong with the others.

    Args:
        builder: What they are added to.
        folder: The dataset.
        found: Its images, or some of them.
        claims: The files of those that were added before; None if this is the first call.
    """
    claims = Claims() if claims is None else claims
    for image in found:
        if isinstance(image, Issue):
            builder.issues.append(image)
        elif place := _find(builder, folder, image):
            add_claimed(builder, *place, image, claims)


def _find(builder: TableBuilder, folder: DatasetFolder, image: AnnotatedImage) -> tuple[str, str] | None:
    """Return the file and the name that leads to it."""
    hints = WORDS_OF_SPLIT.get(image.split, frozenset())
    outside = ""
    for name in filter(str.strip, image.names):
        try:
            if file := folder.find(name, annotation=image.annotation, hints=hints):
                return file, name
        except OutsideFolderError:
            outside = name
    if image.embedded:
        return f"{image.annotation}/{image.embedded}", image.embedded
    builder.issues.append(_not_found(image, outside))
    return None


def add_claimed(builder: TableBuilder, file: str, name: str, image: AnnotatedImage, claims: Claims) -> None:
    """Add an image that a name led to, unless its file belongs to another; list who goes without."""
    claim = Claim(image.annotation, name, image.shared)
    if loser := claims.take(file, claim):
        builder.issues.append(lost(file, loser))
        if loser is claim:
            return
        builder.leave_out(file)
    add(builder, file, image)


def _not_found(image: AnnotatedImage, outside: str) -> Issue:
    """Say why an image is left out: it is not there, or ``outside``, if not "", is outside the folder."""
    names = [name for name in image.names if name.strip()]
    file = names[0] if image.shared and names else image.annotation
    said = f"{image.annotation} names" if image.shared else "it names"
    if outside:
        detail = f"{said} {outside!r}, outside the dataset's folder"
        return Issue(file, Fault(None, "path-outside-folder", detail, Action.DROP_IMAGE))
    named = " or ".join(map(repr, names))
    detail = f"no image called {named} is there" if named else f"{said} no image"
    return Issue(file, Fault(None, "missing-image", detail, Action.DROP_IMAGE))


def add(builder: TableBuilder, file: str, image: AnnotatedImage) -> None:
    """Add an image whose file is known, with its objects; list what is wrong with the others."""
    builder.issues += [Issue(file, fault) for fault in image.faults]
    row = builder.image(
        file, image.width, image.height, image.split, normalised=image.normalised, group=image.group
    )
    for thing in image.objects:
        if thing.name.strip():
            label = builder.label(thing.name)
            builder.object(
                row, thing.position, label, thing.box, difficult=thing.difficult, crowd=thing.crowd
            )
        else:
            detail = "the object has no name"
            builder.issues.append(
                Issue(file, Fault(thing.position, "unknown-class", detail, Action.DROP_OBJECT))
            )
