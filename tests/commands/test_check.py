import shutil
import subprocess
import sys
from pathlib import Path

from tests.support.project import ROOT


def check(folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin"}
    command = [sys.executable, "-m", "pipeline", "check"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_check_says_yes() -> None:
    done = check(ROOT)
    assert (done.returncode, done.stdout) == (0, "params.yaml is in order\n"), done.stderr


def test_check_names_each_fault_on_a_line(tmp_path: Path) -> None:
    shutil.copy(ROOT / "params.yaml", tmp_path)
    done = check(tmp_path)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "error: params.yaml: dataset.path is data/local, which does not exist",
        "error: params.yaml: zoo.file is data/weights, which does not exist",
    ]


def test_check_outside_the_project_says_where_to_run(tmp_path: Path) -> None:
    done = check(tmp_path)
    assert done.returncode == 1
    assert done.stderr == "error: params.yaml: not found; run from the project's folder\n"
