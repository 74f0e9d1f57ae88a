"""The command ``similar``: show the images or objects of the dataset that are most like a picture."""

from pathlib import Path

import numpy as np
import tensorflow as tf

from pipeline.datasets.raw.containers import read_if_there
from pipeline.embedding.contact_sheet import Item, indexed_item, write_contact_sheet
from pipeline.embedding.embedder import Embedder
from pipeline.embedding.index import INDEX, read_index
from pipeline.embedding.neighbours import nearest
from pipeline.errors import PipelineError, one_line
from pipeline.ops.images import decode_image, resize
from pipeline.params.load import load_params

ZOO = Path("models/zoo")
COLUMNS = 5


def similar(image: Path, kind: str, count: int, output: Path) -> None:
    """Print the nearest images or crops, and write a picture of them.

    Args:
        image: The picture to compare with, JPEG or PNG.
        kind: "image" or "crop".
        count: The number of neighbours.
        output: The PNG to write.

    Raises:
        PipelineError: The picture cannot be read, or there is no index.
    """
    params = load_params()
    vectors, items = read_index(INDEX, kind)
    encoded = _read(image)
    query = Embedder(ZOO)(_decoded(encoded, image, params.embed.image_size)[None])
    indices, cosines = nearest(vectors, query, min(count, len(vectors)))
    raw = Path("data") / params.dataset.images
    shown = [Item(encoded, None, f"{image.name}\nthe query")]
    for index, cosine in zip(indices[0], cosines[0], strict=True):
        row = items.iloc[index]
        print(f"{cosine:.3f}  {row['file']}  {row['class_name']}")
        shown.append(indexed_item(read_if_there(raw, row["file"]), row, f"{cosine:.3f} {row['class_name']}"))
    write_contact_sheet(shown, COLUMNS, output)
    print(f"wrote {output}")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PipelineError(f"{path}: {error.strerror}; name an image file") from None


def _decoded(encoded: bytes, path: Path, size: int) -> tf.Tensor:
    """Return an image, float32 [size, size, 3], RGB in [0, 255]."""
    try:
        return resize(decode_image(tf.constant(encoded)), size, size)
    except (tf.errors.InvalidArgumentError, ValueError, np.exceptions.AxisError) as error:
        raise PipelineError(f"{path}: {one_line(error)}; name a JPEG or PNG image") from None
