"""Pictures of val with the ground truth and the detections, which show how a detector learns."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw, ImageFont

from pipeline.datasets.converted.tiling import learnt_split
from pipeline.inputs.examples import records
from pipeline.inputs.learnt_truth import learnt_truth
from pipeline.ops.images import decode_image

PICTURES = 6
"""Number of val images that are shown, the same ones each time."""

SHOWN_SCORE = 0.3
"""Detections with a lower score are not drawn."""

SIDE = 480
"""Longer side of each half of a picture, px."""

GAP = 8
"""Width of the line between the two halves, px."""

VISIBLE = 0.5
"""Keypoints of a lower visibility are not drawn."""

TRUE_COLOUR, FOUND_COLOUR = "#3fbf3f", "#ff8a1f"


class ValPictures:
    """Draws a few images of a split: on the left half with the ground truth, on the right half with the detections."""

    def __init__(
        self, converted: Path, split: str, show: Callable[[int, Mapping[str, np.ndarray]], None]
    ) -> None:
        """Choose the images, evenly spaced among those with objects, and decode them.

        Args:
            converted: Folder of the converted dataset.
            split: One of the splits whose pictures may be cut.
            show: Called with a period, counted from 0, and the pictures, uint8 [H, W, 3] RGB, by the files of the
                images.
        """
        self._show = show
        self._truth = learnt_truth(converted, split)
        boxes = self._truth.boxes().rename(columns={"xmin": "x", "ymin": "y"})
        self._boxes = boxes.assign(width=boxes["xmax"] - boxes["x"], height=boxes["ymax"] - boxes["y"])
        files = self._truth.images.set_index("id")["file"]
        with_objects = np.array(sorted(set(self._boxes["image_id"])), np.int64)
        spaced = np.linspace(0, len(with_objects) - 1, min(PICTURES, len(with_objects)))
        chosen = set(with_objects[spaced.round().astype(int)].tolist())
        self._pictures = {
            int(example.image_id): (str(files[int(example.image_id)]), decode_image(example.encoded).numpy())
            for example in records(converted, learnt_split(converted, split))
            if int(example.image_id) in chosen
        }

    def __call__(self, period: int, found: pd.DataFrame) -> None:
        """Draw the images, and show them.

        Args:
            period: The period that was scored, counted from 0.
            found: The detections of the split, as :func:`pipeline.evaluation.predictions.results_table` describes them.
        """
        found = found[found["score"] >= SHOWN_SCORE].sort_values("score")
        pictures = {
            file: _beside(
                _drawn(pixels, _rows(self._boxes, image_id), self._name, TRUE_COLOUR),
                _drawn(pixels, _rows(found, image_id), self._name_and_score, FOUND_COLOUR),
            )
            for image_id, (file, pixels) in self._pictures.items()
        }
        self._show(period, pictures)

    def _name(self, row: pd.Series) -> str:
        return self._truth.classes[int(row["label"]) - 1]

    def _name_and_score(self, row: pd.Series) -> str:
        return f"{self._name(row)} {row['score']:.2f}"


def _rows(table: pd.DataFrame, image_id: int) -> list[pd.Series]:
    return [row for _, row in table[table["image_id"] == image_id].iterrows()]


def _drawn(
    pixels: np.ndarray, rows: Sequence[pd.Series], text_of: Callable[[pd.Series], str], colour: str
) -> Image.Image:
    """Draw boxes with labels and keypoints on an image, resized to :data:`SIDE`.

    Args:
        pixels: uint8 [H, W, 3], RGB.
        rows: Boxes with x, y, width and height, px of the image. The last ones are drawn on top.
        text_of: Box -> its label.
        colour: The colour of boxes and labels.
    """
    height, width = pixels.shape[:2]
    factor = SIDE / max(height, width)
    image = Image.fromarray(pixels).resize((max(1, round(width * factor)), max(1, round(height * factor))))
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(14)
    for row in rows:
        left, top = row["x"] * factor, row["y"] * factor
        draw.rectangle(
            (left, top, left + row["width"] * factor, top + row["height"] * factor), outline=colour, width=2
        )
        for x, y, visibility in row.get("keypoints", ()):
            if visibility >= VISIBLE:
                draw.circle((x * factor, y * factor), 3, fill=colour)
        place = (max(left, 0.0), max(top - 17, 0.0))
        draw.rectangle(draw.textbbox(place, text_of(row), font), fill=colour)
        draw.text(place, text_of(row), "black", font)
    return image


def _beside(left: Image.Image, right: Image.Image) -> np.ndarray:
    both = Image.new("RGB", (left.width + GAP + right.width, left.height), "white")
    both.paste(left, (0, 0))
    both.paste(right, (left.width + GAP, 0))
    return np.asarray(both)
