"""The ground truth of the images on which a detector is validated while it is trained."""

from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.datasets.converted.ground_truth import GroundTruth, read_ground_truth
from pipeline.datasets.converted.labels import read_labels
from pipeline.datasets.converted.tiling import learnt_split
from pipeline.inputs.examples import Example, records


def learnt_truth(converted: Path, split: str) -> GroundTruth:
    """Return the ground truth of the records that :func:`pipeline.datasets.converted.tiling.learnt_split` names.

    Tiles are in no table, so theirs is read from their records, without masks and keypoints.

    Args:
        converted: Folder of the converted dataset.
        split: One of the splits whose pictures may be cut.
    """
    name = learnt_split(converted, split)
    if name == split:
        return read_ground_truth(converted).split(split)
    classes = read_labels(converted)
    images, tables = [], []
    for example in records(converted, name).as_numpy_iterator():
        height, width = example.size_px.tolist()
        images.append((int(example.image_id), str(example.image_id), width, height, split))
        tables.append(_objects(example, classes))
    columns = ["id", "file", "width", "height", "split"]
    return GroundTruth(pd.DataFrame(images, columns=columns), pd.concat(tables, ignore_index=True), classes)


def _objects(example: Example, classes: list[str]) -> pd.DataFrame:
    """Return the objects of an example of arrays, a row each, as :class:`GroundTruth` has them."""
    height, width = example.size_px.tolist()
    corners = example.boxes[:, [1, 0, 3, 2]].astype(np.float64) * (width, height, width, height)
    table = pd.DataFrame(corners, columns=["xmin", "ymin", "xmax", "ymax"])
    return table.assign(
        image_id=example.image_id,
        label=example.labels,
        class_name=[classes[label - 1] for label in example.labels],
        difficult=example.ignored.astype(int),
        crowd=0,
        area=(table["xmax"] - table["xmin"]) * (table["ymax"] - table["ymin"]),
    )
