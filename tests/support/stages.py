"""The stages after the conversion, run in a folder that is laid out like a project."""

from pathlib import Path

from pipeline.params.schema import Params
from pipeline.stage import call
from pipeline.stages import detect, evaluate, export, finetune, train, zoo
from tests.support.fake_run import score_files


def run_zoo(params: Params, home: Path) -> None:
    """Make ``models/zoo``."""
    call(zoo.run, params, backbone=home / "models" / "zoo", log=home / "zoo.log")


def run_finetune(params: Params, converted: Path, home: Path) -> None:
    """Train ``models/classifier`` on ``models/zoo``."""
    call(
        finetune.run,
        params,
        converted=converted,
        zoo=home / "models" / "zoo",
        classifier=home / "models" / "classifier",
        curves=home / "metrics" / "finetune",
        log=home / "keras.log",
    )


def run_train(params: Params, converted: Path, home: Path) -> None:
    """Train ``models/detector`` on ``models/zoo``."""
    call(
        train.run,
        params,
        converted=converted,
        backbone=home / "models" / "zoo",
        detector=home / "models" / "detector",
        curves=home / "metrics" / "train",
        log=home / "keras.log",
    )


def run_from_export_to_scores(params: Params, converted: Path, home: Path) -> None:
    """Export both models, and write ``predictions`` and the scores in ``metrics``."""
    models, metrics, predictions = home / "models", home / "metrics", home / "predictions"
    exported = models / "exported"
    call(
        export.run,
        params,
        converted=converted,
        detector=models / "detector",
        classifier=models / "classifier",
        exported=exported,
    )
    call(detect.run, params, converted=converted, exported=exported, predictions=predictions)
    call(
        evaluate.run,
        params,
        converted=converted,
        predictions=predictions,
        **score_files(metrics),
    )
