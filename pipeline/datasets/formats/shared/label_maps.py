"""Files that say which number is which class: label maps of the TF Object Detection API, and ``labels.txt``."""

import codecs
import posixpath
import re
from pathlib import Path
from typing import NamedTuple

from pipeline.datasets.raw.folder import DatasetFolder

_MAX_BYTES = 4 * 2**20  # a .pbtxt may also be a graph


# What stands before an item's nested messages, such as those of keypoints.
_ITEM = re.compile(r"\bitem\s*:?\s*\{([^{}]*)")

_FIELD = re.compile(r"""\b(id|name|display_name)\s*:\s*(?:(\d+)|"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)')""")

_NUMBERED = re.compile(r"(\d+):(.+)")

_BACKGROUND = frozenset({"background", "__background__", "_background_", "???"})


class LabelMap(NamedTuple):
    """Names by number.

    Attributes:
        names: For people.
        keys: What records may call the same classes, where the map tells the two apart.
        counted: The numbers are the lines' own, from 1; nothing in the file says so.
    """

    names: dict[int, str]
    keys: dict[int, str]
    counted: bool = False

    def from_zero(self) -> "LabelMap":
        """Return the map with all numbers less by one."""
        names, keys = ({number - 1: name for number, name in part.items()} for part in self[:2])
        return LabelMap(names, keys)


def find_label_map(folder: DatasetFolder, beside: set[str]) -> LabelMap:
    """Read the dataset's label map, else its ``labels.txt``; those in one of the folders ``beside`` come first."""
    maps = sorted(folder.with_suffix(".pbtxt"), key=lambda file: posixpath.dirname(file) not in beside)
    for file in maps:
        if (found := parse_label_map(_text(folder.root / file))).names:
            return found
    lists = [file for file in folder.files if posixpath.basename(file).lower() == "labels.txt"]
    for file in lists:
        if posixpath.dirname(file) in beside:
            return parse_labels(_text(folder.root / file))
    return LabelMap({}, {})


def _text(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(_MAX_BYTES).decode("utf-8-sig", errors="replace")


def parse_label_map(text: str) -> LabelMap:
    """Read the items ``item { id: 1 name: '/m/01yrx' display_name: 'cat' }``; whatever else is there is passed over."""
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
    """Resolve the escapes of protocol buffers' text, which are those of C."""
    try:
        return codecs.escape_decode(text.encode())[0].decode(errors="replace")
    except ValueError:
        return text


def parse_labels(text: str) -> LabelMap:
    """Read a class a line: the first is 1, or 0 if it is the background; or each line says its number, ``0:daisy``."""
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
