"""XML of strangers: entities are never expanded, and nothing outside the file is read."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

import defusedxml.ElementTree
from defusedxml import DefusedXmlException

from pipeline.datasets.raw.unreadable import UnreadableAnnotationError


def parse_xml(data: bytes) -> Element:
    """Parse a file.

    Raises:
        UnreadableAnnotationError: it is not well-formed, or declares entities.
    """
    with _unreadable_if_broken():
        root = defusedxml.ElementTree.fromstring(data)
    if root is None:
        raise UnreadableAnnotationError("it holds no element")
    return root


def outer_elements(path: Path) -> Iterator[Element]:
    """Yield each child of a file's outermost element, which is forgotten then, so that a large file fits.

    Raises:
        UnreadableAnnotationError: it is not well-formed from there on, or declares entities.
        OSError: it cannot be read.
    """
    open_elements: list[Element] = []
    with path.open("rb") as file, _unreadable_if_broken():
        for event, element in defusedxml.ElementTree.iterparse(file, ("start", "end")):
            if event == "start":
                open_elements.append(element)
                continue
            open_elements.pop()
            if len(open_elements) == 1:
                yield element
                open_elements[0].clear()


@contextmanager
def _unreadable_if_broken() -> Iterator[None]:
    try:
        yield
    except DefusedXmlException:
        raise UnreadableAnnotationError("it declares entities, which are never expanded") from None
    except (ParseError, ValueError, LookupError) as error:  # the last for unknown encodings
        raise UnreadableAnnotationError(str(error)) from None
