"""A dataset of TensorFlow Datasets, prepared by its own code and written as TFRecords of the schema used here.

The only module of the download that imports TensorFlow; :mod:`pipeline.datasets.sources` imports it when asked to.
What TFDS downloads and prepares stays in its own folder, ``TFDS_DATA_DIR`` or ``~/tensorflow_datasets``, so that the
next run finds it there and needs no network.
"""

import difflib
import importlib.resources.abc
import io
import os
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import numpy as np
import requests
import tensorflow_datasets as tfds
from PIL import Image

from pipeline.datasets.records import ShardWriter, detection_example, frame
from pipeline.errors import PipelineError, one_line
from pipeline.progress import progress_bar

# TFDS 4.9.10 imports the backport of this module, which it declares for Python 3.8 only.
sys.modules.setdefault("importlib_resources", importlib.resources)

_SPLITS = {"train": "train", "validation": "val", "valid": "val", "val": "val", "test": "test"}
_IMAGES_PER_SHARD = 1000
_CROWD, _DIFFICULT = ("is_crowd", "is_group_of"), ("is_difficult",)
_NAMED = 30  # configurations, in the line that says which there are
_GIST = 300  # characters of another's message
_LABELS = ("label", "type")  # of an object, or of an image


class Annotation(NamedTuple):
    """Where a dataset's features hold what is written.

    Attributes:
        image: Name of the image's feature.
        objects: Name of the sequence of objects; "" for a dataset of whole images.
        box: Of an object's box, "" likewise.
        label: Of the class, of an object or of the image; "" where objects have none, being all of one kind.
        crowd: Of an object's flag; "" for none.
        difficult: Likewise.
        class_names: In order of their numbers, from 0.
    """

    image: str
    objects: str
    box: str
    label: str
    crowd: str
    difficult: str
    class_names: list[str]


def fetch_tfds(name: str, folder: Path) -> None:
    """Write ``{train,val,test}-*.tfrecord`` and ``labels.txt`` of a dataset, downloaded and prepared if need be.

    Args:
        name: As TFDS has it: ``voc/2007``, ``coco/2017``, ``cifar10:3.0.2``.
        folder: Exists and is empty.

    Raises:
        PipelineError: TFDS does not know it, cannot get or prepare it, or it has no images with boxes or classes.
    """
    builder = _builder(name)
    find_annotation(name, builder.info.features)  # refused before it is downloaded
    _prepare(name, builder)
    annotation = find_annotation(name, builder.info.features)  # some know their classes only now
    written = [
        split for split in builder.info.splits if _write_split(name, builder, annotation, split, folder)
    ]
    if not written:
        raise PipelineError(
            f"tfds:{name}: nothing is annotated in its splits {', '.join(builder.info.splits)}"
        )
    labels = "".join(f"{' '.join(class_name.split())}\n" for class_name in annotation.class_names)
    (folder / "labels.txt").write_text(labels, encoding="utf-8")


def _builder(name: str) -> Any:
    try:
        return tfds.builder(name, data_dir=os.environ.get("TFDS_DATA_DIR"))
    except tfds.core.registered.DatasetNotFoundError:
        known = tfds.list_builders(with_community_datasets=False)
        close = difflib.get_close_matches(re.split("[/:]", name)[0], known, n=3)
        hint = f"; did you mean {' or '.join(close)}?" if close else ""
        raise PipelineError(f"tfds:{name}: TensorFlow Datasets has no dataset of that name{hint}") from None
    except Exception as error:  # of a configuration or version that is not there, each kind has its own
        raise PipelineError(f"tfds:{name}: {_gist(error)}{_configurations(name)}") from None


def _configurations(name: str) -> str:
    """Name the configurations of a dataset, "" where it has none or there is no such dataset."""
    with suppress(Exception):  # of whatever else is wrong with the name
        if known := list(tfds.builder_cls(re.split("[/:]", name)[0]).builder_configs):
            return f"; its configurations: {', '.join(known[:_NAMED])}"
    return ""


def _prepare(name: str, builder: Any) -> None:
    if not sys.stderr.isatty():
        tfds.disable_progress_bar()
    # the originals, with their checksums, rather than what others have prepared in Google's storage
    config = tfds.download.DownloadConfig(try_download_gcs=False)
    try:
        builder.download_and_prepare(download_config=config)
    except Exception as error:  # the code of each dataset raises its own
        raise PipelineError(f"tfds:{name}: {_said_of(error)}") from None


def _said_of(error: Exception) -> str:
    if isinstance(error, tfds.core.download.download_manager.NonMatchingChecksumError):
        return f"a downloaded file is not the one that TFDS knows: {one_line(error)}"
    if isinstance(error, requests.ConnectionError) and error.request is not None:
        host = urlsplit(str(error.request.url)).hostname
        return f"no connection to {host}; it is needed once, then nothing is downloaded"
    if isinstance(error, OSError | tfds.download.DownloadError):  # of requests and urllib too
        return f"cannot be downloaded or prepared: {_gist(error)}"
    return f"cannot be prepared: {type(error).__name__}: {_gist(error)}"


def _gist(error: Exception) -> str:
    """Give the first and the last line of a message that may hold examples and documentation between them."""
    lines = [line.strip()[:_GIST].rstrip(":. ") for line in str(error).splitlines() if line.strip()]
    return ": ".join(dict.fromkeys([*lines[:1], *lines[-1:]])) or type(error).__name__


def find_annotation(name: str, features: Any) -> Annotation:
    """Find image and objects, or image and class, among the features of a dataset.

    Raises:
        PipelineError: there is no image, or neither objects with boxes nor a class.
    """
    top = dict(features.items()) if hasattr(features, "items") else {}
    images = [key for key, feature in top.items() if isinstance(feature, tfds.features.Image)]
    if not images:
        raise PipelineError(f"tfds:{name}: a dataset without images; its features: {', '.join(top)}")
    image = "image" if "image" in images else images[0]
    for key, feature in top.items():
        parts = _parts(feature)
        if boxes := [part for part in parts if isinstance(parts[part], tfds.features.BBoxFeature)]:
            label = _label(parts)
            names = list(parts[label].names) if label else [key.removesuffix("s")]
            crowd, difficult = (
                next((flag for flag in flags if flag in parts), "") for flags in (_CROWD, _DIFFICULT)
            )
            return Annotation(image, key, boxes[0], label, crowd, difficult, names)
    if label := _label(top):
        return Annotation(image, "", "", label, "", "", list(top[label].names))
    raise PipelineError(
        f"tfds:{name}: neither objects with boxes nor a class of the image; its features: {', '.join(top)}"
    )


def _parts(feature: Any) -> dict[str, Any]:
    """Return the features of an element of a sequence; nothing if it is none."""
    element = getattr(feature, "feature", None) if isinstance(feature, tfds.features.Sequence) else None
    return dict(element.items()) if isinstance(element, tfds.features.FeaturesDict) else {}


def _label(features: dict[str, Any]) -> str:
    found = [key for key, feature in features.items() if isinstance(feature, tfds.features.ClassLabel)]
    return next((key for key in (*_LABELS, *found) if key in found), "")


def _write_split(name: str, builder: Any, annotation: Annotation, split: str, folder: Path) -> bool:
    """Write a split, unless it is none of the three or nothing in it is annotated; say whether it was."""
    if split not in _SPLITS:
        print(f"tfds:{name}: split {split} left out: neither train, validation nor test")
        return False
    objects = 0
    count = builder.info.splits[split].num_examples
    with (
        ShardWriter(folder, _SPLITS[split], _IMAGES_PER_SHARD) as shards,
        progress_bar(split, count) as advance,
    ):
        for number, example in enumerate(_examples(builder, annotation, split), start=1):
            record, found = _record(example, annotation, f"{split}/{number}", number)
            shards.write(frame(record))
            objects += found
            advance(1)
    if objects:
        return True
    print(f"tfds:{name}: split {split} left out: nothing is annotated in its {count} images")
    for path in folder.glob(f"{_SPLITS[split]}-*.tfrecord"):
        path.unlink()
    return False


def _examples(builder: Any, annotation: Annotation, split: str) -> Iterator[dict[str, Any]]:
    """Iterate over a split in the order of its files, reading what is written and decoding no image."""
    wanted: dict[str, Any] = {annotation.image: True}
    if annotation.objects:
        parts = (annotation.box, annotation.label, annotation.crowd, annotation.difficult)
        wanted[annotation.objects] = {part for part in parts if part}
    else:
        wanted[annotation.label] = True
    decoders = tfds.decode.PartialDecoding(wanted, decoders={annotation.image: tfds.decode.SkipDecoding()})
    dataset = builder.as_dataset(
        split=split,
        decoders=decoders,
        shuffle_files=False,
        read_config=tfds.ReadConfig(interleave_cycle_length=1, try_autocache=False),
    )
    return iter(tfds.as_numpy(dataset))


def _record(example: dict[str, Any], annotation: Annotation, file: str, number: int) -> tuple[bytes, int]:
    """Encode an image and its objects; with them, how many objects there are."""
    encoded = bytes(example[annotation.image])
    width, height, image_format = _describe(encoded)
    objects = example[annotation.objects] if annotation.objects else {}
    if annotation.objects:
        ymin, xmin, ymax, xmax = np.asarray(objects[annotation.box], np.float64).reshape(-1, 4).T
        boxes = np.stack([xmin * width, ymin * height, xmax * width, ymax * height], axis=1)
        labels = np.asarray(objects.get(annotation.label, np.zeros(len(boxes), np.int64)))
    else:
        boxes, labels = np.full((1, 4), np.nan), np.asarray([example[annotation.label]])
    known = labels >= 0  # a test set without classes has -1
    boxes, labels = boxes[known], labels[known]
    crowd, difficult = (
        np.asarray(objects[flag], bool)[known] if flag else np.zeros(len(boxes), bool)
        for flag in (annotation.crowd, annotation.difficult)
    )
    record = detection_example(
        image=encoded,
        image_format=image_format,
        file=file,
        image_id=number,
        width=width,
        height=height,
        sha256="",
        boxes=boxes,
        labels=labels.astype(np.int64) + 1,
        class_names=annotation.class_names,
        difficult=difficult,
        crowd=crowd,
        area=(boxes[:, 2:] - boxes[:, :2]).prod(axis=1),
        masks=[],
        has_mask=np.zeros(len(boxes), bool),
    )
    return record, len(boxes)


def _describe(encoded: bytes) -> tuple[int, int, str]:
    """Return width, height and format of an image; 1, 1 and "" if it is none, which the convert stage will say."""
    try:
        with Image.open(io.BytesIO(encoded)) as image:
            return *image.size, (image.format or "").lower()
    except (OSError, ValueError, Image.DecompressionBombError):
        return 1, 1, ""
