"""Score a detector on large pictures with small objects: without tiles, with tiles at prediction, and in training, too.

Draws pictures of 3,000 x 2,000 px with objects of about 40 px into a folder, and one of 6,000 x 4,000 px for the test
split. Trains the detector of `params.yaml` at 256 px twice for as many steps, on whole pictures and on tiles of 640 px,
and prints the recall at an IoU of 0.5 and the AP50 on whole pictures. What a run has finished, a second one keeps.

    python -m benchmarks.tiles FOLDER [--pictures 60] [--steps 60]
"""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd

import pipeline  # noqa: F401  -- chooses Keras 2, before TensorFlow is imported
from pipeline.params.load import load_params
from pipeline.params.schema import Params
from pipeline.stage import call

SIZE, LARGEST = (3000, 2000), (6000, 4000)  # width and height, px
CLASSES = ("disc", "square")
SIDES = (36, 44)  # px
PER_MEGAPIXEL = 5  # objects
TILE, INPUT, BATCH = 640, 256, 8  # px, px, images
MOST = 300  # detections of a picture


def main() -> None:
    """Draw the pictures, train both detectors, and print the scores."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="folder of the pictures and of all that is made of them")
    parser.add_argument("--pictures", type=int, default=60, help="number of pictures of 3,000 x 2,000 px")
    parser.add_argument("--steps", type=int, default=60, help="steps of each training")
    options = parser.parse_args()
    home, steps = options.folder, options.steps
    if not (home / "raw").exists():
        draw_dataset(home / "raw", options.pictures)
    for name in ("plain", "tiled"):
        if not (home / name / "models" / "exported").exists():
            make_detector(home, name, parameters(name, steps))
    for name, tile in (("plain", None), ("plain", TILE), ("tiled", TILE)):
        print_scores(home, name, tile)


def draw_dataset(folder: Path, count: int) -> None:
    """Write pictures with their YOLO annotations: a tenth for val, a tenth for test, and there the largest one, too."""
    partial = folder.with_name("raw-partial")
    for number in range(count + 1):
        split = "test" if number == count or number % 10 == 0 else "val" if number % 10 == 1 else "train"
        rng = np.random.default_rng(number)
        image, lines = drawn_picture(rng, *(LARGEST if number == count else SIZE))
        for part in ("images", "labels"):
            (partial / part / split).mkdir(parents=True, exist_ok=True)
        cv2.imwrite(
            str(partial / "images" / split / f"{number:03d}.jpg"), image, [cv2.IMWRITE_JPEG_QUALITY, 92]
        )
        (partial / "labels" / split / f"{number:03d}.txt").write_text("\n".join(lines))
    (partial / "classes.txt").write_text("\n".join(CLASSES))
    partial.rename(folder)


def drawn_picture(rng: np.random.Generator, width: int, height: int) -> tuple[np.ndarray, list[str]]:
    """Return a picture, uint8 [H, W, 3], and the lines of its YOLO file."""
    coarse = rng.integers(40, 216, (height // 50, width // 50, 3), np.uint8)
    image = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    grain = rng.integers(0, 24, (height // 2, width // 2, 3), np.uint8)
    image = cv2.add(image, cv2.resize(grain, (width, height), interpolation=cv2.INTER_NEAREST))
    number = round(PER_MEGAPIXEL * width * height / 1e6)
    return image, [drawn_object(image, rng) for _ in range(number)]


def drawn_object(image: np.ndarray, rng: np.random.Generator) -> str:
    """Draw a disc or a square with a dark outline, and return its line in a YOLO file."""
    height, width = image.shape[:2]
    label, side = int(rng.integers(len(CLASSES))), int(rng.integers(*SIDES))
    x, y = int(rng.integers(0, width - side)), int(rng.integers(0, height - side))
    colour = tuple(map(int, rng.integers(0, 256, 3)))
    for fill, thickness in ((colour, -1), ((20, 20, 20), 3)):
        if CLASSES[label] == "square":
            cv2.rectangle(image, (x + 1, y + 1), (x + side - 2, y + side - 2), fill, thickness)
        else:
            cv2.circle(image, (x + side // 2, y + side // 2), side // 2 - 1, fill, thickness)
    place = ((x + side / 2) / width, (y + side / 2) / height, side / width, side / height)
    return f"{label} {' '.join(f'{value:.6f}' for value in place)}"


def parameters(name: str, steps: int) -> Params:
    """Return the parameters of `params.yaml` for one of the two detectors."""
    params = load_params()
    train: dict[str, Any] = {
        "image_size": INPUT,
        "batch_size": BATCH,
        "steps": steps,
        "warmup_steps": steps // 10,
    }
    train |= {"ema": 1.0 - 4.0 / steps, "evaluations": 0}
    return params.model_copy(
        update={
            "dataset": params.dataset.model_copy(update={"format": "yolo"}),
            "convert": params.convert.model_copy(update={"tile": TILE if name == "tiled" else None}),
            "train": params.train.model_copy(update=train),
            "finetune": params.finetune.model_copy(update={"mode": "none"}),
            "export": params.export.model_copy(update={"max_detections": MOST}),
        }
    )


def make_detector(home: Path, name: str, params: Params) -> None:
    """Run the stages from convert to export into ``home/name``. The backbone is the same for both detectors."""
    from pipeline.stages import convert, export, finetune, train, zoo

    own, backbone, log = home / name, home / "zoo", home / name / "keras.log"
    converted, models = own / "converted", own / "models"
    if not converted.exists():
        call(
            convert.run,
            params,
            raw=home / "raw",
            converted=converted,
            metrics=own / "dataset.json",
            plots=own / "plots",
        )
    if not backbone.exists():
        call(zoo.run, params, backbone=backbone, log=log)
    stages = {"converted": converted, "curves": own / "curves", "log": log}
    if not (models / "detector").exists():
        call(finetune.run, params, **stages, zoo=backbone, classifier=models / "classifier")
        call(train.run, params, **stages, backbone=backbone, detector=models / "detector")
    call(
        export.run,
        params,
        converted=converted,
        detector=models / "detector",
        classifier=models / "classifier",
        exported=models / "exported",
    )


def print_scores(home: Path, name: str, tile: int | None) -> None:
    """Print the scores of a detector on the whole pictures of the test split, all at their full size."""
    from pipeline.datasets.converted.ground_truth import read_ground_truth
    from pipeline.evaluation.coco_scores import coco_evaluation, defined_mean

    truth = read_ground_truth(home / "tiled" / "converted").split("test")
    found = detections(home, name, tile, truth.images)
    scores: list[float] = []
    for images in (truth.images, truth.images[truth.images["width"] == LARGEST[0]]):
        own = [
            table[table[key].isin(images["id"])]
            for table, key in ((truth.objects, "image_id"), (found, "image_id"))
        ]
        part = replace(truth, images=images, objects=own[0])
        evaluation = coco_evaluation(part, own[1], iou=0.5, max_detections=MOST)
        result = evaluation.eval["recall"][0, :, 0, 2], evaluation.eval["precision"][0, :, :, 0, 2]
        scores += [defined_mean(values) or 0.0 for values in result]
    said = "test: recall {:.3f}, AP50 {:.3f}; 6,000 x 4,000 px: recall {:.3f}, AP50 {:.3f}"
    print(f"{name:<6} {'tiles' if tile else 'whole'}  {said.format(*scores)}", flush=True)


def detections(home: Path, name: str, tile: int | None, images: pd.DataFrame) -> pd.DataFrame:
    """Return what a detector finds in pictures, a row for each detection."""
    from pipeline.evaluation.predictions import DETECTION
    from pipeline.serving import load_predictor

    predictor = load_predictor(home / name / "models" / "exported" / "detector", tile=tile)
    rows = []
    for image, file in zip(images["id"], images["file"], strict=True):
        (found,) = predictor.predict_files([(home / "raw" / file).read_bytes()])
        for (top, left, bottom, right), label, score in zip(
            found.boxes, found.classes, found.scores, strict=True
        ):
            rows.append((image, label, left, top, right - left, bottom - top, score))
    return pd.DataFrame(rows, columns=DETECTION)


if __name__ == "__main__":
    main()
