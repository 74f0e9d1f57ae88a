"""``masks.csv``: the masks that predictions are compared with."""

from pathlib import Path
from types import TracebackType
from typing import IO, Self

import pandas as pd

from pipeline.datasets.converted.tables import positions_in_image, read_table

_FILE = "masks.csv"

_COLUMNS = {"image_id": "int64", "object": "int64", "counts": "str"}


class MaskList:
    """Writes the masks, a row each, in the order in which they are added. Without masks no file is written.

    The columns are ``image_id``; ``object``, the position among the image's rows of ``objects.csv``, from 0; and
    ``counts``, COCO's compressed run lengths over the whole image.
    """

    def __init__(self, converted: Path) -> None:
        self._path = converted / _FILE
        self._file: IO[str] | None = None

    def add(self, image_id: int, runs: list[str]) -> None:
        """Add an image's masks.

        Args:
            runs: One entry for each object, "" for an object without a mask.
        """
        for number, counts in enumerate(runs):
            if counts:
                if self._file is None:
                    self._file = self._path.open("w", encoding="ascii", newline="\n")
                    self._file.write(",".join(_COLUMNS) + "\n")
                self._file.write(f"{image_id},{number},{counts}\n")

    def __enter__(self) -> Self:
        """Return the list."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()


def read_masks(objects: pd.DataFrame, converted: Path) -> pd.Series:
    """Return the mask of each object, "" for an object without one.

    Args:
        converted: The folder; it has no such file if the dataset has no masks.

    Returns:
        str [N], indexed as ``objects``.
    """
    path = converted / _FILE
    if not path.is_file():
        return pd.Series("", index=objects.index, dtype="str")
    places = objects[["image_id"]].assign(object=positions_in_image(objects))
    masks = read_table(path, _COLUMNS).drop_duplicates(["image_id", "object"])
    return places.merge(masks, on=["image_id", "object"], how="left")["counts"].fillna("")
