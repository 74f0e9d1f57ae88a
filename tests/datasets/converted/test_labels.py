"""Names come back as they were written, whatever separators they hold."""

from pathlib import Path

import pytest

from pipeline.datasets.converted.labels import read_labels, write_labels
from pipeline.errors import PipelineError


@pytest.mark.parametrize(
    "names", [[], ["cat"], ["a\rb", "c\x85d", "e\u2028f", "g\x0bh", "Käse"], ["None", "NA", "background"]]
)
def test_names_come_back(tmp_path: Path, names: list[str]) -> None:
    write_labels(names, tmp_path)
    assert read_labels(tmp_path) == names


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match=r"labels.txt: not found; run the convert stage first"):
        read_labels(tmp_path)


@pytest.mark.parametrize(
    ("text", "problem"),
    [("dog\ncat\ndog\n", "line 3: 'dog' is there already"), ("\ncat\n", "line 1: a class")],
)
def test_classes_that_cannot_be_told_apart_are_refused(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "labels.txt").write_text(text)
    with pytest.raises(PipelineError, match=problem):
        read_labels(tmp_path)
