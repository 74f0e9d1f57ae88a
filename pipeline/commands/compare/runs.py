"""A run that is compared: its test split, and what its model found on it."""

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pipeline.commands.compare.sources import Source, source
from pipeline.datasets.converted.fingerprint import KEY, fingerprint
from pipeline.datasets.converted.ground_truth import GroundTruth, read_ground_truth
from pipeline.errors import PipelineError
from pipeline.evaluation.predictions import read_classifications, read_detections
from pipeline.seed_folders import seed_folder

DETECTION, CLASSIFICATION = "detection", "classification"
PREDICTED = {
    DETECTION: "data/predictions/detections-test.json",
    CLASSIFICATION: "data/classifications/test.csv",
}
METRICS = {DETECTION: "metrics/detection.json", CLASSIFICATION: "metrics/classification.json"}


@dataclass(frozen=True)
class Run:
    """A run with its predictions.

    Attributes:
        name: The name that the user gave.
        task: ``detection`` or ``classification``.
        truth: The ground truth of the test split.
        predicted: One row per detection, or per classified image.
        further: The same of the further trainings, which differ in their seed.
        test_set: The fingerprint of the test split.
    """

    name: str
    task: str
    truth: GroundTruth
    predicted: pd.DataFrame
    further: tuple[pd.DataFrame, ...]
    test_set: str

    @property
    def trainings(self) -> tuple[pd.DataFrame, ...]:
        """What the models of all trainings predicted."""
        return self.predicted, *self.further


def read_runs(first: str, second: str) -> tuple[Run, Run]:
    """Read two runs, the second in terms of the first: with its image ids and its numbers of the classes.

    Raises:
        PipelineError: A run is not there, or the two cannot be compared, because their tasks or test sets differ.
    """
    sources = source(first), source(second)
    tasks = [_task(each) for each in sources]
    if tasks[0] != tasks[1]:
        raise PipelineError(
            f"{first} is a run of {tasks[0]} and {second} of {tasks[1]}; compare runs of one task"
        )
    said = [_said(each, tasks[0]) for each in sources]
    if None not in said:
        _refuse_others((first, second), said)  # before anything is looked for in the cache
    a, b = (_read(each, tasks[0], test_set) for each, test_set in zip(sources, said, strict=True))
    _refuse_others((first, second), [a.test_set, b.test_set])
    return a, _in_terms_of(a, b)


def _task(run: Source) -> str:
    """Return the task of a run. Its ``params.yaml`` may be of an older schema."""
    try:
        params = YAML(typ="safe", pure=True).load(run.read_if_there("params.yaml") or b"")
    except YAMLError:
        raise PipelineError(f"{run.name}: its params.yaml is not valid YAML") from None
    return CLASSIFICATION if isinstance(params, dict) and params.get("task") == CLASSIFICATION else DETECTION


def _said(run: Source, task: str) -> str | None:
    """Return the fingerprint in the metrics of a run, or None if there is none."""
    text = run.read_if_there(METRICS[task])
    try:
        return str(json.loads(text or b"{}")[KEY])
    except (ValueError, KeyError, TypeError):
        return None


def _refuse_others(names: tuple[str, str], test_sets: list[str | None]) -> None:
    if test_sets[0] != test_sets[1]:
        raise PipelineError(
            f"{names[0]} was scored on test set {test_sets[0]} and {names[1]} on {test_sets[1]}; only scores on the "
            "same test images and labels can be compared: run one again with the data and split of the other"
        )


def _read(run: Source, task: str, said: str | None) -> Run:
    """Read the test split and the predictions of a run.

    Args:
        task: ``detection`` or ``classification``.
        said: The fingerprint in its metrics.
    """
    with TemporaryDirectory() as scratch:
        converted, predicted = Path(scratch) / "converted", Path(scratch) / Path(PREDICTED[task]).parent.name
        run.copy_tables(converted)
        files = _copy_predictions(run, PREDICTED[task], predicted)
        try:
            truth = read_ground_truth(converted).split("test")
            read = read_detections if task == DETECTION else read_classifications
            found, *further = (read(file, truth) for file in files)
        except PipelineError as error:
            raise PipelineError(f"{run.name}: {str(error).replace(f'{scratch}/', '')}") from None
    test_set = fingerprint(truth)
    if said not in (None, test_set):
        raise PipelineError(
            f"{run.name}: {METRICS[task]} is of test set {said}, but data/converted holds {test_set}; run `make repro`"
        )
    if truth.images.empty:
        raise PipelineError(f"{run.name}: there are no test images; set convert.test_fraction in params.yaml")
    return Run(run.name, task, truth, found, tuple(further), test_set)


def _copy_predictions(run: Source, path: str, target: Path) -> list[Path]:
    """Copy the predictions of all trainings of a run, and return the copies, that of the first training first."""
    target.mkdir()
    folder, name = Path(path).parent, Path(path).name
    contents: bytes | None = run.read(path)
    copies: list[Path] = []
    while contents is not None:
        copies.append(target / f"{len(copies) + 1}-{name}")
        copies[-1].write_bytes(contents)
        contents = run.read_if_there((seed_folder(folder, len(copies) + 1) / name).as_posix())
    return copies


def _in_terms_of(first: Run, second: Run) -> Run:
    """Return the second run with the image ids and the class numbers of the first.

    Detections of a class that the first run does not have are left out: no test image has an object of it.
    """
    if first.truth.classes == second.truth.classes and first.truth.images["id"].equals(
        second.truth.images["id"]
    ):
        return second
    if second.task == CLASSIFICATION:
        raise PipelineError(
            f"{first.name} and {second.name} number their images or classes differently; run one again with the "
            "dataset of the other"
        )
    change = partial(_renumbered, first=first, second=second)
    further = tuple(map(change, second.further))
    return Run(second.name, second.task, first.truth, change(second.predicted), further, second.test_set)


def _renumbered(predicted: pd.DataFrame, *, first: Run, second: Run) -> pd.DataFrame:
    ids = dict(zip(first.truth.images["file"], first.truth.images["id"], strict=True))
    files = second.truth.images.set_index("id")["file"]
    labels = {name: label for label, name in enumerate(first.truth.classes, start=1)}
    names = dict(enumerate(second.truth.classes, start=1))
    found = predicted.assign(
        image_id=predicted["image_id"].map(files).map(ids),
        label=predicted["label"].map(names).map(labels),
    ).dropna(subset=["label"])
    return found.astype({"image_id": "int64", "label": "int64"}).reset_index(drop=True)
