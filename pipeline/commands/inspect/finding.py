"""What ``inspect`` looks at, and one thing that it finds."""

from pathlib import Path
from typing import Any, NamedTuple

from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.params.schema import Params


class Inspection(NamedTuple):
    """A dataset that was read and checked.

    Attributes:
        path: The dataset's folder.
        format: The name of its format.
        given: The annotations before the images were checked.
        checked: The annotations afterwards, with all issues.
        params: All parameters.
    """

    path: Path
    format: str
    given: AnnotationTable
    checked: AnnotationTable
    params: Params


class Finding(NamedTuple):
    """One thing that was found, for people and for programs.

    Attributes:
        key: The key of the JSON object.
        value: The value of that key: anything that JSON can hold.
        lines: The lines that are printed without ``--json``.
    """

    key: str
    value: Any
    lines: list[str]
