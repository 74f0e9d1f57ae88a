"""XML of strangers: entities are never expanded, and nothing outside the file is read."""

from xml.etree.ElementTree import Element, ParseError

import defusedxml.ElementTree
from defusedxml import DefusedXmlException

from pipeline.datasets.formats.annotated_image import UnreadableAnnotationError


def parse_xml(data: bytes) -> Element:
    """Parse a file.

    Raises:
        UnreadableAnnotationError: it is not well-formed, or declares entities.
    """
    try:
        root = defusedxml.ElementTree.fromstring(data)
    except DefusedXmlException:
        raise UnreadableAnnotationError("it declares entities, which are never expanded") from None
    except (ParseError, ValueError, LookupError) as error:  # the last for unknown encodings
        raise UnreadableAnnotationError(str(error)) from None
    if root is None:
        raise UnreadableAnnotationError("it holds no element")
    return root
