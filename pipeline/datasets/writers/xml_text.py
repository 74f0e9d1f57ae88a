"""Text in XML files."""

import re
from xml.sax.saxutils import escape, quoteattr

# Characters that XML does not allow, even escaped.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def xml_text(text: str) -> str:
    """Return a text as the content of an element."""
    return escape(_NOT_XML.sub("\ufffd", text))


def xml_attribute(text: str) -> str:
    """Return a text as the value of an attribute, in quotes."""
    return quoteattr(_NOT_XML.sub("\ufffd", text))


def xml_number(value: float) -> str:
    """Return a number, without a fraction if it is whole."""
    return str(int(value)) if value.is_integer() else repr(value)
