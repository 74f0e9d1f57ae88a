"""Models built from their model directories."""

from pathlib import Path

import pytest

from pipeline.errors import PipelineError
from pipeline.models.trained import trained_classifier, trained_detector, zoo_backbone
from pipeline.models.weights.config import write_config
from tests.support.classifiers import classifier_config


def test_a_directory_without_a_model_says_which_stage_to_run(tmp_path: Path) -> None:
    for load in (zoo_backbone, trained_classifier, trained_detector):
        with pytest.raises(PipelineError, match=r"model\.json: not found; run the stage that writes it"):
            load(tmp_path)


def test_a_classifier_that_was_not_trained_is_refused(tmp_path: Path) -> None:
    write_config(tmp_path, classifier_config(mode="none"))
    with pytest.raises(PipelineError, match=r"holds no classifier, because finetune\.mode is none"):
        trained_classifier(tmp_path)
