"""Recall on a large picture of small garments, with tiles and without.

A picture of 6,000 × 4,000 px is drawn with garments of the embedded dataset. The exported detector of ``make repro``
looks at the whole picture, and then at tiles as well. An object counts as found if a detection of its class has a score
of at least 0.45 and an IoU of at least 0.5 with it; each detection finds one object.

Usage:
    python -m benchmarks.tiled_pictures [--model PATH] [--side PX] [--objects N] [--tile PX] [--width PX --height PX]
"""

import argparse
import time
from pathlib import Path

import cv2
import numpy as np

from pipeline.datasets.drawn.catalogue import NAMES
from pipeline.datasets.drawn.garments import draw_garment
from pipeline.datasets.drawn.paint.canvases import draw_canvas
from pipeline.datasets.drawn.paint.drawing import Pose, bounds, paste
from pipeline.datasets.drawn.paint.photo import random_light
from pipeline.serving import Prediction, load_predictor
from pipeline.serving.thresholds import above, class_thresholds
from pipeline.serving.tiles import TiledPredictor

GAP = 8
"""Least distance of two garments, px."""


def draw(width: int, height: int, side: int, objects: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw garments at random places where they do not touch.

    Args:
        width: Width of the picture, px.
        height: Height of the picture, px.
        side: The longer side of a garment, px.
        objects: The number of garments.

    Returns:
        uint8 [H, W, 3]; the boxes, float64 [N, 4], yxyx, px; the classes, int [N], 1..K.
    """
    rng = np.random.default_rng(0)
    light = random_light(rng)
    picture = cv2.resize(draw_canvas(rng, height // 10, width // 10), (width, height))
    ground, taken = picture.mean(axis=(0, 1)), np.zeros((height, width), bool)
    boxes: list[list[int]] = []
    labels: list[int] = []
    while len(boxes) < objects:
        label = int(rng.integers(len(NAMES))) + 1
        sprite = draw_garment(rng, NAMES[label - 1], Pose(side / 2, rng.normal(0, 12), False, light), ground)
        sprite_height, sprite_width = sprite.alpha.shape
        x, y = int(rng.integers(0, width - sprite_width)), int(rng.integers(0, height - sprite_height))
        place = np.s_[max(y - GAP, 0) : y + sprite_height + GAP, max(x - GAP, 0) : x + sprite_width + GAP]
        if not taken[place].any():
            taken[place] = True
            paste(picture, sprite, (x, y), light, drop=0.03 * side)
            rows, columns = bounds(sprite.alpha > 0.5)
            boxes.append([y + rows.start, x + columns.start, y + rows.stop, x + columns.stop])
            labels.append(label)
    return (picture.clip(0, 1) * 255).astype(np.uint8), np.array(boxes, float), np.array(labels)


def matches(prediction: Prediction, boxes: np.ndarray, labels: np.ndarray) -> int:
    """Return the number of objects that are found."""
    found: set[int] = set()
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    for box, label in zip(prediction.boxes, prediction.classes, strict=True):
        common = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
        shared = common.clip(0).prod(axis=1)
        iou = shared / (areas + (box[2:] - box[:2]).prod() - shared)
        for index in np.argsort(-iou):
            if iou[index] < 0.5:
                break
            if labels[index] == label and index not in found:
                found.add(int(index))
                break
    return len(found)


def main() -> None:
    """Print the recall, the share of right detections and the time, with tiles and without."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, default=Path("models/exported/detector"))
    parser.add_argument("--side", type=int, default=40, help="longer side of the garments, px")
    parser.add_argument("--objects", type=int, default=300)
    parser.add_argument("--tile", type=int, default=192)
    parser.add_argument("--width", type=int, default=6000)
    parser.add_argument("--height", type=int, default=4000)
    options = parser.parse_args()
    pixels, boxes, labels = draw(options.width, options.height, options.side, options.objects)
    plain = load_predictor(options.model)
    thresholds = class_thresholds(plain.config)
    tiled = TiledPredictor(plain, options.tile, 0.2)
    for title, predictor in (("whole picture", plain), (f"tiles of {options.tile} px", tiled)):
        start = time.perf_counter()
        prediction = above(predictor.predict_pixels([pixels])[0], thresholds)
        seconds, right = time.perf_counter() - start, matches(prediction, boxes, labels)
        shares = f"recall {right / len(boxes):.3f}, {right} of {len(prediction.scores)} detections right"
        print(f"{title}: {shares}, {seconds:.1f} s", flush=True)


if __name__ == "__main__":
    main()
