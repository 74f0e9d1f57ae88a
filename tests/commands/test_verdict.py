"""The command ``verdict``: the commit it compares with, what it says if there is none, and DVC has no more to do."""

import shutil
from pathlib import Path

import pytest
from dvc.repo import Repo

from pipeline.commands.compare.verdict import verdict
from pipeline.errors import PipelineError
from pipeline.reporting.page import render
from pipeline.reporting.verdict import NOT_YET
from tests.support.fake_run import write_run
from tests.support.params_file import write_params
from tests.support.revisions import Project

PAGE = Path("reports/index.html")
STAGE = """stages:
  report:
    cmd: cp page.html reports/index.html
    deps: [data/predictions, page.html]
    outs: [reports/index.html]
"""


class Reported(Project):
    """A project with a stage that writes a report."""

    def report(self) -> list[str]:
        """Run the stages, and return those that ran."""
        self._track()
        PAGE.parent.mkdir(exist_ok=True)
        Path("dvc.yaml").write_text(STAGE)
        Path("page.html").write_text(render({"verdict": NOT_YET}, "verdict.html.j2"))
        with Repo() as repo:
            return [stage.name for stage in repo.reproduce() if stage.cmd]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reported:
    return Reported(tmp_path / "project", monkeypatch)


def said(capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    verdict()
    return capsys.readouterr().out.strip()


def test_the_verdict_stays_the_same_and_dvc_has_nothing_to_do(
    project: Reported, capsys: pytest.CaptureFixture[str]
) -> None:
    project.report()
    assert said(capsys) == "Not compared: no earlier commit has other predictions."
    first = project.commit("a report")
    project.lower_scores(0.01)
    assert project.report() == ["report"]
    sentence = said(capsys)
    commit = project.git("log", "-1", "--format=%h", "--abbrev=7", first)
    assert sentence.startswith(f"This run is worse than commit {commit}: mAP -") and "; AP50 -" in sentence
    page = PAGE.read_bytes()
    assert b'class="verdict worse"' in page
    assert project.report() == [] and PAGE.read_bytes() == page
    project.commit("a worse run")
    (project.home / "notes.txt").write_text("later")
    project.commit("something else")
    assert said(capsys) == sentence and PAGE.read_bytes() == page
    with Repo() as repo:
        assert repo.status() == {}
    PAGE.unlink()
    with Repo() as repo:
        repo.checkout(["reports/index.html"])
    assert PAGE.read_bytes() == page


def test_what_cannot_be_compared_is_one_sentence(
    project: Reported, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project.lower_scores(0.01)
    project.report()
    shutil.move(project.home / ".dvc" / "cache", tmp_path / "kept")
    project.report()
    sentence = said(capsys)
    assert sentence.startswith("Not compared with an earlier commit: the run of commit ")
    assert sentence.endswith(" is not on this machine.")
    shutil.copytree(tmp_path / "kept", project.home / ".dvc" / "cache", dirs_exist_ok=True)
    shutil.rmtree("data")
    write_run(project.home / "data", seed=1)
    project.score()
    project.report()
    sentence = said(capsys)
    assert (
        sentence.startswith("Not compared with an earlier commit: ") and "was scored on test set" in sentence
    )


def test_a_report_of_other_predictions_is_refused(project: Reported) -> None:
    project.report()
    page = PAGE.read_bytes()
    project.lower_scores(0.01)
    with pytest.raises(PipelineError, match="does not belong to the workspace as it is; run `make repro`"):
        verdict()
    assert PAGE.read_bytes() == page
    PAGE.unlink()
    with pytest.raises(PipelineError, match="not found; run `make repro`"):
        verdict()


def test_without_git_and_dvc_the_page_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    write_run(tmp_path / "data")
    write_params(tmp_path)
    PAGE.parent.mkdir()
    PAGE.write_text(render({"verdict": NOT_YET}, "verdict.html.j2"))
    assert said(capsys) == "Not compared with an earlier commit: there is no Git repository with a commit."
    assert "no Git repository" in PAGE.read_text()
