"""Measure a classifier for the transfer table.

Reads:
    converted: The train and test records, ``labels.txt`` and the tables.
    classifier: The model directory of the classifier.
    curves: Its learning curves.

Writes:
    metrics: The fingerprint of the test set; top-1 and top-5 on test and on the crops or images that it was trained on;
        the number of epochs after which its top-1 on val reached ``study.score``, null if it never did.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import tensorflow as tf

from pipeline.artifacts import stable_seed, write_json
from pipeline.datasets.converted.fingerprint import with_fingerprint
from pipeline.datasets.converted.ground_truth import read_ground_truth
from pipeline.errors import PipelineError
from pipeline.inputs.crops import CROPS_OF_TASK, crop_keys, labelled_batches, only_keys
from pipeline.inputs.examples import records
from pipeline.models.classifier import classification_scores
from pipeline.models.trained import trained_classifier
from pipeline.models.weights.config import ClassifierConfig, read_config
from pipeline.params.finetune import Finetune
from pipeline.params.study import Study
from pipeline.progress import timed_result
from pipeline.stage import stage_main

VAL_TOP1 = Path("plots", "metrics", "val", "class_top1.tsv")
"""Where the learning curves hold the top-1 on val by step."""


def run(
    task: str,
    finetune: Finetune,
    study: Study,
    *,
    converted: Path,
    classifier: Path,
    curves: Path,
    metrics: Path,
) -> None:
    """Measure the classifier. The docstring of the module names the inputs and outputs."""
    with timed_result(metrics) as done:
        if why_none := read_config(classifier, ClassifierConfig).why_none:
            raise PipelineError(f"{why_none}, so there is no classifier to measure")
        config, _, network = trained_classifier(classifier)
        crops_of = CROPS_OF_TASK[task]
        learnt = crops_of(records(converted, "train"))
        keys = crop_keys(
            learnt,
            max_per_class=finetune.max_crops_per_class,
            seed=stable_seed(config.seed, "finetune"),  # the crops that the stage finetune has drawn
        )
        splits = {"train": only_keys(learnt, keys), "test": crops_of(records(converted, "test"))}
        measured = {
            name: accuracy(network, crops, config.image_size, finetune.batch_size)
            for name, crops in splits.items()
        }
        steps = steps_until(pd.read_csv(curves / VAL_TOP1, sep="\t"), study.score)
        epochs = None if steps is None else round(steps * finetune.batch_size / len(keys), 2)
        scores = {**measured, "train_crops": len(keys), "epochs": epochs}
        write_json(metrics, with_fingerprint(scores, read_ground_truth(converted)))
        done("measure: the scores")


def accuracy(
    network: tf.keras.Model, crops: tf.data.Dataset, image_size: int, batch_size: int
) -> dict[str, float | None]:
    """Return the top-1 and top-5 accuracy of a classifier, in [0, 1].

    The top-5 is None with 5 classes or fewer, and both are None without a crop.

    Args:
        network: float32 [B, S, S, 3], RGB in [0, 255] -> {"class": logits, float32 [B, K]}.
        crops: A dataset of :class:`pipeline.inputs.crops.Crop`.
        image_size: S, px.
        batch_size: Number of crops in a batch.
    """
    classify = tf.function(lambda images: network(images, training=False), reduce_retracing=True)
    batches = labelled_batches(crops, image_size, batch_size)
    hits = [classification_scores(classify(images), labels) for images, labels in batches]
    return {
        f"top{k}": float(np.concatenate([hit[f"class_top{k}"] for hit in hits]).mean())
        if hits and f"class_top{k}" in hits[0]
        else None
        for k in (1, 5)
    }


def steps_until(curve: pd.DataFrame, score: float) -> int | None:
    """Return the first step of a learning curve at which its last column is at least ``score``, or None."""
    reached = curve[curve.iloc[:, -1] >= score]
    return int(reached["step"].iloc[0]) if len(reached) else None


def main() -> None:
    """Run the stage from the command line."""
    stage_main(run)


if __name__ == "__main__":
    main()
