"""Parsing XML files that anybody may have written.

Entities are never expanded, and no other file is read.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

import defusedxml.ElementTree
from defusedxml import DefusedXmlException

from pipeline.datasets.raw.unreadable import UnreadableAnnotationError


def parse_xml(data: bytes) -> Element:
    """Parse the contents of an XML file, and return the outermost element.

    Raises:
        UnreadableAnnotationError: The contents are not well-formed, or they declare entities.
    """
    with _unreadable_if_broken():
        root = defusedxml.ElementTree.fromstring(data)
    if root is None:
        raise UnreadableAnnotationError("it holds no element")
    return root


def outer_elements(path: Path) -> Iterator[Element]:
    """Yield each child of a file's outermost element.

    A child is removed from memory when the next one is requested, so the file may be larger than the memory.

    Raises:
        UnreadableAnnotationError: The file is not well-formed after the last child, or it declares entities.
        OSError: The file cannot be read.
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
    except (ParseError, ValueError, LookupError) as error:  # an unknown encoding is a LookupError
        raise UnreadableAnnotationError(f"its XML is broken: {error}") from None
