"""XML of strangers: entities are never expanded, and nothing outside the file is read."""

from xml.etree.ElementTree import Element, ParseError, fromstring

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
    try:
        root = fromstring(data) if _is_plain(data) else defusedxml.ElementTree.fromstring(data)
    except DefusedXmlException:
        raise UnreadableAnnotationError("it declares entities, which are never expanded") from None
    except (ParseError, ValueError, LookupError) as error:  # the last for unknown encodings
        raise UnreadableAnnotationError(str(error)) from None
    if root is None:
        raise UnreadableAnnotationError("it holds no element")
    return root


def _is_plain(data: bytes) -> bool:
    """Say whether the bytes are UTF-8, and without DOCTYPE, whatever the declared encoding makes of them."""
    declaration = data.partition(b"?>")[0].lower() if b"<?xml" in data else b""
    declared = b"encoding" in declaration and b"utf-8" not in declaration
    return not declared and b"<!DOCTYPE" not in data and b"\0" not in data
