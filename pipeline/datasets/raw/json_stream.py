"""Reading the arrays of a JSON file one element at a time, so that memory does not grow with the file."""

import json
import mmap
import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import orjson

_SPACE = re.compile(rb"[ \t\r\n]*")
_SEPARATOR = re.compile(rb"[ \t\r\n]*([,\]])[ \t\r\n]*")  # what follows an element of an array

_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)

_SCALAR = re.compile(rb"[^\s,\]}]+")


# A string without a closing quote matches up to the end of the file. Otherwise the pattern would be tried again at
# every escaped quote in that string, which takes quadratic time.
_BRACKETS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[{}\[\]]', re.DOTALL)


# After this many bytes the pages that were read are returned to the operating system.
_RELEASE_BYTES = 2**20


# The first closing brace usually ends an object, because most objects are flat. The parser is tried on the text up to
# each of the first closing braces; after this many tries the brackets are counted.
_TRIES = 2


class Element(NamedTuple):
    """An element of an array.

    Attributes:
        key: The array's key in the outermost object.
        value: The parsed element.
        start: Position of the element's first byte in the file.
        end: Position after the element's last byte.
    """

    key: str
    value: Any
    start: int
    end: int


class JsonStreamError(ValueError):
    """The file is not JSON, or its outermost value is not an object; the message says what is wrong."""


def iterate_arrays(path: Path, keys: frozenset[str]) -> Iterator[Element]:
    """Yield each element of some arrays of the outermost object.

    Other values are skipped without being parsed. The file is mapped into memory, and each element is parsed alone.
    COCO's training set of 450 MB therefore needs a few megabytes; parsing it at once needs gigabytes.

    Args:
        keys: The keys of the arrays.

    Raises:
        JsonStreamError: The file is not JSON, or its outermost value is not an object.
        OSError: The file cannot be read.
    """
    with _mapped(path) as (text, start):
        yield from _outermost(text, start, keys)


def iterate_elements(path: Path) -> Iterator[Element]:
    """Yield each element of the outermost array, in the way of :func:`iterate_arrays`. Their ``key`` is "".

    Raises:
        JsonStreamError: The file is not JSON, or its outermost value is not an array.
        OSError: The file cannot be read.
    """
    with _mapped(path) as (text, start):
        start = _skip_space(text, start)
        _expect(text, start, b"[")
        yield from _elements(text, start, "")


def outermost_value(path: Path, key: str) -> Any:
    """Return the value of a key of the outermost object, or None if there is no such key.

    Other values are skipped without being parsed.

    Raises:
        JsonStreamError: The file is not JSON, or its outermost value is not an object.
        OSError: The file cannot be read.
    """
    with _mapped(path) as (text, at):
        at = _expect(text, at, b"{")
        while _peek(text, at) != b"}":
            name, at = _key(text, at)
            end = _value_end(text, at)
            if name == key:
                return loads(text[at:end])
            at = end if _peek(text, end) == b"}" else _expect(text, end, b",")
    return None


@contextmanager
def _mapped(path: Path) -> Iterator[tuple[mmap.mmap, int]]:
    """Map a file into memory, and give the position of its first byte after a byte order mark.

    Raises:
        JsonStreamError: The body raises ``ValueError``, or the file is empty.
    """
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
            yield text, 3 if text[:3] == b"\xef\xbb\xbf" else 0
    except ValueError as error:  # orjson raises it too, and so does mmap for an empty file
        raise JsonStreamError(str(error)) from None


def _outermost(text: mmap.mmap, start: int, keys: frozenset[str]) -> Iterator[Element]:
    at = _expect(text, start, b"{")
    if _peek(text, at) == b"}":
        return
    while True:
        key, at = _key(text, at)
        if key in keys and text[at : at + 1] == b"[":
            at = yield from _elements(text, at, key)
        else:
            at = _value_end(text, at)
        if _peek(text, at) == b"}":
            return
        at = _expect(text, at, b",")


def _key(text: mmap.mmap, start: int) -> tuple[str, int]:
    """Return the key at ``start``, and the position of its value."""
    at = _skip_space(text, start)
    name = _STRING.match(text, at)
    if name is None:
        raise JsonStreamError(f"a key was expected at byte {at}")
    return json.loads(name[0]), _skip_space(text, _expect(text, name.end(), b":"))


def _elements(text: mmap.mmap, start: int, key: str) -> Generator[Element, None, int]:
    """Yield the elements of the array that begins at ``start``, and return the position after the array."""
    at = released = _skip_space(text, start + 1)
    if text[at : at + 1] == b"]":
        return at + 1
    while True:
        value, end = _value(text, at)
        yield Element(key, value, at, end)
        if end - released > _RELEASE_BYTES and hasattr(mmap, "MADV_DONTNEED"):
            text.madvise(mmap.MADV_DONTNEED)
            released = end
        separator = _SEPARATOR.match(text, end)
        if separator is None:
            raise JsonStreamError(f"',' was expected at byte {_skip_space(text, end)}")
        if separator[1] == b"]":
            return separator.end(1)
        at = separator.end()


def _value(text: mmap.mmap, start: int) -> tuple[Any, int]:
    """Return the parsed value that begins at ``start``, and the position after it."""
    if text[start : start + 1] == b"{":
        end = start
        for _ in range(_TRIES):
            end = text.find(b"}", end) + 1
            if not end:
                raise JsonStreamError("it ends within an object")
            try:  # a text that parses is complete, because no part of an object's text is an object with the same start
                return loads(text[start:end]), end
            except ValueError:
                continue
    end = _value_end(text, start)
    return loads(text[start:end]), end


def loads(text: bytes) -> Any:
    """Parse a value; NaN and Infinity are accepted too, because Python writes them although JSON forbids them.

    Raises:
        ValueError: The text is not JSON.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        if b"NaN" not in text and b"Infinity" not in text:
            raise
        try:
            return json.loads(text)
        except RecursionError:
            raise JsonStreamError("it is nested too deeply") from None


def _value_end(text: mmap.mmap, start: int) -> int:
    opening = text[start : start + 1]
    if opening == b'"':
        match = _STRING.match(text, start)
    elif opening in (b"{", b"["):
        return _bracket_end(text, start)
    else:
        match = _SCALAR.match(text, start)
    if match is None:
        raise JsonStreamError(f"a value was expected at byte {start}")
    return match.end()


def _bracket_end(text: mmap.mmap, start: int) -> int:
    depth = 0
    for token in _BRACKETS.finditer(text, start):
        if token[0] in (b"{", b"["):
            depth += 1
        elif token[0] in (b"}", b"]"):
            depth -= 1
        if depth == 0:
            return token.end()
    raise JsonStreamError("it ends within an object or array")


def _skip_space(text: mmap.mmap, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _peek(text: mmap.mmap, at: int) -> bytes:
    at = _skip_space(text, at)
    return text[at : at + 1]


def _expect(text: mmap.mmap, at: int, character: bytes) -> int:
    at = _skip_space(text, at)
    if text[at : at + 1] != character:
        raise JsonStreamError(f"{character.decode()!r} was expected at byte {at}")
    return at + 1
