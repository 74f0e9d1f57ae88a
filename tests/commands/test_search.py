"""The command ``search``: its trials, how they end, and how it goes on after an interruption."""

import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import pytest

from pipeline import experiments
from pipeline.commands.search import command, val_detections, watched_run
from pipeline.commands.search.memory import FILE, SECONDS, VALUES, open_study
from pipeline.commands.search.trials import changes, search_name, unfit_values
from pipeline.errors import PipelineError
from pipeline.evaluation.comparison import Comparison, Difference, Interval, Seeds
from pipeline.params.changed import changed
from pipeline.params.load import load_params
from pipeline.params.schema import Params
from tests.commands.test_study import git
from tests.support.params_file import changed_params, write_params
from tests.support.project import PARAMS
from tests.support.revisions import Project
from tests.support.small_project import write_small_project
from tests.support.stages import run_train

SPACE = {
    "search__steps": 40,
    "search__space": {
        "train.learning_rate": {"low": 0.001, "high": 0.01, "log": True},
        "train.frozen_stages": [0, 2],
    },
}
COMPARISON = Comparison(
    30,
    [Difference("mAP", 0.4, 0.6, Interval(0.2, 0.1, 0.3))],
    [],
    Seeds([], [], Interval(None, None, None)),
)


# the parameters of a trial


def test_every_trial_has_the_same_steps_and_one_seed(tmp_path: Path) -> None:
    params = changed_params(
        tmp_path,
        **SPACE,
        train__steps=400,
        train__warmup_steps=40,
        train__unfreeze_steps=20,
        train__minutes=7,
        train__seeds=3,
        dataset__source="path",
        dataset__path="photos",
    )
    made = changed(params, changes(params, {"train.frozen_stages": 0}))
    train = made.train
    assert (train.steps, train.warmup_steps, train.unfreeze_steps) == (40, 4, 2)
    assert (train.minutes, train.seeds, train.frozen_stages) == (None, 1, 0)
    assert made.finetune.mode == "none"
    assert Path(made.dataset.path).is_absolute()


def test_searches_that_cannot_be_compared_have_other_names(tmp_path: Path) -> None:
    params = changed_params(tmp_path, **SPACE)
    assert search_name(changed(params, {"report.images": 3})) == search_name(params)
    assert search_name(changed(params, {"train.steps": 999, "train.warmup_steps": 99})) != ""
    for change in ({"train.ema": None}, {"search.steps": 60}, {"split_seed": 2}):
        assert search_name(changed(params, change)) != search_name(params)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"task": "classification"}, "task is classification, but search tunes the detector"),
        ({"train.evaluations": 0}, "train.evaluations is 0, but search compares the mAP on val"),
        (
            {"train.architecture": "localizer", "train.augment.mosaic": 0.0},
            "section search: with train.augment.mosaic=0.25, train.architecture is localizer",
        ),
    ],
)
def test_parameters_that_cannot_be_searched_are_refused(change: dict[str, Any], message: str) -> None:
    assert any(message in line for line in unfit_values(changed(PARAMS, change)))
    assert unfit_values(PARAMS) == []


def test_without_optuna_one_line_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(PipelineError, match=r"pip install -e '\.\[search\]'"):
        open_study(PARAMS)


# the run of a trial


class FakeExperiment:
    """Stands for DVC: a process that writes a curve into the folder of an experiment and goes on for a while."""

    def __init__(self, seconds: float, code: int = 0) -> None:
        self._script = textwrap.dedent(f"""
            import pathlib, shutil, sys, time
            folder = pathlib.Path(".dvc/tmp/exps/standalone/tmpnew")
            curve = folder / "metrics/.train.partial/plots/metrics/val/mAP.tsv"
            curve.parent.mkdir(parents=True)
            curve.write_text("step\\tmAP\\n10\\t0.1\\n20\\t0.2\\n30\\t0.")
            print("training", flush=True)
            time.sleep({seconds})
            shutil.rmtree(folder)
            sys.exit({code})
        """)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, name: str, values: Any, targets: Any, log: IO[bytes]) -> subprocess.Popen[bytes]:
        self.process = subprocess.Popen(
            [sys.executable, "-c", self._script], stdout=log, start_new_session=True
        )
        return self.process


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(watched_run, "POLL_SECONDS", 0.05)
    (tmp_path / watched_run.EXPERIMENTS / "tmpold").mkdir(parents=True)

    def watched(fake: FakeExperiment, hopeless: Callable[[dict[int, float]], bool], seconds: float) -> str:
        monkeypatch.setattr(watched_run, "start_experiment", fake.start)
        deadline = time.monotonic() + seconds
        return watched_run.run_watched("s-1", {}, ["train"], hopeless=hopeless, deadline=deadline)

    return watched


def test_a_run_ends_by_itself(run: Callable[..., str]) -> None:
    assert run(FakeExperiment(0), lambda curve: False, 60) == "done"
    assert run(FakeExperiment(0, code=1), lambda curve: False, 60) == "failed"
    assert watched_run.LOG.read_text() == "training\n" * 2


@pytest.mark.parametrize(("stop", "seconds", "ending"), [(True, 60.0, "hopeless"), (False, 1.5, "late")])
def test_a_hopeless_or_late_run_is_ended_with_all_it_wrote(
    run: Callable[..., str], stop: bool, seconds: float, ending: str
) -> None:
    curves: list[dict[int, float]] = []

    def hopeless(curve: dict[int, float]) -> bool:
        curves.append(curve)
        return stop

    fake = FakeExperiment(120)
    assert run(fake, hopeless, seconds) == ending
    assert curves == [{10: 0.1, 20: 0.2}]  # once for each change, without the half line
    assert fake.process is not None and fake.process.poll() is not None
    assert [path.name for path in watched_run.EXPERIMENTS.iterdir()] == ["tmpold"]


def test_files_of_an_experiment_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = Project(tmp_path / "project", monkeypatch)
    project.experiment("kept")
    target = tmp_path / "copied"
    revision = project.git("for-each-ref", "--format=%(refname)", "refs/exps/**/kept")
    experiments.fetch_files(revision, Path("data/converted"), target, lambda name: name == "labels.txt")
    assert [path.name for path in target.iterdir()] == ["labels.txt"]
    with pytest.raises(PipelineError, match="models/detector is not in DVC's cache"):
        experiments.fetch_files(revision, Path("models/detector"), target, lambda name: True)


# the search


class FakeTrials:
    """Stands for the trainings: the val mAP is a tenth of the frozen stages plus fifty times the learning rate."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self.ran: list[dict[str, Any]] = []
        self.names: list[str] = []
        self.endings: dict[int, str] = {}
        self.interrupted_at: int | None = None
        self.pause = 0.0

    def curve(self, values: dict[str, Any]) -> dict[int, float]:
        train = changed(load_params(), values).train
        score = 0.1 * train.frozen_stages + 50 * train.learning_rate
        return {10: score / 4, 20: score / 2, 30: score * 0.75, 40: score}

    def run(
        self,
        name: str,
        values: dict[str, Any],
        targets: list[str],
        *,
        hopeless: Callable[[dict[int, float]], bool],
        deadline: float,
    ) -> str:
        assert targets == ["train"]
        self.ran.append(values)
        self.names.append(name)
        if self.interrupted_at == len(self.ran):
            raise KeyboardInterrupt
        time.sleep(self.pause)
        curve = self.curve(values)
        if ending := self.endings.get(len(self.ran)):
            return ending
        for steps in curve:
            if hopeless({step: value for step, value in curve.items() if step <= steps}):
                return "hopeless"
        keep(self._home, name, values)
        return "done"

    def fetch(self, revision: str, folder: Path, to: Path, wanted: Callable[[str], bool]) -> None:
        values = self.ran[self.names.index(revision.rsplit("/", 1)[-1])]
        assert wanted("mAP.tsv") and not wanted("AP50.tsv")
        lines = [f"{step}\t{value}\n" for step, value in self.curve(values).items()]
        (to / "mAP.tsv").write_text("step\tmAP\n" + "".join(lines))


def keep(home: Path, name: str, values: dict[str, Any]) -> None:
    """Make a commit as DVC does, to which only a reference below refs/exps points."""
    path = home / "params.yaml"
    text = path.read_text(encoding="utf-8")
    write_params(home, **SPACE, **{key.replace(".", "__"): value for key, value in values.items()})
    git(home, "add", "params.yaml")
    git(home, "commit", "--quiet", "--allow-empty", "-m", name)
    git(home, "update-ref", f"refs/exps/ab/cdef/{name}", "HEAD")
    git(home, "reset", "--quiet", "--hard", "HEAD~1")
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def trials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeTrials:
    """A repository with parameters, in which trainings take no time."""
    pytest.importorskip("optuna")
    write_params(tmp_path, **SPACE)
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "-m", "first")
    monkeypatch.chdir(tmp_path)
    fake = FakeTrials(tmp_path)
    monkeypatch.setattr(command, "run_watched", fake.run)
    monkeypatch.setattr(command, "fetch_files", fake.fetch)
    monkeypatch.setattr(command, "compare_on_val", lambda first, second: COMPARISON)
    return fake


def limit(monkeypatch: pytest.MonkeyPatch, trials: FakeTrials, number: int) -> None:
    """Let no trial fit any more after so many."""
    monkeypatch.setattr(command, "longest", lambda study: 1e9 if len(trials.ran) >= number else 0.0)


def test_the_first_trial_has_the_parameters_as_they_are(
    trials: FakeTrials, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    limit(monkeypatch, trials, 6)
    text = Path("params.yaml").read_text()
    command.search(1)
    params = load_params()
    assert trials.ran[0] == changes(params, {})
    assert trials.names[0] == f"{search_name(params)}-1"
    for values in trials.ran[1:]:
        assert set(values) - set(trials.ran[0]) == set(params.search.space)
        assert 0.001 <= values["train.learning_rate"] <= 0.01
        assert values["train.frozen_stages"] in (0, 2)
    assert Path("params.yaml").read_text() == text
    said = capsys.readouterr().out
    best = max(trials.ran, key=lambda values: max(trials.curve(values).values()))
    name = trials.names[trials.ran.index(best)]
    assert f"The best trial, {name}, improves val mAP over the defaults from 0.300 to" in said
    assert f"python -m pipeline apply {name}" in said
    assert "On the 30 val images, the difference is +0.200 (95 % interval +0.100 to +0.300)" in said
    assert said.count("the defaults\n") == 1


def test_trials_below_the_median_are_stopped_early(
    trials: FakeTrials, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    limit(monkeypatch, trials, 12)
    command.search(1)
    stopped = [trial for trial in open_study(load_params()).trials if trial.state.name == "PRUNED"]
    assert stopped
    assert all(max(trial.intermediate_values) in (20, 30) for trial in stopped)  # not at the first evaluation
    assert capsys.readouterr().out.count("stopped early, as its val mAP was below the median") == len(stopped)


def test_an_interrupted_search_goes_on_with_the_values_of_the_interrupted_trial(
    trials: FakeTrials, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    limit(monkeypatch, trials, 4)
    trials.interrupted_at = 3
    with pytest.raises(KeyboardInterrupt):
        command.search(1)
    trials.interrupted_at = None
    command.search(1)
    assert len(trials.ran) == 4
    assert trials.ran[3] == trials.ran[2]
    assert trials.ran.count(trials.ran[0]) == 1  # the first trial is not run again
    table = capsys.readouterr().out.split("experiment")[1]
    assert table.count(search_name(load_params())) >= 3 and trials.names[2] not in table


def test_the_first_trial_is_run_again_if_its_experiment_was_removed(
    trials: FakeTrials, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch, trials, 2)
    command.search(1)
    git(Path.cwd(), "update-ref", "-d", f"refs/exps/ab/cdef/{trials.names[0]}")
    command.search(1)
    assert trials.ran[2] == trials.ran[0]


def test_a_failed_trial_is_a_line_of_the_table(
    trials: FakeTrials, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    limit(monkeypatch, trials, 3)
    trials.endings = {2: "failed"}
    command.search(1)
    assert "failed; see logs/search.log" in capsys.readouterr().out
    assert len(trials.ran) == 3


@pytest.mark.parametrize(
    ("ending", "message"), [("late", "was not done within the time.*set search.steps below 40"), ("failed", "says why")]
)  # fmt: skip
def test_a_first_trial_that_is_not_done_is_an_error(trials: FakeTrials, ending: str, message: str) -> None:
    trials.endings = {1: ending}
    with pytest.raises(PipelineError, match=message):
        command.search(1)


def test_a_trial_that_would_not_fit_is_not_started(
    trials: FakeTrials, capsys: pytest.CaptureFixture[str]
) -> None:
    trials.pause = 0.6
    command.search(1.5 / 60 / 0.9)
    assert len(trials.ran) in (1, 2)
    said = capsys.readouterr().out
    assert "fits into the time" in said


def test_a_late_trial_is_noted_and_tried_again(
    trials: FakeTrials, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    limit(monkeypatch, trials, 3)
    trials.endings = {2: "late"}
    command.search(1)
    assert "out of time" in capsys.readouterr().out
    command.search(1)
    assert trials.ran[2] == trials.ran[1]


def test_the_search_ends_when_all_values_were_tried(
    trials: FakeTrials, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_params(Path.cwd(), search__steps=40, search__space={"train.frozen_stages": [0, 2]})
    monkeypatch.setitem(SPACE, "search__space", {"train.frozen_stages": [0, 2]})
    command.search(1)
    assert [values.get("train.frozen_stages") for values in trials.ran] == [None, 0]
    said = capsys.readouterr().out
    assert "there are no further values to try" in said
    assert "No trial improves val mAP over the defaults, which reach 0.300." in said


def test_a_damaged_file_of_trials_is_one_line(trials: FakeTrials) -> None:
    FILE.parent.mkdir()
    FILE.write_text("no JSON\nat all\n")
    with pytest.raises(PipelineError, match=r"search\.log: damaged; delete it"):
        open_study(load_params())


def test_what_is_noted_beside_a_trial(trials: FakeTrials, monkeypatch: pytest.MonkeyPatch) -> None:
    limit(monkeypatch, trials, 2)
    command.search(1)
    noted = [trial.user_attrs for trial in open_study(load_params()).trials]
    assert VALUES not in noted[0] and set(noted[1][VALUES]) == set(load_params().search.space)
    assert all(entry[SECONDS] >= 0 for entry in noted)


# the comparison on val


@pytest.mark.slow
def test_detections_on_val_have_the_score_of_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = small_detector(tmp_path)
    fetched = {"first": tmp_path, "second": tmp_path}

    def fetch(revision: str, folder: Path, to: Path, wanted: Callable[[str], bool]) -> None:
        to.mkdir()
        for path in (fetched[revision] / folder).iterdir():
            if wanted(path.name):
                (to / path.name).write_bytes(path.read_bytes())

    monkeypatch.setattr(val_detections, "fetch_files", fetch)
    found = val_detections.compare_on_val(("first", params.train), ("second", params.train))
    curve = watched_run.read_curve(tmp_path / "metrics" / "train" / watched_run.CURVE)
    assert found.main.first == pytest.approx(max(curve.values()), abs=1e-4)
    assert found.main.change.value == 0


def small_detector(home: Path) -> Params:
    """Train a small detector for a few steps."""
    params = write_small_project(
        home,
        24,
        precision="float32",
        train__image_size=64,
        train__steps=20,
        train__warmup_steps=2,
        train__batch_size=4,
        train__evaluations=1,
        train__augment={**PARAMS.train.augment.model_dump(), "mosaic": 0.0},
    )
    run_train(params, home / "data" / "converted", home)
    return params
