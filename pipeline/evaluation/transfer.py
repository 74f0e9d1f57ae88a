"""The transfer table: the mean of each score over the seeds, with a confidence interval."""

import numpy as np
import pandas as pd
from scipy.stats import t

CONFIDENCE = 0.95


def transfer_table(trainings: pd.DataFrame) -> pd.DataFrame:
    """Return the means over the seeds.

    Args:
        trainings: One row for each training with backbone, mode, seed, and a column for each score. ``epochs`` is NaN
            for a training that never reached the score.

    Returns:
        One row for each backbone and mode, in the order of ``trainings``, with backbone, mode, seeds (their number),
        and for each score its mean and ``<score>_half``, half of its confidence interval, NaN for a single seed. The
        mean of ``epochs`` is NaN unless every seed has a value.
    """
    scores = [name for name in trainings.columns if name not in ("backbone", "mode", "seed")]
    rows = []
    for (backbone, mode), group in trainings.groupby(["backbone", "mode"], sort=False):
        row = {"backbone": backbone, "mode": mode, "seeds": len(group)}
        for name in scores:
            row[name], row[f"{name}_half"] = mean_and_half(group[name].to_numpy(np.float64))
        rows.append(row)
    return pd.DataFrame(rows)


def mean_and_half(values: np.ndarray) -> tuple[float, float]:
    """Return the mean and half of its confidence interval by Student's t, NaN for a single value.

    Args:
        values: float64 [N].
    """
    mean, number = float(np.mean(values)), len(values)
    if number < 2:
        return mean, float("nan")
    quantile = t.ppf((1 + CONFIDENCE) / 2, number - 1)
    return mean, float(quantile * np.std(values, ddof=1) / np.sqrt(number))
