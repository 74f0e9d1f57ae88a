"""XML of strangers: entities are never expanded, and nothing outside the file is read."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError, fromstring, iterparse

import defusedxml.ElementTree
from defusedxml import DefusedXmlException

from pipeline.datasets.formats.annotated_image import UnreadableAnnotationError


def parse_xml(data: bytes) -> Element:
    """Parse a file.

    Entities are declared in a DOCTYPE. A file of UTF-8 without one goes to Python's own parser, which is four
    times as fast as defusedxml's; each other goes to that.

    Raises:
        UnreadableAnnotationError: it is not well-formed, or declares entities.
    """
    with _unreadable_if_broken():
        root = fromstring(data) if _is_plain(data) else defusedxml.ElementTree.fromstring(data)
    if root is None:
        raise UnreadableAnnotationError("it holds no element")
    return root


def outer_elements(path: Path) -> Iterator[Element]:
    """Yield each child of a file's outermost element, which is forgotten then, so that a large file fits.

    Raises:
        UnreadableAnnotationError: it is not well-formed from there on, or declares entities.
        OSError: it cannot be read.
    """
    data = path.read_bytes()
    parse = iterparse if _is_plain(data) else defusedxml.ElementTree.iterparse
    open_elements: list[Element] = []
    with _unreadable_if_broken():
        for event, element in parse(BytesIO(data), ("start", "end")):
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


def _is_plain(data: bytes) -> bool:
    """Say whether the bytes are UTF-8, and without DOCTYPE, whatever the declared encoding makes of them."""
    declaration = data.partition(b"?>")[0].lower() if b"<?xml" in data else b""
    declared = b"encoding" in declaration and b"utf-8" not in declaration
    return not declared and b"<!DOCTYPE" not in data and b"\0" not in data
