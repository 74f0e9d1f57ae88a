"""Reads the class names by number from label maps of the TF Object Detection API and from ``labels.txt``."""

import codecs
import posixpath
import re
from pathlib import Path
from typing import NamedTuple

from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.raw.text_encoding import decoded

_MAX_BYTES = 4 * 2**20  # a .pbtxt file may also be a large graph

# Matches the fields of an item before its first nested message, such as one of keypoints.
_ITEM = re.compile(r"\bitem\s*:?\s*\{([^{}]*)")

_FIELD = re.compile(r"""\b(id|name|display_name)\s*:\s*(?:(\d+)|"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)')""")

_NUMBERED = re.compile(r"(\d+):(.+)")

_BACKGROUND = frozenset({"background", "__background__", "_background_", "???"})


class LabelMap(NamedTuple):
    """Class names by number.

    Attributes:
        names: The names to show: ``display_name``, or ``name`` if an item has no ``display_name``.
        keys: The names that records may use for the same classes: ``name``, or ``display_name`` if an item has no
            ``name``.
        counted: Whether the numbers are line numbers from 1 and may be off by one.
    """

    names: dict[int, str]
    keys: dict[int, str]
    counted: bool = False

    def from_zero(self) -> "LabelMap":
        """Return the map with each number reduced by 1."""
        names, keys = ({number - 1: name for number, name in part.items()} for part in self[:2])
        return LabelMap(names, keys)


def find_label_map(folder: DatasetFolder, beside: set[str]) -> LabelMap:
    """Read the dataset's label map, or a ``labels.txt`` if there is no label map.

    Args:
        beside: The folders of the records, relative to ``folder``. Label maps in them are preferred to others, and
            only their ``labels.txt`` is read.

    Returns:
        The label map; an empty one if there is no file.
    """
    maps = sorted(folder.with_suffix(".pbtxt"), key=lambda file: posixpath.dirname(file) not in beside)
    for file in maps:
        if (label_map := parse_label_map(_text(folder.root / file))).names:
            folder.use([file])
            return label_map
    lists = [file for file in folder.files if posixpath.basename(file).lower() == "labels.txt"]
    for file in lists:
        if posixpath.dirname(file) in beside:
            folder.use([file])
            return parse_labels(_text(folder.root / file))
    return LabelMap({}, {})


def _text(path: Path) -> str:
    """Return the text of a label map; "" for a larger file, which is something else.

    Raises:
        PipelineError: The text is in another encoding, so its names cannot be decoded.
    """
    with path.open("rb") as file:
        data = file.read(_MAX_BYTES)
    return "" if len(data) == _MAX_BYTES else decoded(data, path)


def parse_label_map(text: str) -> LabelMap:
    """Parse items such as ``item { id: 1 name: '/m/01yrx' display_name: 'cat' }``. Ignore all other text."""
    names, keys = {}, {}
    for item in _ITEM.findall(text):
        fields = {
            name: number or _unescape(one or other) for name, number, one, other in _FIELD.findall(item)
        }
        key = " ".join(fields.get("name", "").split())
        name = " ".join(fields.get("display_name", "").split()) or key
        if name and fields.get("id", "").isdigit():
            names[int(fields["id"])] = name
            keys[int(fields["id"])] = key or name
    return LabelMap(names, keys)


def _unescape(text: str) -> str:
    """Resolve the escape sequences of the protocol buffer text format, which are those of C."""
    try:
        return codecs.escape_decode(text.encode())[0].decode(errors="replace")
    except ValueError:
        return text


def parse_labels(text: str) -> LabelMap:
    """Parse a text with one class per line.

    If each line has a number, as in ``0:daisy``, that is the class's number. Otherwise, the number is that of the
    line, from 1. If the first line is a name of the background, the numbers begin at 0, and the background is left
    out.
    """
    lines = [" ".join(line.split()) for line in text.splitlines()]
    matches = [_NUMBERED.fullmatch(line) for line in lines if line]
    if matches and all(matches):
        names = {int(match[1]): match[2].strip() for match in matches if match}
        return LabelMap(names, names)
    if lines and lines[0].lower() in _BACKGROUND:
        names = {number: name for number, name in enumerate(lines) if name and number}
        return LabelMap(names, names)
    names = {number: name for number, name in enumerate(lines, start=1) if name}
    return LabelMap(names, names, counted=True)
