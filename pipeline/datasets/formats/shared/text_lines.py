"""Text files with one object a line."""

from collections.abc import Callable, Iterable
from pathlib import Path

from pipeline.datasets.formats.shared.annotated_image import AnnotatedObject, box_fault
from pipeline.datasets.raw.text_encoding import encoding_of
from pipeline.datasets.raw.unreadable import UnreadableAnnotationError
from pipeline.datasets.table.faults import Fault


def lines_of(path: Path) -> list[str]:
    """Return the lines of a text file that are not blank.

    Raises:
        UnreadableAnnotationError: The file is not text, or not in UTF-8 or UTF-16, so that its names would be guessed.
    """
    data = path.read_bytes()
    encoding = encoding_of(data)
    if encoding != "utf-16" and b"\0" in data:
        raise UnreadableAnnotationError("it is not text")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        raise UnreadableAnnotationError("its text is not in UTF-8; save it as UTF-8") from None
    return [line for line in text.splitlines() if line.strip()]


def objects_of_lines(
    lines: Iterable[str], parse: Callable[[int, str], AnnotatedObject]
) -> tuple[tuple[AnnotatedObject, ...], tuple[Fault, ...]]:
    """Return the objects of the lines, and a fault for each line that has none.

    Args:
        lines: The lines in the order of the file.
        parse: Returns the object of the line at a position, from 0. It raises ValueError if the line has no box.
    """
    objects, faults = [], []
    for position, line in enumerate(lines):
        try:
            objects.append(parse(position, line))
        except ValueError as error:
            faults.append(box_fault(position, error))
    return tuple(objects), tuple(faults)
