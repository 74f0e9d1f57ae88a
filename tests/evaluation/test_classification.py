"""The classifier's scores by hand."""

import numpy as np
import pandas as pd

from pipeline.evaluation.classification import class_recall, predicted_labels, top_k, true_class_ranks

TABLE = pd.DataFrame(
    [(1, 1, 0.5, 0.3, 0.2), (1, 2, 0.6, 0.3, 0.1), (2, 1, 0.4, 0.4, 0.2), (2, 2, 0.4, 0.4, 0.2)],
    columns=["image_id", "label", "score_1", "score_2", "score_3"],
)


def test_ranks_and_top_k() -> None:
    ranks = true_class_ranks(TABLE)
    np.testing.assert_array_equal(ranks, [0, 1, 0, 1])
    assert (top_k(ranks, 1), top_k(ranks, 2), top_k(ranks[:0], 1)) == (0.5, 1.0, None)


def test_predicted_label_is_that_of_rank_zero() -> None:
    np.testing.assert_array_equal(predicted_labels(TABLE) == TABLE["label"], true_class_ranks(TABLE) == 0)


def test_recall_of_each_class() -> None:
    assert class_recall(TABLE, ["a", "b", "c"]) == {"a": 1.0, "b": 0.0, "c": None}
