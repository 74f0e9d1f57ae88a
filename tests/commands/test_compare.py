"""The command ``compare``: commits, experiments, the workspace and folders, and what it refuses."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from pipeline.commands.compare.command import compare
from pipeline.commands.compare.runs import read_runs
from pipeline.errors import PipelineError
from tests.support.fake_run import CLASSES, SPLITS, write_run
from tests.support.params_file import write_params
from tests.support.project import ROOT
from tests.support.revisions import Project

PAGE = Path("reports/compare.html")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the commit ``main``, the tag ``v1``, the experiment ``lower``, and a changed workspace."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        project = Project(tmp_path_factory.mktemp("runs") / "project", monkeypatch)
        project.git("tag", "v1")
        project.lower_scores(0.01)
        project.experiment("lower")
        return project.home


@pytest.fixture
def home(runs: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(runs.with_name("site")))
    monkeypatch.chdir(runs)
    return runs


def compared(first: str, second: str, capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    compare(first, second, form="json", output=PAGE)
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def test_a_commit_is_compared_with_the_workspace_and_an_experiment(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace, experiment = (compared("main", name, capsys) for name in ("workspace", "lower"))
    assert workspace["scores"] == experiment["scores"]
    assert workspace["test_images"] == SPLITS.count("test")
    difference = workspace["scores"]["mAP"]["difference"]  # type: ignore[index]
    assert difference < 0
    tag = compared("v1", "HEAD", capsys)
    assert tag["verdict"] == "not distinguishable"
    assert tag["scores"]["mAP"]["difference"] == 0.0  # type: ignore[index]


def test_the_output_says_which_run_is_better(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    compare("lower", "main", form="text", output=PAGE)
    said = capsys.readouterr().out
    assert said.startswith("A: lower\nB: main\ntest set ")
    assert ": 8 images\n" in said
    assert "with another seed moves the scores too" in said
    assert all(name in said for name in ("mAP", "AP50", "AP75", *CLASSES))
    page = PAGE.read_text(encoding="utf-8")
    assert "Fewer mistakes in B" in page and "<b>bag</b>" not in page


def test_the_output_as_markdown_is_for_a_pull_request(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    compare("lower", "main", form="markdown", output=PAGE)
    said = capsys.readouterr().out
    assert said.startswith("**main is ") or said.startswith("**lower and main are not distinguishable")
    assert "| score | lower | main | difference | 95 % interval |  |\n| --- | ---: |" in said
    assert r"| \<b\>bag\</b\> |" in said


def test_a_folder_with_a_finished_run_is_compared(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other"
    for part in ("converted", "predictions"):
        shutil.copytree(home / "data" / part, other / "data" / part)
    found = compared("workspace", str(other), capsys)
    assert found["scores"]["mAP"]["difference"] == 0.0  # type: ignore[index]


def test_other_numbers_of_images_and_classes_do_not_matter(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other"
    for part in ("converted", "predictions"):
        shutil.copytree(home / "data" / part, other / "data" / part)
    for name, key in (("images", "id"), ("objects", "image_id")):
        path = other / "data" / "converted" / f"{name}.csv"
        table = pd.read_csv(path).assign(**{key: lambda t, k=key: 100 - t[k]})
        if name == "objects":
            table["label"] = 4 - table["label"]
        table.sort_values(key).to_csv(path, index=False)
    (other / "data" / "converted" / "labels.txt").write_text("\n".join(reversed(CLASSES)) + "\n")
    path = other / "data" / "predictions" / "detections-test.json"
    entries = [
        {**entry, "image_id": 100 - entry["image_id"], "category_id": 4 - entry["category_id"]}
        for entry in json.loads(path.read_text())
    ]
    path.write_text(json.dumps(entries))
    found = compared("workspace", str(other), capsys)
    assert found["scores"]["mAP"]["difference"] == pytest.approx(0.0)  # type: ignore[index]


def refusal(first: str, second: str) -> str:
    with pytest.raises(PipelineError) as caught:
        read_runs(first, second)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_unknown_names_are_refused_with_names_that_are_like_them(home: Path) -> None:
    assert "lowr: no experiment, commit, branch or tag" in refusal("lowr", "workspace")
    assert "did you mean lower?" in refusal("lowr", "workspace")
    assert "there are lower, main, v1, workspace" in refusal("workspace", "zzzzzz")


@pytest.mark.parametrize("name", ["", "x" * 3000, "HEAD:params.yaml", "main..HEAD", "a b", "/"])
def test_what_is_no_revision_is_unknown(home: Path, name: str) -> None:
    assert f"{name}: no experiment, commit, branch or tag" in refusal(name, "workspace")


def test_a_folder_is_no_page(home: Path) -> None:
    with pytest.raises(PipelineError, match="data: is a folder; name an HTML file"):
        compare("main", "main", form="text", output=Path("data"))


def test_several_experiments_of_a_name_are_told_apart_by_their_hash(home: Path) -> None:
    names = [f"refs/exps/{folder}/twice" for folder in ("ab/" + "c" * 38, "de/" + "f" * 38)]
    for name in names:
        subprocess.run(["git", "update-ref", name, "HEAD"], check=True)
    try:
        assert "twice: several experiments have this name; give the hash" in refusal("twice", "workspace")
    finally:
        for name in names:
            subprocess.run(["git", "update-ref", "-d", name], check=True)


def test_different_test_sets_are_refused(home: Path, tmp_path: Path) -> None:
    write_run(tmp_path / "data", seed=1)
    assert "only scores on the same test images" in refusal("workspace", str(tmp_path))
    assert "only scores on the same test images" in refusal("main", str(tmp_path))


def test_metrics_of_another_test_set_are_refused_before_the_cache_is_read(home: Path, tmp_path: Path) -> None:
    (tmp_path / "metrics").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "metrics" / "detection.json").write_text('{"test_set": "0123456789ab"}')
    assert "on 0123456789ab; only scores" in refusal("main", str(tmp_path))


def test_metrics_that_do_not_fit_the_data_are_refused(home: Path, tmp_path: Path) -> None:
    shutil.copytree(home / "data", tmp_path / "data")
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics" / "detection.json").write_text('{"test_set": "0123456789ab"}')
    said = refusal(str(tmp_path), str(tmp_path))
    assert "metrics/detection.json is of test set 0123456789ab, but data/converted holds" in said


def test_a_run_without_predictions_is_refused(home: Path, tmp_path: Path) -> None:
    shutil.copytree(home / "data" / "converted", tmp_path / "data" / "converted")
    assert "detections-test.json not found; run `make repro` in" in refusal("workspace", str(tmp_path))


def test_runs_of_different_tasks_are_refused(home: Path, tmp_path: Path) -> None:
    shutil.copytree(home / "data", tmp_path / "data")
    (tmp_path / "params.yaml").write_text("task: classification\n")
    assert "workspace is a run of detection and" in refusal("workspace", str(tmp_path))
    (tmp_path / "params.yaml").write_text("task: [\n")
    assert "its params.yaml is not valid YAML" in refusal("workspace", str(tmp_path))


def write_classified(home: Path, *, wrong: bool) -> None:
    """Write a run of a classifier in which all test images are right or, if ``wrong`` is set, only one."""
    write_run(home / "data")
    write_params(home, task="classification")
    table = pd.read_csv(home / "data" / "predictions" / "classifier-test.csv").drop_duplicates("image_id")
    for label in (1, 2, 3):
        table[f"score_{label}"] = (table["label"] == label).astype(float)
    if wrong:
        scores = [f"score_{label}" for label in (1, 2, 3)]
        table.loc[table.index[1:], scores] = table.loc[table.index[1:], scores].to_numpy()[:, [1, 2, 0]]
    (home / "data" / "classifications").mkdir()
    table.to_csv(home / "data" / "classifications" / "test.csv", index=False)


def test_classifiers_are_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("right", "wrong"):
        (tmp_path / name).mkdir()
        write_classified(tmp_path / name, wrong=name == "wrong")
    monkeypatch.chdir(tmp_path / "right")
    compare("workspace", "../wrong", form="text", output=PAGE)
    said = capsys.readouterr().out
    assert "top1" in said and "recall by class" in said
    assert "../wrong is worse than workspace: top1 -" in said
    assert "More mistakes in B" in PAGE.read_text(encoding="utf-8")
    assert "could not be read" not in said
    shutil.rmtree("data/raw")
    compare("workspace", "../wrong", form="text", output=PAGE)
    assert "could not be read from data/raw; `dvc checkout data/raw`" in capsys.readouterr().out


def test_a_missing_cache_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = Project(tmp_path / "project", monkeypatch)
    project.empty_cache()
    said = refusal("workspace", "main")
    assert said.startswith("main: data/converted/images.csv is not in DVC's cache; `dvc fetch` gets it")
    assert "`git checkout main`, then `make repro`" in said


def test_a_commit_without_a_run_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_params(tmp_path)
    identity = ["-c", "user.name=runs", "-c", "user.email=runs@example.org"]
    for arguments in (["init", "--quiet"], ["add", "."], [*identity, "commit", "--quiet", "-m", "first"]):
        subprocess.run(["git", *arguments], check=True)
    assert "HEAD: no data/converted/images.csv, as its stages have not run" in refusal("HEAD", "HEAD")


def test_outside_a_repository_a_name_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert refusal("main", "main").endswith("no folder with a finished run")


def test_the_command_line(home: Path) -> None:
    command = [sys.executable, "-m", "pipeline", "compare", "main"]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(home)}
    for second, code in (("lower", 0), ("nothing", 1)):
        done = subprocess.run(
            [*command, second, "--json"], capture_output=True, text=True, cwd=home, env=environment
        )
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        if code == 0:
            assert json.loads(done.stdout)["b"] == second
        else:
            assert done.stderr.startswith("error: nothing: no experiment") and not done.stdout
