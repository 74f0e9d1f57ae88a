"""The shell around the stages: their parameters, exit codes, and errors on one line."""

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import PipelineError
from pipeline.params.dataset import Dataset, DatasetFormat, DatasetSource
from pipeline.params.detect import Detect
from pipeline.stage import call, exit_with, select
from tests.support.project import PARAMS, ROOT


def raising(error: BaseException) -> Callable[[], None]:
    def action() -> None:
        raise error

    return action


def test_a_whole_section_is_selected_as_it_is() -> None:
    assert select(PARAMS, "dataset", Dataset) is PARAMS.dataset


def test_of_a_part_of_a_section_only_its_keys_are_selected() -> None:
    source = select(PARAMS, "dataset", DatasetSource)
    assert type(source) is DatasetSource
    assert source.path == PARAMS.dataset.path
    assert not hasattr(source, "format")
    assert not hasattr(select(PARAMS, "dataset", DatasetFormat), "path")


def test_a_single_value_is_selected() -> None:
    assert select(PARAMS, "seed", int) == PARAMS.seed


def test_a_stage_is_called_with_its_parameters_and_its_paths() -> None:
    given: list[object] = []

    def run(detect: Detect, seed: int, *, exported: Path) -> None:
        given.extend([detect, seed, exported])

    call(run, PARAMS, exported=Path("models/exported"))
    assert given == [PARAMS.detect, PARAMS.seed, Path("models/exported")]


@pytest.mark.parametrize(
    ("action", "code", "text"),
    [
        (lambda: None, 0, ""),
        (lambda: 3, 3, ""),
        (
            raising(PipelineError("a.yaml: wrong\nb.yaml: wrong")),
            1,
            "error: a.yaml: wrong\nerror: b.yaml: wrong\n",
        ),
        (raising(KeyboardInterrupt()), 130, "interrupted; no incomplete output was kept\n"),
        (
            raising(OSError(errno.ENOSPC, "No space left on device", "data/raw")),
            1,
            "error: data/raw: No space left on device\n",
        ),
        (
            raising(PermissionError(errno.EACCES, "Permission denied", "x")),
            1,
            "error: x: Permission denied\n",
        ),
    ],
)
def test_exit_codes_and_messages(
    capsys: pytest.CaptureFixture[str], action: Callable[[], None], code: int, text: str
) -> None:
    with pytest.raises(SystemExit) as raised:
        exit_with(action)
    assert raised.value.code == code
    assert capsys.readouterr().err == text


@pytest.mark.parametrize("error", [ValueError("a bug"), FileNotFoundError(errno.ENOENT, "No such file", "x")])
def test_a_bug_keeps_its_traceback(error: Exception) -> None:
    with pytest.raises(type(error)):
        exit_with(raising(error))


def test_a_closed_output_ends_the_command_silently() -> None:
    code = (
        "import os, sys; from pipeline.stage import exit_with\n"
        "def action():\n"
        "    raise BrokenPipeError\n"
        "exit_with(action)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (141, "")


def test_a_missing_option_of_a_stage_is_named() -> None:
    command = [sys.executable, "-m", "pipeline.stages.download"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "COLUMNS": "200"}
    )
    assert done.returncode == 2
    assert "the following arguments are required: --raw" in done.stderr


def test_info_lines_of_the_package_are_plain_lines_on_the_standard_output() -> None:
    code = (
        "import logging; from pipeline.stage import configure_logging\n"
        "configure_logging(); configure_logging()\n"
        "logging.getLogger('pipeline.models').info('loaded %d tensors', 3)\n"
        "logging.getLogger('pipeline.models').debug('not shown')\n"
        "logging.getLogger('other').info('not shown')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("loaded 3 tensors\n", "")
