"""Reads the files that give a YOLO dataset's class names and the images of each split.

Ultralytics has ``data.yaml`` with the keys names, train, val and test. Darknet has ``obj.data``, which names the
lists of images, and ``obj.names`` with one class name per line. Labelling tools write such a file as ``classes.txt``,
and Roboflow writes it as ``_darknet.labels``. Label Studio also writes ``notes.json`` with the numbers of the classes,
which differ from the lines of its ``classes.txt`` if the labelling interface sets them.
"""

import posixpath
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from typing import NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from pipeline.datasets.formats.shared.split_words import WORDS_OF_SPLIT
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.raw.safe_json import parse_json
from pipeline.datasets.raw.text_encoding import decoded, peeked_text
from pipeline.datasets.raw.unreadable import UnreadableAnnotationError
from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.errors import PipelineError, one_line

_MAX_BYTES = 2**20  # a larger file is no such file; YAML is parsed at 200 kB per second

_CLASS_LISTS = ("classes.txt", "_darknet.labels")

_NAMES = re.compile(r"\bnames[\"']?\s*:")

SPLIT_OF_KEY = {word: split for split, words in WORDS_OF_SPLIT.items() for word in words}
"""The split of each key, in lower case. CVAT writes the names of subsets as keys, such as ``Validation``."""

_PLACE = re.compile(rf"^[ \t]*({'|'.join(SPLIT_OF_KEY)})[ \t]*=(.*)$", re.IGNORECASE | re.MULTILINE)


class DataFile(NamedTuple):
    """A file that describes the dataset.

    Attributes:
        file: The path relative to the dataset's folder.
        names: The class names by number; empty if the file has none.
        places: Pairs of a split and the path of its images as the file gives it. The path is that of a folder or of
            a list of images.
        keypoints: The number of values for keypoints that follow the box in a line; 0 for none.
    """

    file: str
    names: dict[int, str]
    places: tuple[tuple[str, str], ...] = ()
    keypoints: int = 0


class _NotUsableError(ValueError):
    """A data.yaml is broken. The message names the file, says what is wrong and what to do."""


def data_files(folder: DatasetFolder) -> list[DataFile]:
    """Read each data.yaml, then each obj.data.

    Raises:
        PipelineError: A YAML file with class names is broken, or the text of a file is in another encoding than UTF-8
            and UTF-16.
    """
    try:
        described = [_read_yaml(folder, file) for file in _yaml_files(folder)]
    except _NotUsableError as error:
        raise PipelineError(f"{folder.root}: {error}") from None
    return [*filter(None, described), *(_read_data(folder, file) for file in folder.with_suffix(".data"))]


def class_names(folder: DatasetFolder, described: list[DataFile], issues: list[Issue]) -> dict[int, str]:
    """Return the class names by number, sorted by number.

    They are from the files of the first kind that has any: data.yaml, ``*.names``, notes.json, and classes.txt with
    _darknet.labels. If there are several files of that kind, the one with the most names counts. Files of the other
    kinds that give a class another name are issues.

    Args:
        described: The result of :func:`data_files`.
        issues: The list to extend.

    Returns:
        The class names; empty if no file has any.

    Raises:
        PipelineError: Two files of a kind give a class different names, or the text of a file is in another encoding
            than UTF-8 and UTF-16.
    """
    for kind in _kinds(folder, described):
        if files := sorted((data for data in kind if data.names), key=lambda data: -len(data.names)):
            longest = files[0]
            for other in files[1:]:
                # labelling tools append new names only to the list of the folder that is labelled
                if not other.names.items() <= longest.names.items():
                    raise PipelineError(
                        f"{folder.root}: the class names of {longest.file} and {other.file} differ; "
                        "correct or remove the wrong file"
                    )
            folder.use(data.file for data in files)
            issues += _differing_names(folder, described, longest)
            return dict(sorted(longest.names.items()))
    return {}


def _differing_names(folder: DatasetFolder, described: list[DataFile], counted: DataFile) -> list[Issue]:
    """Return the issues of the files that give a class another name than the file that counts."""
    issues = []
    with suppress(PipelineError):  # the names of a file in another encoding are not needed
        for other in chain.from_iterable(_kinds(folder, described)):
            folder.use([other.file])
            common = (number for number in other.names if number in counted.names)
            different = [number for number in common if other.names[number] != counted.names[number]]
            if different and other.file != counted.file:
                number = different[0]
                detail = f"class {number} is {other.names[number]!r}, but {counted.names[number]!r} in {counted.file}"
                how = f"the names of {counted.file} taken"
                issues.append(
                    Issue(other.file, Fault(None, "class-names-differ", detail, Action.REPAIR, how))
                )
    return issues


def _kinds(folder: DatasetFolder, described: list[DataFile]) -> Iterator[list[DataFile]]:
    """Yield the files of each kind. A file is read only when its kind is requested."""
    yield described
    yield [DataFile(file, names_of_lines(folder, file)) for file in folder.with_suffix(".names")]
    yield [DataFile(file, _names_of_notes(folder, file)) for file in _notes(folder)]
    yield [DataFile(file, names_of_lines(folder, file)) for file in folder.files if is_class_list(file)]


def _notes(folder: DatasetFolder) -> list[str]:
    return [file for file in folder.files if posixpath.basename(file).lower() == "notes.json"]


def _names_of_notes(folder: DatasetFolder, file: str) -> dict[int, str]:
    """Return the names of the categories of Label Studio's notes.json by their ids; none of another file."""
    try:
        categories = parse_json(read_head(folder, file))["categories"]
        return {int(category["id"]): str(category["name"]).strip() for category in categories}
    except (UnreadableAnnotationError, KeyError, TypeError, ValueError, OverflowError):
        return {}


def has_class_names(folder: DatasetFolder) -> bool:
    """Return whether a file names classes. Broken files raise no error."""
    lists = [*folder.with_suffix(".names"), *_notes(folder), *filter(is_class_list, folder.files)]
    return bool(lists) or any(
        _NAMES.search(peeked_text(read_head(folder, file))) for file in _yaml_files(folder)
    )


def is_class_list(file: str) -> bool:
    """Return whether a file's name is classes.txt or _darknet.labels, in any letter case."""
    return posixpath.basename(file).lower() in _CLASS_LISTS


def read_head(folder: DatasetFolder, file: str, size: int = _MAX_BYTES) -> bytes:
    """Return the first ``size`` bytes of a file, or b"" if it cannot be read."""
    try:
        with (folder.root / file).open("rb") as opened:
            return opened.read(size)
    except OSError:
        return b""


def text_lines(folder: DatasetFolder, file: str) -> list[str]:
    """Return the lines of a text file, stripped, without blank lines at the end.

    Returns:
        The lines; none if the file cannot be read.

    Raises:
        PipelineError: The text is in another encoding than UTF-8 and UTF-16.
    """
    try:
        data = (folder.root / file).read_bytes()
    except OSError:
        return []
    return [line.strip() for line in decoded(data, folder.root / file).rstrip().splitlines()]


def names_of_lines(folder: DatasetFolder, file: str) -> dict[int, str]:
    """Return the name of each line that is not blank, by the line's number from 0."""
    return {number: name for number, name in enumerate(text_lines(folder, file)) if name}


def _yaml_files(folder: DatasetFolder) -> list[str]:
    return folder.with_suffix(".yaml") + folder.with_suffix(".yml")


def _read_data(folder: DatasetFolder, file: str) -> DataFile:
    """Read an obj.data. Other files with that suffix, which may be binary, have no places."""
    data = read_head(folder, file)
    text = decoded(data, folder.root / file) if _PLACE.search(peeked_text(data)) else ""
    places = [(SPLIT_OF_KEY[key.lower()], place.strip()) for key, place in _PLACE.findall(text)]
    return DataFile(file, {}, tuple(places))


def _read_yaml(folder: DatasetFolder, file: str) -> DataFile | None:
    """Read a data.yaml. Return None for a YAML file without class names.

    Only the tree of YAML nodes is read. No objects are constructed, so the class names ``no`` and ``1`` stay text,
    and merge keys cannot expand a small file to gigabytes.

    Raises:
        _NotUsableError: The file is broken.
        PipelineError: The text is in another encoding than UTF-8 and UTF-16.
    """
    data = read_head(folder, file)
    if len(data) == _MAX_BYTES or not _NAMES.search(peeked_text(data)):
        return None
    text = decoded(data, folder.root / file)
    try:
        root = YAML(typ="safe", pure=True).compose(text)
    except (YAMLError, RecursionError, ValueError) as error:
        message = f"{file}: not readable as YAML: {one_line(error)}; repair the file"
        raise _NotUsableError(message) from None
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
            raise _NotUsableError(
                f"{file}: a key of names is no integer; map class numbers to class names"
            ) from None
    raise _NotUsableError(
        f"{file}: names has no class names; write a list, or a mapping of class numbers to class names"
    )


def _keypoints(node: Node | None) -> int:
    """Return the product of the two numbers in ``kpt_shape``: keypoints and values per keypoint."""
    try:
        points, values = (int(text) for text in _texts(node))
    except ValueError:
        return 0
    return points * values


def _texts(node: Node | None) -> list[str]:
    return [_text(item) for item in node.value] if isinstance(node, SequenceNode) else [_text(node)]


def _text(node: Node | None) -> str:
    return str(node.value) if isinstance(node, ScalarNode) else ""
