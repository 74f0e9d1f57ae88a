"""Scores of the classifier: top-k accuracy, recall by class, and what is taken for what."""

from typing import Any

import numpy as np
import pandas as pd

from pipeline.evaluation.confusion import classifier_confusion


def classifier_scores(classified: dict[str, pd.DataFrame], classes: list[str]) -> dict[str, Any]:
    """Return the scores on test and, under "val", the accuracy on val; nothing if there is no classifier.

    Args:
        classified: The class scores of "val" and of "test", with the columns that :func:`true_class_ranks` takes. It is
            empty if there is no classifier.
        classes: The names of labels 1..K.
    """
    if not classified:
        return {}
    test = accuracy(classified["test"]) | {"per_class": class_recall(classified["test"], classes)}
    return test | {"val": accuracy(classified["val"])}


def confused_classes(classified: dict[str, pd.DataFrame], classes: list[str]) -> pd.DataFrame:
    """Return the actual and the predicted class of each crop of test; no rows if there is no classifier."""
    if not classified:
        return pd.DataFrame(columns=["actual", "predicted"])
    test = classified["test"]
    return classifier_confusion(test["label"].to_numpy(), predicted_labels(test), classes)


def accuracy(table: pd.DataFrame) -> dict[str, float | None]:
    """Return top-1 and top-5 accuracy."""
    ranks = true_class_ranks(table)
    return {"top1": top_k(ranks, 1), "top5": top_k(ranks, 5)}


def top_k(ranks: np.ndarray, k: int) -> float | None:
    """Return the top-k accuracy in [0, 1], or None if there are no crops.

    Args:
        ranks: The rank of each crop's true class, int64 [N], from 0 (see :func:`true_class_ranks`).
        k: The number of best-scored classes among which the true class must be.
    """
    return float(np.mean(ranks < k)) if len(ranks) else None


def true_class_ranks(table: pd.DataFrame) -> np.ndarray:
    """Return the rank of each crop's true class by score, int64 [N] in 0..K-1. Rank 0 is the best score.

    Of equal scores, the one with the lower label ranks first.

    Args:
        table: One row per crop with the columns label (the true class, 1..K) and score_1 to score_K.
    """
    scores, labels = class_scores(table), table["label"].to_numpy() - 1
    own = scores[np.arange(len(scores)), labels][:, None]
    before = (scores == own) & (np.arange(scores.shape[1]) < labels[:, None])
    return ((scores > own) | before).sum(axis=1)


def predicted_labels(table: pd.DataFrame) -> np.ndarray:
    """Return the label with the best score of each crop, int64 [N] in 1..K. Of equal scores, the lower label wins."""
    return class_scores(table).argmax(axis=1) + 1


def class_recall(table: pd.DataFrame, classes: list[str]) -> dict[str, float | None]:
    """Return the recall of each class in [0, 1] by its name, or None for a class without crops.

    Args:
        table: One row per crop with the columns label (the true class, 1..K) and score_1 to score_K.
        classes: The names of labels 1..K.
    """
    right = predicted_labels(table) == table["label"].to_numpy()
    shares = pd.Series(right).groupby(table["label"].to_numpy()).mean()
    return {name: float(shares[k]) if k in shares.index else None for k, name in enumerate(classes, start=1)}


def class_scores(table: pd.DataFrame) -> np.ndarray:
    """Return the scores of each crop, float64 [N, K], in the order of labels 1..K."""
    return table.filter(regex=r"^score_\d+$").to_numpy(np.float64)
