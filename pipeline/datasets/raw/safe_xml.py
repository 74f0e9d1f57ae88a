"""Parsing XML files that anybody may have written.

Entities are never expanded, and no other file is read.
"""

import codecs
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from xml.etree.ElementTree import Element, ParseError

import defusedxml.ElementTree
from defusedxml import DefusedXmlException

from pipeline.datasets.raw.unreadable import UnreadableAnnotationError

_HEAD_BYTES = 1024

_DECLARED = re.compile(rb"""\s*<\?xml[^>]*?\bencoding\s*=\s*["'](?P<codec>[\w.:-]+)["'][^>]*\?>""")

_SEVERAL_BYTES = {
    **dict.fromkeys(("gb2312", "gbk", "gb18030"), "gb18030"),
    **dict.fromkeys(("big5", "big5hkscs", "cp950"), "big5hkscs"),
    **dict.fromkeys(("shift_jis", "cp932"), "cp932"),
    **dict.fromkeys(("euc_kr", "cp949"), "cp949"),
    **{codec: codec for codec in ("hz", "shift_jis_2004", "euc_jp", "johab")},
}
"""The codecs, by Python's names, that the parser does not know, and those that decode the text.

Files declare an old standard, such as GB2312, and use the letters of a later one that contains it, such as GB18030.
"""

_INVALID_TOKEN = 4


def parse_xml(data: bytes) -> Element:
    """Parse the contents of an XML file, and return the outermost element.

    Raises:
        UnreadableAnnotationError: The contents are not well-formed, or they declare entities.
    """
    with _unreadable_if_broken():
        root = defusedxml.ElementTree.fromstring(_parseable(data))
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
    with path.open("rb") as opened, _unreadable_if_broken():
        codec = _foreign_codec(opened.read(_HEAD_BYTES))
        opened.seek(0)
        file = _Recoded(opened, codec) if codec else opened
        for event, element in defusedxml.ElementTree.iterparse(file, ("start", "end")):
            if event == "start":
                open_elements.append(element)
                continue
            open_elements.pop()
            if len(open_elements) == 1:
                yield element
                open_elements[0].clear()


def _foreign_codec(head: bytes) -> str:
    """Return the codec of the encoding that an XML file declares; "" if the parser knows it or there is none.

    The parser knows UTF-8, UTF-16 and encodings of one byte a letter, but not GBK, Big5, Shift-JIS and others.
    """
    declared = _DECLARED.match(head) if b"encoding" in head else None
    if declared is None:
        return ""
    return _SEVERAL_BYTES.get(codecs.lookup(declared["codec"].decode("ascii")).name, "")


def _parseable(data: bytes) -> bytes:
    """Return an XML file in an encoding that the parser knows."""
    codec = _foreign_codec(data[:_HEAD_BYTES])
    return _DECLARED.sub(b"", data, count=1).decode(codec).encode() if codec else data


class _Recoded:
    """A file that is read in UTF-8 and is written in another encoding. A small part of it is in memory at any time."""

    def __init__(self, file: BinaryIO, codec: str) -> None:
        self._file, self._decoder = file, codecs.getincrementaldecoder(codec)()
        declared = _DECLARED.match(file.read(_HEAD_BYTES))
        file.seek(declared.end() if declared else 0)

    def read(self, size: int = -1) -> bytes:
        """Return the text of the next ``size`` bytes, or of all if it is -1, in UTF-8; b"" at the end of the file.

        Raises:
            UnicodeDecodeError: The file is in another encoding than it declares.
        """
        while data := self._file.read(size):
            if text := self._decoder.decode(data):
                return text.encode()
        return self._decoder.decode(b"", final=True).encode()


@contextmanager
def _unreadable_if_broken() -> Iterator[None]:
    try:
        yield
    except DefusedXmlException:
        raise UnreadableAnnotationError("it declares entities, which are never expanded") from None
    except UnicodeDecodeError:
        raise UnreadableAnnotationError("its text is not in the encoding that it declares") from None
    except (ParseError, ValueError, LookupError) as error:  # an unknown encoding is a LookupError
        raise UnreadableAnnotationError(f"its XML is broken: {error}{_why(error)}") from None


def _why(error: Exception) -> str:
    """Return what to do about text that is not in UTF-8; "" for other errors."""
    if getattr(error, "code", None) != _INVALID_TOKEN:
        return ""
    return "; if its text is not in UTF-8, save it as UTF-8"
