"""The environment of a project that was moved or copied is noticed."""

import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.support.project import ROOT


def environment(project: Path) -> subprocess.CompletedProcess[str]:
    command = [ROOT / "tools" / "environment.sh", ".venv", sys.executable]
    return subprocess.run(command, cwd=project, capture_output=True, text=True)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "project").mkdir()
    venv.create(tmp_path / "project" / ".venv", symlinks=True)
    return tmp_path / "project"


@pytest.mark.parametrize("with_command", [True, False])  # uv writes no command
@pytest.mark.parametrize("take", [shutil.move, shutil.copytree])
def test_a_moved_or_copied_environment_is_one_line(project: Path, take: object, with_command: bool) -> None:
    if not with_command:
        config = project / ".venv" / "pyvenv.cfg"
        lines = config.read_text().splitlines(keepends=True)
        config.write_text("".join(line for line in lines if not line.startswith("command")))
    assert environment(project).returncode == 0
    assert callable(take)
    take(project, project.with_name("elsewhere"))
    done = environment(project.with_name("elsewhere"))
    assert done.returncode == 1
    assert done.stderr == (
        f"error: .venv was made at {project}/.venv, and the project was moved or copied since; remove .venv and run "
        "make again\n"
    )


def test_a_link_to_an_environment_is_taken_as_it_is(project: Path, tmp_path: Path) -> None:
    (tmp_path / "clone").mkdir()
    (tmp_path / "clone" / ".venv").symlink_to(project / ".venv")
    assert environment(tmp_path / "clone").returncode == 0
