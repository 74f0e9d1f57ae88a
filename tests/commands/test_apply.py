"""The command ``apply``: in a project with a stage that never ran, and with an empty cache."""

from pathlib import Path

import pytest
from dvc.repo import Repo

from pipeline.commands.apply import apply
from pipeline.errors import PipelineError
from pipeline.experiments import reproduce, run_experiment
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


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project with the experiment ``seven``, and a stage that never ran."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        project = Project(tmp_path_factory.mktemp("runs") / "project", monkeypatch)
        Path("dvc.yaml").write_text(STAGES)
        reproduce(["own"])
        project.git("add", "--all")
        project.git("commit", "--quiet", "-m", "stages")
        run_experiment("seven", {"seed": 7}, ["own"])
        return project


@pytest.fixture
def project(runs: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(runs.home.with_name("site")))
    monkeypatch.chdir(runs.home)
    return runs


def test_the_outputs_of_an_experiment_are_restored_although_a_stage_never_ran(project: Project) -> None:
    assert Path("own").read_text() == "1\n"
    apply("seven")
    assert Path("own").read_text() == "7\n"
    assert "seed: 7" in Path("params.yaml").read_text()


def test_an_unknown_name_is_one_line(project: Project) -> None:
    with pytest.raises(PipelineError, match=r"nothing: .*experiment"):
        apply("nothing")


def test_outputs_that_the_cache_lacks_are_named(project: Project) -> None:
    with Repo() as repo:
        repo.experiments.apply("seven", allow_missing=True)
    Path("own").unlink()
    project.empty_cache()
    with pytest.raises(PipelineError, match=r"seven: .* not in DVC's cache are own"):
        apply("seven")
