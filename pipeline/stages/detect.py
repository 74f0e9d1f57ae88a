"""Run the exported models, as they ship, over the val and test records.

Reads: converted records, the exported SavedModels.
Writes: ``detections-{val,test}.json``, COCO results, with a ``segmentation`` each where the detector gives masks, and
    ``classifier-{val,test}.csv``, class scores of truth crops.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import tensorflow as tf

from pipeline.artifacts import whole
from pipeline.datasets.converted.labels import read_labels
from pipeline.datasets.converted.run_lengths import compress
from pipeline.inputs.crops import crops_of, unaugmented_crop
from pipeline.inputs.examples import batched, records
from pipeline.ops.mask_pasting import paste_mask
from pipeline.params.detect import Detect
from pipeline.stage import stage_main

SPLITS = ("val", "test")
CROP_SIZE = 256
"""Side of the crops handed to the classifier, px; it resizes them itself."""
MASK_THRESHOLD = 0.5
"""A pixel belongs to an object from this probability on."""


def run(detect: Detect, *, converted: Path, exported: Path, predictions: Path) -> None:
    """Predict with both models on both splits."""
    detector = tf.saved_model.load(str(exported / "detector"))
    classifier = tf.saved_model.load(str(exported / "classifier"))
    batch_size = detect.batch_size
    columns = [f"score_{label}" for label in range(1, len(read_labels(converted)) + 1)]
    with whole(predictions, directory=True) as folder:
        for split in SPLITS:
            found = sorted(
                detections(detector, records(converted, split), batch_size),
                key=lambda row: (row["image_id"], -row["score"]),
            )
            (folder / f"detections-{split}.json").write_text(json.dumps(found) + "\n", encoding="utf-8")
            scored = pd.DataFrame(
                classified(classifier, records(converted, split), batch_size),
                columns=["image_id", "label", *columns],
            )
            scored.to_csv(folder / f"classifier-{split}.csv", index=False)
            print(f"{split}: {len(found)} detections, {len(scored)} crops classified", flush=True)


def detections(model: Any, examples: tf.data.Dataset, batch_size: int) -> Iterator[dict[str, Any]]:
    """Give the detections in COCO's results format, in the order of the records."""
    signature = model.signatures["serving_default"]
    for encoded, image_ids, sizes in batched(
        examples,
        lambda example: (example["encoded"], example["image_id"], example["size_px"]),
        batch_size,
        drop_remainder=False,
    ):
        output = {name: value.numpy() for name, value in signature(encoded).items()}
        for row, (image_id, size) in enumerate(zip(image_ids.numpy(), sizes.numpy().tolist(), strict=True)):
            for index in range(output["num_detections"][row]):
                y_min, x_min, y_max, x_max = (float(side) for side in output["boxes"][row, index])
                box = [x_min, y_min, x_max - x_min, y_max - y_min]
                found = {
                    "image_id": int(image_id),
                    "category_id": int(output["classes"][row, index]),
                    "bbox": [round(side, 3) for side in box],
                    "score": round(float(output["scores"][row, index]), 6),
                }
                if "masks" in output:
                    found["segmentation"] = segmentation(
                        output["masks"][row, index], output["boxes"][row, index], *size
                    )
                yield found


def segmentation(mask: np.ndarray, box_px: np.ndarray, height: int, width: int) -> dict[str, Any]:
    """Give a mask in the frame of its box, yxyx, as COCO's run lengths over the image."""
    pixels = paste_mask(mask, box_px, height, width, threshold=MASK_THRESHOLD)
    return {"size": [height, width], "counts": compress(pixels)}


def classified(model: Any, examples: tf.data.Dataset, batch_size: int) -> Iterator[list[Any]]:
    """Give image id, true label and class scores of every truth crop, in the order of the records."""
    signature = model.signatures["from_tensor"]

    def prepare(example: dict[str, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        crop = tf.cast(tf.round(unaugmented_crop(example, CROP_SIZE)), tf.uint8)
        return crop, example["image_id"], example["label"]

    for crops, image_ids, labels in batched(crops_of(examples), prepare, batch_size, drop_remainder=False):
        scores = np.round(signature(crops)["scores"].numpy().astype(float), 6)
        for image_id, label, row in zip(image_ids.numpy(), labels.numpy(), scores, strict=True):
            yield [int(image_id), int(label), *row]


def main() -> None:
    """Run the stage from the command line."""
    stage_main(run)


if __name__ == "__main__":
    main()
