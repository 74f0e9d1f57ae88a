"""The command ``apply``: in a project with a stage that never ran, and with an empty cache."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from dvc.repo import Repo

from pipeline.commands.apply import apply
from pipeline.errors import PipelineError
from pipeline.experiments import reproduce, run_experiment
from tests.support.project import ROOT
from tests.support.revisions import Project

STAGES = """
stages:
  own:
    cmd: echo ${seed} > own
    params: [seed]
    outs: [own]
  of_another_task:
    cmd: echo > other
    outs: [other]
"""


def with_an_experiment(home: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Return a project with the experiment ``seven``, and a stage that never ran."""
    project = Project(home, monkeypatch)
    Path("dvc.yaml").write_text(STAGES)
    reproduce(["own"])
    project.git("add", "--all")
    project.git("commit", "--quiet", "-m", "stages")
    run_experiment("seven", {"seed": 7}, ["own"])
    return project


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Project:
    with pytest.MonkeyPatch.context() as monkeypatch:
        return with_an_experiment(tmp_path_factory.mktemp("runs") / "project", monkeypatch)


@pytest.fixture
def project(runs: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(runs.home.with_name("site")))
    monkeypatch.chdir(runs.home)
    yield runs
    runs.git("checkout", "--quiet", ".")
    with Repo() as repo:
        repo.checkout(force=True, allow_missing=True)


def test_the_outputs_of_an_experiment_are_restored_although_a_stage_never_ran(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert Path("own").read_text() == "1\n"
    apply("seven")
    assert Path("own").read_text() == "7\n"
    assert "seed: 7" in Path("params.yaml").read_text()
    printed = capsys.readouterr()
    assert printed.out.splitlines()[-1] == "applied seven; seed is 7 and was 1"
    assert "WARNING" not in printed.err


def test_an_unknown_name_is_one_line(project: Project) -> None:
    with pytest.raises(PipelineError, match=r"sevn: no experiment of this name; did you mean seven\?"):
        apply("sevn")


def test_a_commit_is_refused(project: Project) -> None:
    with pytest.raises(PipelineError, match="HEAD~1: a commit, not an experiment; `git checkout HEAD~1`"):
        apply("HEAD~1")


def test_work_that_is_not_committed_is_not_lost(project: Project) -> None:
    before = Path("dvc.yaml").read_text()
    Path("dvc.yaml").write_text(before + "# mine\n")
    with pytest.raises(PipelineError, match=r"changed and not committed are dvc\.yaml; commit them"):
        apply("seven")
    assert Path("dvc.yaml").read_text() == before + "# mine\n"


def test_an_experiment_of_an_earlier_commit_says_so(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    earlier = project.git("rev-parse", "HEAD")
    project.git("commit", "--quiet", "--allow-empty", "-m", "later")
    try:
        apply("seven")
    finally:
        project.git("reset", "--quiet", "--soft", earlier)
    assert f"seven started from commit {earlier[:7]}: the code" in capsys.readouterr().out


def test_without_a_name_in_git_it_is_one_line(project: Project, tmp_path: Path) -> None:
    project.git("config", "--rename-section", "user", "nobody")
    Path("params.yaml").write_text("seed: 9\n")  # Git puts the change aside with a commit
    nameless = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    nameless |= {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pipeline", "apply", "seven"], env=nameless, capture_output=True, text=True
        )
    finally:
        project.git("config", "--rename-section", "nobody", "user")
    assert done.returncode == 1
    assert "seven: Git user name and email must be configured" in done.stderr
    assert "Traceback" not in done.stderr


def test_outputs_that_the_cache_lacks_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = with_an_experiment(tmp_path / "project", monkeypatch)
    with Repo() as repo:
        repo.experiments.apply("seven", allow_missing=True)
    Path("own").unlink()
    project.empty_cache()
    with pytest.raises(PipelineError, match=r"seven: .* not in DVC's cache are own"):
        apply("seven")
