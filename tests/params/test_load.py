"""Reading ``params.yaml``."""

import re
from pathlib import Path

import pytest

from pipeline.errors import PipelineError
from pipeline.params.load import load_params
from tests.support.params_file import write_params
from tests.support.project import PARAMS_FILE


def test_the_projects_own_file_is_valid() -> None:
    assert load_params(PARAMS_FILE).train.architecture == "gfl"


def test_each_fault_is_one_line_that_begins_with_the_file(tmp_path: Path) -> None:
    path = write_params(tmp_path, train__steps="10", finetune__dropout=1.5, zoo__backbone="resnet19")
    with pytest.raises(PipelineError) as raised:
        load_params(path)
    lines = str(raised.value).splitlines()
    assert len(lines) == 3
    assert all(line.startswith(f"{path}: ") for line in lines)


def test_yaml_is_read_as_dvc_reads_it(tmp_path: Path) -> None:
    """In YAML 1.2, which DVC uses, 1e-3 is a number. In YAML 1.1 it is a string."""
    path = tmp_path / "params.yaml"
    path.write_text(re.sub(r"clip_norm: \S+", "clip_norm: 1e-3", PARAMS_FILE.read_text()))
    assert load_params(path).train.clip_norm == 0.001


def test_a_file_that_is_not_yaml_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text("seed: 1\ntrain: {steps: [}\n")
    with pytest.raises(PipelineError, match="line 2: not valid YAML"):
        load_params(path)


def test_a_missing_file_says_where_to_run(tmp_path: Path) -> None:
    with pytest.raises(
        PipelineError, match=r"absent\.yaml: not found; run the command in the project's folder"
    ):
        load_params(tmp_path / "absent.yaml")


@pytest.mark.parametrize("text", ["", "- 1\n- 2\n", "seed"])
def test_a_file_without_sections_is_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(text)
    with pytest.raises(PipelineError, match=r"no sections found; restore the file from Git$"):
        load_params(path)
