"""What a YOLO dataset says of itself: class names, and where the images of each split are.

Ultralytics has a ``data.yaml`` with names, train, val and test; darknet has ``obj.data`` with lists and ``obj.names``
with a name a line; labelling tools write a ``classes.txt`` of that kind, Roboflow a ``_darknet.labels``.
"""

import posixpath
import re
from collections.abc import Iterator
from typing import NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from pipeline.datasets.formats.shared.split_words import WORDS_OF_SPLIT
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.raw.text_encoding import decoded, peeked_text
from pipeline.errors import PipelineError

# Larger ones are not such files, and YAML is read at 200 kB a second.
_MAX_BYTES = 2**20

_CLASS_LISTS = ("classes.txt", "_darknet.labels")

_NAMES = re.compile(r"\bnames[\"']?\s*:")

SPLIT_OF_KEY = {word: split for split, words in WORDS_OF_SPLIT.items() for word in words}
"""The split that a key is of, in lower case; CVAT's keys are the names of subsets, ``Train`` and ``Validation``."""

_PLACE = re.compile(rf"^[ \t]*({'|'.join(SPLIT_OF_KEY)})[ \t]*=(.*)$", re.IGNORECASE | re.MULTILINE)


class DataFile(NamedTuple):
    """A file that describes the dataset.

    Attributes:
        file: Relative to the dataset's folder.
        names: Of the classes, by their numbers; empty where it gives none.
        places: Split and place of its images, a folder or a list, as they stand in the file.
        keypoints: Numbers of a line's keypoints, which follow the box; 0 for none.
    """

    file: str
    names: dict[int, str]
    places: tuple[tuple[str, str], ...] = ()
    keypoints: int = 0


class _NotUsableError(ValueError):
    """A data.yaml is broken; the text says how."""


def data_files(folder: DatasetFolder) -> list[DataFile]:
    """Read each data.yaml and obj.data.

    Raises:
        PipelineError: a YAML file has names, but cannot be read; or the text of a file is not in UTF-8.
    """
    try:
        found = [_read_yaml(folder, file) for file in _yaml_files(folder)]
    except _NotUsableError as error:
        raise PipelineError(f"{folder.root}: {error}") from None
    return [*filter(None, found), *(_read_data(folder, file) for file in folder.with_suffix(".data"))]


def class_names(folder: DatasetFolder, described: list[DataFile]) -> dict[int, str]:
    """Return the names by their numbers; those of data.yaml count before ``*.names``, those before classes.txt.

    Raises:
        PipelineError: two files of a kind differ, or the text of one is not in UTF-8.
    """
    for kind in _kinds(folder, described):
        if named := sorted((data for data in kind if data.names), key=lambda data: -len(data.names)):
            longest = named[0]
            for other in named[1:]:
                # labelling tools add names at the end of the list in the folder at hand
                if not other.names.items() <= longest.names.items():
                    files = f"{longest.file} and {other.file}"
                    raise PipelineError(
                        f"{folder.root}: the class names of {files} differ; remove the wrong one"
                    )
            return dict(sorted(longest.names.items()))
    return {}


def _kinds(folder: DatasetFolder, described: list[DataFile]) -> Iterator[list[DataFile]]:
    """Yield the files of each kind; those that are not asked for are not read."""
    yield described
    for files in (folder.with_suffix(".names"), filter(is_class_list, folder.files)):
        yield [DataFile(file, _lines(folder, file)) for file in files]


def has_class_names(folder: DatasetFolder) -> bool:
    """Say whether a file names classes; quick, and never an error."""
    lists = [*folder.with_suffix(".names"), *filter(is_class_list, folder.files)]
    return bool(lists) or any(
        _NAMES.search(peeked_text(read_head(folder, file))) for file in _yaml_files(folder)
    )


def is_class_list(file: str) -> bool:
    """Say whether a file is called classes.txt or _darknet.labels."""
    return posixpath.basename(file).lower() in _CLASS_LISTS


def read_head(folder: DatasetFolder, file: str, size: int = _MAX_BYTES) -> bytes:
    """Return a file's first bytes; none if it cannot be read."""
    try:
        with (folder.root / file).open("rb") as opened:
            return opened.read(size)
    except OSError:
        return b""


def text_lines(folder: DatasetFolder, file: str) -> list[str]:
    """Return a text file's lines, stripped, those at the end without the blank ones.

    Raises:
        PipelineError: its text is not in UTF-8.
    """
    try:
        data = (folder.root / file).read_bytes()
    except OSError:
        return []
    return [line.strip() for line in decoded(data, folder.root / file).rstrip().splitlines()]


def _lines(folder: DatasetFolder, file: str) -> dict[int, str]:
    return {number: name for number, name in enumerate(text_lines(folder, file)) if name}


def _yaml_files(folder: DatasetFolder) -> list[str]:
    return folder.with_suffix(".yaml") + folder.with_suffix(".yml")


def _read_data(folder: DatasetFolder, file: str) -> DataFile:
    """Read an obj.data; files of another kind, which may be of any bytes, give no places."""
    data = read_head(folder, file)
    text = decoded(data, folder.root / file) if _PLACE.search(peeked_text(data)) else ""
    places = [(SPLIT_OF_KEY[key.lower()], place.strip()) for key, place in _PLACE.findall(text)]
    return DataFile(file, {}, tuple(places))


def _read_yaml(folder: DatasetFolder, file: str) -> DataFile | None:
    """Read a data.yaml; None for YAML of another kind.

    The tree of nodes is read, never built into objects: so a class may be called ``no`` or ``1``, and a few
    lines of merge keys cannot become gigabytes.
    """
    data = read_head(folder, file)
    if len(data) == _MAX_BYTES or not _NAMES.search(peeked_text(data)):
        return None
    text = decoded(data, folder.root / file)
    try:
        root = YAML(typ="safe", pure=True).compose(text)
    except (YAMLError, RecursionError, ValueError) as error:
        raise _NotUsableError(f"{file}: not readable as YAML: {' '.join(str(error).split())}") from None
    if not isinstance(root, MappingNode):
        return None
    values = {key.value.lower(): node for key, node in root.value if isinstance(key, ScalarNode)}
    if "names" not in values:
        return None
    base = _text(values.get("path"))
    places = [
        (SPLIT_OF_KEY[key], posixpath.join(base, place))
        for key, node in values.items()
        if key in SPLIT_OF_KEY
        for place in _texts(node)
        if place
    ]
    return DataFile(file, _names(file, values["names"]), tuple(places), _keypoints(values.get("kpt_shape")))


def _names(file: str, node: Node) -> dict[int, str]:
    if isinstance(node, SequenceNode):
        return dict(enumerate(_texts(node)))
    if isinstance(node, MappingNode):
        try:
            return {int(key.value): _text(value) for key, value in node.value}
        except (ValueError, TypeError):
            raise _NotUsableError(f"{file}: names has a key that is no number") from None
    raise _NotUsableError(f"{file}: names is neither a list nor a mapping of numbers to names")


def _keypoints(node: Node | None) -> int:
    try:
        points, numbers = (int(text) for text in _texts(node))
    except ValueError:
        return 0
    return points * numbers


def _texts(node: Node | None) -> list[str]:
    return [_text(item) for item in node.value] if isinstance(node, SequenceNode) else [_text(node)]


def _text(node: Node | None) -> str:
    return str(node.value) if isinstance(node, ScalarNode) else ""
