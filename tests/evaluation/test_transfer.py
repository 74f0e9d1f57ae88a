"""The transfer table: means and intervals over the seeds."""

import math

import pandas as pd
import pytest

from pipeline.evaluation.transfer import transfer_table


def test_means_and_intervals() -> None:
    rows = [("net", "scratch", seed, score, 4.0) for seed, score in enumerate((0.5, 0.6, 0.7))]
    rows += [("net", "finetune", 0, 0.9, float("nan"))]
    trainings = pd.DataFrame(rows, columns=["backbone", "mode", "seed", "test_top1", "epochs"])
    scratch, finetune = transfer_table(trainings).to_dict("records")
    assert (scratch["mode"], scratch["seeds"]) == ("scratch", 3)
    assert scratch["test_top1"] == pytest.approx(0.6)
    # the quantile of Student's t for 2 degrees of freedom is 4.303
    assert scratch["test_top1_half"] == pytest.approx(4.303 * 0.1 / math.sqrt(3), rel=1e-3)
    assert (scratch["epochs"], scratch["epochs_half"]) == (4.0, 0.0)
    assert finetune["test_top1"] == 0.9
    assert math.isnan(finetune["test_top1_half"]) and math.isnan(finetune["epochs"])
