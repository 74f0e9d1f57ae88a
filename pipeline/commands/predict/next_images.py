"""The command ``next``: say which unlabelled pictures to label."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import tensorflow as tf

from pipeline.artifacts import whole
from pipeline.commands.predict.exit_codes import FINE, SOME_FAILED
from pipeline.commands.predict.images import ReadImage, image_batches
from pipeline.commands.predict.known import CONVERTED, project_detector, val_correctness
from pipeline.commands.predict.sources import Source, find_sources, images_of
from pipeline.datasets.checks.perceptual_hash import HASH_BYTES, near_blocks
from pipeline.datasets.converted.ground_truth import read_ground_truth
from pipeline.embedding.contact_sheet import Item, write_contact_sheet
from pipeline.embedding.embedder import Embedder
from pipeline.embedding.index import INDEX, read_index
from pipeline.embedding.selection import binary_entropy, select_images
from pipeline.errors import PipelineError
from pipeline.evaluation.correctness import Correctness
from pipeline.ops.images import decode_image, resize
from pipeline.params.load import load_params
from pipeline.progress import progress_bar
from pipeline.serving import Predictor

ZOO = Path("models/zoo")
TABLE, SHEET = Path("reports/next.csv"), Path("reports/next.png")
COLUMNS, SHOWN, PRINTED = 5, 50, 10


class Looked(NamedTuple):
    """What is known of an unlabelled image.

    Attributes:
        file: Its path.
        uncertainty: The mean entropy of its detections being right, weighted by the chances of that, bits.
        objects: The number of objects to expect: the sum of these chances.
        vector: Its embedding, float32 [C], of length 1.
        hash: Its perceptual hash.
    """

    file: str
    uncertainty: float
    objects: float
    vector: np.ndarray
    hash: bytes


class Looker:
    """Looks at images: their detections, their embedding and their perceptual hash."""

    def __init__(self, predictor: Predictor, correctness: Correctness, embedder: Embedder, size: int) -> None:
        """Take what is needed to look at images.

        Args:
            predictor: The exported detector.
            correctness: The chance of its detections to be right.
            embedder: The embedding.
            size: The side to which an image is resized before it is embedded, px.
        """
        self._predictor, self._correctness = predictor, correctness
        self._embedder, self._size = embedder, size

    def look(self, batch: Sequence[ReadImage]) -> list[Looked]:
        """Return what is known of each image."""
        encoded = [image.checked.data for image in batch]
        predictions = self._predictor.predict_files(encoded)
        pixels = [resize(decode_image(tf.constant(data)), self._size, self._size) for data in encoded]
        vectors = self._embedder(tf.stack(pixels))
        looked = []
        for image, found, vector in zip(batch, predictions, vectors, strict=True):
            chances = self._correctness.chances(found.classes, found.scores)
            objects = float(chances.sum())
            uncertainty = float(chances @ binary_entropy(chances)) / objects if objects else 0.0
            looked.append(Looked(image.source.file, uncertainty, objects, vector, image.checked.hash))
        return looked


def next_images(path: str, *, count: int, batch_size: int) -> int:
    """Choose the images to label next, print the first of them, and write all as a table and a contact sheet.

    Args:
        path: A folder, or a pattern of image files.
        count: The number of images to choose.
        batch_size: The number of images that run as one batch.

    Returns:
        The exit code; see :mod:`pipeline.commands.predict.exit_codes`.

    Raises:
        PipelineError: There is no finished run to judge by, or no image can be read.
    """
    params, truth = load_params(), read_ground_truth(CONVERTED)
    looker = Looker(
        project_detector(truth, batch_size),
        val_correctness(params, truth),
        Embedder(ZOO),
        params.embed.image_size,
    )
    sources = find_sources([path], Path("reports"))
    faults = list(sources.faults)
    looked = _look(images_of(sources), looker, batch_size, faults)
    for fault in faults:
        print(f"error: {fault}", file=sys.stderr)
    if not looked:
        raise PipelineError("none of the files could be read as an image; nothing was chosen")
    chosen = select_images(
        np.array([each.uncertainty for each in looked]),
        np.stack([each.vector for each in looked]),
        _labelled(),
        _duplicates([each.hash for each in looked], params.convert.checks.near_duplicate_bits),
        count,
    )
    _write([looked[index] for index in chosen])
    if len(chosen) < min(count, len(looked)):
        print(f"left out, as they are near-duplicates of these: {len(looked) - len(chosen):,}")
    return SOME_FAILED if faults else FINE


def _look(images: Sequence[Source], looker: Looker, batch_size: int, faults: list[str]) -> list[Looked]:
    """Look at image files. What cannot be read adds a fault."""
    looked: list[Looked] = []
    with progress_bar("images", len(images)) as advance:
        for batch in image_batches(images, batch_size, faults.append, advance):
            looked += looker.look(batch)
            advance(len(batch))
    return looked


def _duplicates(hashes: Sequence[bytes], bits: int) -> Callable[[int], np.ndarray]:
    """Return a function that says which images are near-duplicates of one.

    Args:
        hashes: The perceptual hash of each image; b"" for an image of one colour, which is like no other.
        bits: Images whose hashes differ by at most this many bits are near-duplicates.
    """
    known = np.flatnonzero([len(each) > 0 for each in hashes])
    table = np.stack([np.frombuffer(each or bytes(HASH_BYTES), np.uint8) for each in hashes])

    def duplicates_of(index: int) -> np.ndarray:
        found = np.zeros(len(hashes), bool)
        if hashes[index]:
            for _, others, near in near_blocks(table, np.array([index]), known, bits):
                found[others] |= near[0]
        return found

    return duplicates_of


def _labelled() -> np.ndarray:
    """Return the embeddings of the train images, float32 [L, C]; none without an index of the dataset."""
    if not (INDEX / "embeddings.npy").is_file():
        print(
            "the labelled images are not compared with, as there is no index of them: dvc repro similar/dvc.yaml"
        )
        return np.zeros((0, 1), np.float32)
    vectors, items = read_index(INDEX, "image")
    return vectors[(items["split"] == "train").to_numpy()]


def _write(chosen: Sequence[Looked]) -> None:
    """Print and write the chosen images, in their order."""
    table = pd.DataFrame(
        [(each.file, round(each.uncertainty, 3), round(each.objects, 2)) for each in chosen],
        columns=["file", "uncertainty_bits", "expected_objects"],
    )
    for number, row in enumerate(table.head(PRINTED).itertuples(index=False), start=1):
        objects = f"about {row.expected_objects:.1f} objects"
        print(f"{number:3}  {row.file}  {row.uncertainty_bits:.2f} bits, {objects}")
    with whole(TABLE) as partial:
        table.to_csv(partial, index=False)
    items = [
        Item(Path(each.file).read_bytes(), None, f"{Path(each.file).name}\n{each.uncertainty:.2f} bits")
        for each in chosen[:SHOWN]
    ]
    write_contact_sheet(items, COLUMNS, SHEET)
    print(f"wrote {len(table):,} images to {TABLE}, and the first {len(items)} as pictures to {SHEET}")
