"""Scores of the classifier: how often a crop's class is the first it names, or among the first five."""

import numpy as np
import pandas as pd


def top_k(ranks: np.ndarray, k: int) -> float | None:
    """Give the share of crops whose true class is among the first ``k``; None without a crop."""
    return float(np.mean(ranks < k)) if len(ranks) else None


def true_class_ranks(table: pd.DataFrame) -> np.ndarray:
    """Rank each crop's true class among its scores; of equal scores the lower label comes first.

    Args:
        table: label (1..K), score_1 .. score_K.

    Returns:
        int64 [N], in [0, K).
    """
    scores, labels = class_scores(table), table["label"].to_numpy() - 1
    own = scores[np.arange(len(scores)), labels][:, None]
    before = (scores == own) & (np.arange(scores.shape[1]) < labels[:, None])
    return ((scores > own) | before).sum(axis=1)


def predicted_labels(table: pd.DataFrame) -> np.ndarray:
    """Give the best-scored label of each crop, int64 [N], 1..K; of equal scores the lower label."""
    return class_scores(table).argmax(axis=1) + 1


def class_recall(table: pd.DataFrame, classes: list[str]) -> dict[str, float | None]:
    """Give by class name the share of its crops that are named rightly; None for a class without a crop."""
    right = predicted_labels(table) == table["label"].to_numpy()
    shares = pd.Series(right).groupby(table["label"].to_numpy()).mean()
    return {name: float(shares[k]) if k in shares.index else None for k, name in enumerate(classes, start=1)}


def class_scores(table: pd.DataFrame) -> np.ndarray:
    """Give the scores, float64 [N, K], label 1 first."""
    return table.filter(regex=r"^score_\d+$").to_numpy(np.float64)
