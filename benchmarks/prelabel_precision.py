"""Whether boxes of `python -m pipeline prelabel` are right as often as wanted, by simulation.

A detector finds objects with high scores and other places with low ones, and its calibration is known: the chance of a
detection to be right is a function of its score. `logistic` is one that the estimator can learn exactly. `modest` is
like that of the default detector, whose middle scores are mostly right. `square` and `boastful` are detectors whose
scores promise too much; of the second, no detection is right with a chance above 0.75.

Val is drawn again and again. Each time, the chances are estimated on it, the least score is chosen for new pictures,
and the precision from this score on is measured on them. Prints its mean and standard deviation over the draws, and
in how many of 100 draws no score was enough.

    python -m benchmarks.prelabel_precision [--draws 200]
"""

import argparse
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from pipeline.evaluation.correctness import Correctness, lowest_score
from pipeline.evaluation.thresholds import Outcomes

CALIBRATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "logistic": lambda score: expit(1.0 + 2.0 * logit(score)),
    "modest": lambda score: np.clip((score - 0.15) / 0.45, 0.0, 0.992) + 0.003,
    "square": np.square,
    "boastful": lambda score: 0.75 * score**1.5,
}
"""Score -> the chance to be right."""

VAL = (25, 100, 400)
WANTED = (0.7, 0.8, 0.9)
NEW = 1000  # objects of the new pictures
STRONG, WEAK = 1.1, 6.0  # detections per object


def main() -> None:
    """Draw val splits of each size and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--draws", type=int, default=200, help="draws of val of each size (200)")
    draws = parser.parse_args().draws
    print("calibration  objects on val  " + "  ".join(f"wanted {each}         " for each in WANTED))
    for name in CALIBRATIONS:
        for objects in VAL:
            found = np.array([precisions(name, objects, seed) for seed in range(draws)])
            cells = [
                f"{np.nanmean(each):.3f} ± {np.nanstd(each):.3f} ({np.isnan(each).mean():3.0%})"
                for each in found.T
            ]
            print(f"{name:11}  {objects:14}  " + "  ".join(cells), flush=True)


def precisions(calibration: str, objects: int, seed: int) -> list[float]:
    """Return the precision on new pictures for each wanted one; NaN where no score is enough."""
    rng = np.random.default_rng([seed, objects])
    scores, right = detections(calibration, objects, rng)
    table = pd.DataFrame({"label": 1, "score": scores, "right": right})
    estimated = Correctness(Outcomes(table, pd.Series({1: max(int(right.sum()), objects)})), 1)
    scores, right = detections(calibration, NEW, rng)
    chances = estimated.chances(np.ones(len(scores), int), scores)
    lowest = [lowest_score(chances, scores, wanted) for wanted in WANTED]
    return [np.nan if each is None else float(right[scores >= each].mean()) for each in lowest]


def detections(calibration: str, objects: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw the detections on pictures with so many objects: their scores, and whether each is right."""
    strong = rng.beta(5, 3, round(STRONG * objects))
    weak = rng.beta(1, 12, round(WEAK * objects)) + 0.01
    scores = np.clip(np.concatenate([strong, weak]), 0.01, 0.999)
    return scores, rng.uniform(size=len(scores)) < CALIBRATIONS[calibration](scores)


if __name__ == "__main__":
    main()
