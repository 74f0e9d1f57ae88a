"""Embed all images and object crops of the dataset with the backbone of the zoo.

Reads:
    converted: The records, ``images.csv`` and ``labels.txt``.
    zoo: The model directory of the backbone.

Writes:
    index: ``embeddings.npy`` and ``items.csv``; see :mod:`pipeline.embedding.index`.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import tensorflow as tf

from pipeline.artifacts import whole
from pipeline.datasets.converted.labels import read_labels
from pipeline.datasets.converted.tables import read_images
from pipeline.embedding.embedder import Embedder, embeddings
from pipeline.embedding.index import write_index
from pipeline.inputs.crops import all_images_of, crops_of
from pipeline.inputs.examples import records
from pipeline.params.embed import Embed
from pipeline.progress import progress_bar, timed_result
from pipeline.stage import stage_main

SPLITS = ("train", "val", "test")
KINDS: dict[str, Callable[[tf.data.Dataset], tf.data.Dataset]] = {"image": all_images_of, "crop": crops_of}


def run(embed: Embed, *, converted: Path, zoo: Path, index: Path) -> None:
    """Embed the images and the objects of all splits."""
    with timed_result(index) as done, whole(index, directory=True) as folder:
        embedder = Embedder(zoo)
        images, names = read_images(converted).set_index("id"), ["", *read_labels(converted)]
        vectors, tables = [], []
        with progress_bar("embedding images and objects", len(KINDS) * len(SPLITS)) as advance:
            for kind, crops_of_kind in KINDS.items():
                for split in SPLITS:
                    crops = crops_of_kind(records(converted, split))
                    for batch, ids, windows, labels in embeddings(
                        embedder, crops, image_size=embed.image_size, batch_size=embed.batch_size
                    ):
                        vectors.append(batch)
                        tables.append(_items(kind, images.loc[ids], windows, [names[k] for k in labels]))
                    advance(1)
        write_index(np.concatenate(vectors), pd.concat(tables, ignore_index=True), folder)
        done(f"embed: {sum(map(len, vectors)):,} images and objects")


def _items(kind: str, images: pd.DataFrame, windows: np.ndarray, classes: list[str]) -> pd.DataFrame:
    """Return one row for each item of a batch.

    Args:
        kind: "image" or "crop".
        images: The rows of ``images.csv`` of the items, indexed by id.
        windows: float32 [B, 4], yxyx, px of the record.
        classes: The name of the class of each item; "" for none.
    """
    corners = dict(zip(("ymin", "xmin", "ymax", "xmax"), windows.astype(float).round(2).T, strict=True))
    return pd.DataFrame(
        {
            "image_id": images.index,
            "file": images["file"].to_numpy(),
            "split": images["split"].to_numpy(),
            "kind": kind,
            "class_name": classes,
            "width": images["width"].to_numpy(),
            "height": images["height"].to_numpy(),
            **corners,
        }
    )


def main() -> None:
    """Run the stage from the command line."""
    stage_main(run)


if __name__ == "__main__":
    main()
