"""``masks.csv``: the masks that predictions are held to, written as they come."""

from pathlib import Path
from types import TracebackType
from typing import IO, Self


class MaskList:
    """Writes a row a mask; a dataset without masks has no such file.

    Columns: ``image_id``; ``object``, the position among the image's rows of ``objects.csv``, from 0; ``counts``,
    COCO's compressed run lengths over the whole image.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def add(self, image_id: int, runs: list[str]) -> None:
        """Add an image's masks; ``runs`` has an entry an object, "" for none."""
        for number, counts in enumerate(runs):
            if counts:
                if self._file is None:
                    self._file = self._path.open("w", encoding="ascii", newline="\n")
                    self._file.write("image_id,object,counts\n")
                self._file.write(f"{image_id},{number},{counts}\n")

    def __enter__(self) -> Self:
        """Give the list."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
