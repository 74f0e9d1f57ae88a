"""``keypoint_names.txt`` and ``keypoints.csv``: the keypoints of the objects that are left after all checks."""

from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.datasets.converted.tables import positions_in_image, read_table
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.keypoints import ABSENT

_NAMES, _FILE = "keypoint_names.txt", "keypoints.csv"

_COLUMNS = {"image_id": "int64", "object": "int64", "keypoint": "int64", "x": "float64", "y": "float64"} | {
    "visibility": "int64"
}
"""``object`` is the position among the image's rows of ``objects.csv``, and ``keypoint`` the line of the names, both
from 0. ``visibility`` is 1 for a hidden keypoint and 2 for a visible one. Absent ones have no row."""


def write_keypoints(table: AnnotationTable, converted: Path) -> None:
    """Write both files. Nothing is written if the dataset has no keypoints."""
    if not table.keypoints.names:
        return
    lines = "".join(f"{' '.join(name.split())}\n" for name in table.keypoints.names)
    (converted / _NAMES).write_bytes(lines.encode())
    objects = table.objects
    points = table.keypoints.of(objects["keypoints"].to_numpy())
    rows, columns = np.nonzero(points[..., 2] > ABSENT)
    positions = positions_in_image(objects).to_numpy()
    found = points[rows, columns]
    values = (
        objects["image_id"].to_numpy()[rows],
        positions[rows],
        columns,
        *found[:, :2].round(3).T,
        found[:, 2],
    )
    listed = pd.DataFrame(dict(zip(_COLUMNS, values, strict=True))).astype({"visibility": "int64"})
    listed.to_csv(converted / _FILE, index=False)


def read_keypoint_names(converted: Path) -> list[str]:
    """Return the names of the keypoints of an object; none if the dataset has no keypoints."""
    path = converted / _NAMES
    return path.read_bytes().decode().splitlines() if path.is_file() else []


def read_keypoints(objects: pd.DataFrame, keypoints: int, converted: Path) -> np.ndarray:
    """Return the keypoints of each object.

    Args:
        objects: All rows of ``objects.csv``.
        keypoints: N, the number of keypoints of an object.
        converted: The folder.

    Returns:
        float64 [G, N, 3]: x and y in px, and the visibility, 0 for a keypoint that is absent.

    Raises:
        PipelineError: See :func:`pipeline.datasets.converted.tables.read_table`.
    """
    points = np.zeros((len(objects), keypoints, 3))
    listed = read_table(converted / _FILE, _COLUMNS)
    places = objects[["image_id"]].assign(object=positions_in_image(objects), row=np.arange(len(objects)))
    rows = listed.merge(places, on=["image_id", "object"], how="left")["row"].to_numpy()
    points[rows, listed["keypoint"]] = listed[["x", "y", "visibility"]].to_numpy(np.float64)
    return points
