"""How often `python -m pipeline compare` is right, by simulation.

The scenes have five classes, the rarest of which has 8 % of the objects. An object is easy or hard for all detectors,
which is four fifths of the variance of how well a detector finds, localizes and scores it; the rest is the detector's
own, as are its false detections. The test set and both detectors are drawn anew for each pair.

Of pairs of equal detectors, 5 % should be called different. Of pairs with a true difference, the share that is called
different is the power. The last column says how often the interval of the mAP of a single detector holds its mAP on
10,000 images.

    python -m benchmarks.compare_coverage [--pairs 200]
"""

import argparse
import time

import numpy as np
import pandas as pd
from scipy.special import expit

from pipeline.datasets.converted.ground_truth import GroundTruth
from pipeline.evaluation.comparison import compare_scores, intervals
from pipeline.evaluation.resampled_scores import detector_scores, draw_images

SHARES = np.array([0.40, 0.25, 0.15, 0.12, 0.08])
"""Share of each class among the objects."""
SIDE = 500.0  # px, of each image
QUALITY, BETTER = 0.40, 0.51
"""Quality of the detectors, and of the second one where it is better: by 3 points of mAP."""
RESAMPLES = 500
CASES = ((40, QUALITY), (100, QUALITY), (500, QUALITY), (500, BETTER))
"""Images of a test set, and the quality of the second detector."""
LARGE = 10_000  # images on which the true mAP is measured


def main() -> None:
    """Draw pairs of detectors and print how often they are called different."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pairs", type=int, default=200, help="pairs of each case (200)")
    pairs = parser.parse_args().pairs
    true = {quality: true_map(quality) for quality in (QUALITY, BETTER)}
    print("images  true difference  called different  mAP within its interval", flush=True)
    for images, second in CASES:
        start = time.process_time()
        different, held = np.mean(
            [one_pair(images, second, number, true[QUALITY]) for number in range(pairs)], axis=0
        )
        seconds = time.process_time() - start
        print(
            f"{images:6}  {true[second] - true[QUALITY]:15.3f}  {different:16.1%}  {held:23.1%}"
            f"   ({pairs} pairs, {seconds:.0f} s)",
            flush=True,
        )


def one_pair(images: int, second: float, number: int, true: float) -> tuple[bool, bool]:
    """Return whether two detectors are called different, and whether the first one's interval holds the true mAP.

    Args:
        images: The number of test images.
        second: The quality of the second detector.
        number: The number of the pair, which seeds all draws.
        true: The mAP of the first detector.
    """
    rng = np.random.default_rng([images, round(100 * second), number])
    truth, ease = scenes(images, rng)
    draws = draw_images(images, RESAMPLES, number)
    a, b = (
        detector_scores(truth, detect(truth, ease, quality, rng), draws, max_detections=100)
        for quality in (QUALITY, second)
    )
    verdict = compare_scores([a], [b], images).main.verdict
    own = intervals(a)[0][0]
    held = own.low is not None and own.high is not None and own.low <= true <= own.high
    return verdict != "not distinguishable", held


def true_map(quality: float) -> float:
    """Return the mAP of a detector on many images."""
    rng = np.random.default_rng(0)
    truth, ease = scenes(LARGE, rng)
    draws = np.ones((1, LARGE), np.int64)
    found = detect(truth, ease, quality, rng)
    return float(detector_scores(truth, found, draws, max_detections=100).overall[0].values[0])


def scenes(images: int, rng: np.random.Generator) -> tuple[GroundTruth, np.ndarray]:
    """Return a test set, and how easy each object is for every detector, float64 [G]."""
    ids = np.arange(1, images + 1)
    image = np.repeat(ids, 1 + rng.poisson(1.5, images))
    label = rng.choice(len(SHARES), len(image), p=SHARES) + 1
    corner, size = boxes(len(image), rng)
    names = [f"class-{k}" for k in range(1, len(SHARES) + 1)]
    objects = pd.DataFrame(
        {"image_id": image, "label": label, "class_name": np.array(names)[label - 1], "mask": ""}
    ).assign(difficult=0, crowd=0, area=size.prod(axis=1))
    objects[["xmin", "ymin"]], objects[["xmax", "ymax"]] = corner, corner + size
    files = pd.DataFrame({"id": ids, "file": ids.astype(str), "split": "test"}).assign(
        width=SIDE, height=SIDE
    )
    ease = 0.5 * rng.normal(size=images)[image - 1] + 0.7 * rng.normal(size=len(image))
    return GroundTruth(files.astype({"width": int, "height": int}), objects, names), ease


def detect(truth: GroundTruth, ease: np.ndarray, quality: float, rng: np.random.Generator) -> pd.DataFrame:
    """Return what a detector finds: most objects, some with a wrong class, and false detections."""
    objects, count = truth.objects, len(truth.objects)
    ease = quality + ease + 0.45 * rng.normal(size=count)
    corner = objects[["xmin", "ymin"]].to_numpy()
    size = objects[["xmax", "ymax"]].to_numpy() - corner
    spread = 0.06 * np.exp(-0.6 * ease)[:, None]
    wrong = rng.random(count) < expit(-2.5 - ease)
    label = np.where(wrong, rng.integers(1, len(SHARES) + 1, count), objects["label"].to_numpy())
    score = expit(1.2 * ease + 0.5 * rng.normal(size=count))
    corner = corner + rng.normal(size=(count, 2)) * spread * size
    size = size * np.exp(rng.normal(size=(count, 2)) * spread)
    found = _table(objects["image_id"].to_numpy(), label, corner, size, score)
    image = rng.choice(truth.images["id"].to_numpy(), rng.poisson(0.8 * len(truth.images)))
    false = _table(
        image,
        rng.integers(1, len(SHARES) + 1, len(image)),
        *boxes(len(image), rng),
        rng.beta(1.5, 3.0, len(image)),
    )
    return pd.concat([found[ease > -0.6], false], ignore_index=True)


def boxes(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return the upper left corners and the sizes of boxes anywhere in an image, float64 [count, 2] each, px."""
    size = rng.uniform(40, 120, (count, 2))
    return rng.uniform(0, 1, (count, 2)) * (SIDE - size), size


def _table(
    image: np.ndarray, label: np.ndarray, corner: np.ndarray, size: np.ndarray, score: np.ndarray
) -> pd.DataFrame:
    table = pd.DataFrame({"image_id": image, "label": label, "score": score})
    table[["x", "y"]], table[["width", "height"]] = corner, size
    return table


if __name__ == "__main__":
    main()
