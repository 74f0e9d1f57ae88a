"""Preparation of a TensorFlow Datasets (TFDS) dataset by TFDS itself, and its export as TFRecords.

This module imports TensorFlow, so ``fetch`` imports it only for a source ``tfds:NAME``. TFDS keeps its downloads and
prepared files in ``TFDS_DATA_DIR`` or ``~/tensorflow_datasets``, so a second run needs no network.
"""

import difflib
import importlib.resources.abc
import logging
import os
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
import tensorflow_datasets as tfds

from pipeline.datasets.records.files import ShardWriter, frame
from pipeline.datasets.sources.tfds.features import Annotation, encode_record, find_annotation
from pipeline.errors import PipelineError, one_line
from pipeline.progress import progress_bar

logger = logging.getLogger(__name__)

# TFDS 4.9.10 imports the backport of this module, but declares it as a dependency for Python 3.8 only.
sys.modules.setdefault("importlib_resources", importlib.resources)

_SPLITS = {"train": "train", "validation": "val", "valid": "val", "val": "val", "test": "test"}

_IMAGES_PER_SHARD = 1000

_MAX_CONFIGURATIONS = 30  # names of configurations that an error message lists

_MAX_LINE = 300  # characters of each line that is quoted from an error of another package


def fetch_tfds(name: str, folder: Path) -> None:
    """Write ``{train,val,test}-*.tfrecord`` and ``labels.txt`` of a dataset.

    TFDS downloads and prepares the dataset first, unless it has done so before.

    Args:
        name: The dataset's name in TFDS, such as ``voc/2007``, ``coco/2017`` or ``cifar10:3.0.2``.
        folder: An empty folder that exists.

    Raises:
        PipelineError: TFDS does not know the dataset, or cannot download or prepare it; or the dataset has no images
            with boxes or classes.
    """
    builder = _builder(name)
    find_annotation(name, builder.info.features)  # An unsuitable dataset is refused before it is downloaded.
    _prepare(name, builder)
    annotation = find_annotation(name, builder.info.features)  # Some datasets know their classes only now.
    written = [
        split for split in builder.info.splits if _write_split(name, builder, annotation, split, folder)
    ]
    if not written:
        raise PipelineError(
            f"tfds:{name}: no image of its splits ({', '.join(builder.info.splits)}) has an annotation; "
            "choose another dataset"
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
    except Exception as error:  # TFDS raises various types for an unknown configuration or version.
        raise PipelineError(f"tfds:{name}: {_summary(error)}{_configurations(name)}") from None


def _configurations(name: str) -> str:
    """Return the end of an error message that lists the dataset's configurations, or "" if there are none."""
    with suppress(Exception):  # The name may be wrong in other ways too.
        if known := list(tfds.builder_cls(re.split("[/:]", name)[0]).builder_configs):
            return f"; its configurations: {', '.join(known[:_MAX_CONFIGURATIONS])}"
    return ""


def _prepare(name: str, builder: Any) -> None:
    if not sys.stderr.isatty():
        tfds.disable_progress_bar()
    # TFDS verifies the checksums of the original files. Files prepared by others in Google's storage are not used.
    config = tfds.download.DownloadConfig(try_download_gcs=False)
    try:
        builder.download_and_prepare(download_config=config)
    except Exception as error:  # The code of each dataset raises errors of its own types.
        raise PipelineError(f"tfds:{name}: {_preparation_problem(error)}") from None


def _preparation_problem(error: Exception) -> str:
    """Describe an error of ``download_and_prepare`` in one line."""
    if isinstance(error, tfds.core.download.download_manager.NonMatchingChecksumError):
        return f"the checksum of a downloaded file is not the one that TFDS expects: {one_line(error)}"
    if isinstance(error, requests.ConnectionError) and error.request is not None:
        host = urlsplit(str(error.request.url)).hostname
        return f"no connection to {host}; connect to the network for the first download, later runs need none"
    # Errors of requests and urllib are OSErrors.
    if isinstance(error, OSError | tfds.download.DownloadError):
        return f"cannot be downloaded or prepared: {_summary(error)}"
    return f"cannot be prepared: {type(error).__name__}: {_summary(error)}"


def _summary(error: Exception) -> str:
    """Return the first and the last line of an error's message. Between them TFDS puts examples and documentation."""
    lines = [line.strip()[:_MAX_LINE].rstrip(":. ") for line in str(error).splitlines() if line.strip()]
    return ": ".join(dict.fromkeys([*lines[:1], *lines[-1:]])) or type(error).__name__


def _write_split(name: str, builder: Any, annotation: Annotation, split: str, folder: Path) -> bool:
    """Write the records of a split, and return whether they were written.

    A split is left out if it is not a train, validation or test split, or if none of its images has an annotation.
    """
    if split not in _SPLITS:
        logger.info(
            "tfds:%s: split %s is left out, because it is neither train, validation nor test", name, split
        )
        return False
    objects = 0
    count = builder.info.splits[split].num_examples
    with (
        ShardWriter(folder, _SPLITS[split], _IMAGES_PER_SHARD) as shards,
        progress_bar(f"writing {split}", count) as advance,
    ):
        for number, example in enumerate(_examples(builder, annotation, split), start=1):
            record, in_image = encode_record(example, annotation, f"{split}/{number}", number)
            shards.write(frame(record))
            objects += in_image
            advance(1)
    if objects:
        return True
    logger.info(
        "tfds:%s: split %s is left out, because none of its %d images has an annotation", name, split, count
    )
    for path in folder.glob(f"{_SPLITS[split]}-*.tfrecord"):
        path.unlink()
    return False


def _examples(builder: Any, annotation: Annotation, split: str) -> Iterator[dict[str, Any]]:
    """Return an iterator over the examples of a split, in the order of its files.

    Only the features that ``annotation`` names are read. Images stay encoded.
    """
    wanted: dict[str, Any] = {annotation.image: True}
    parts = {annotation.box, annotation.crowd, annotation.difficult}
    if annotation.labels_image:
        wanted[annotation.label] = True
    else:
        parts.add(annotation.label)
    if annotation.objects:
        wanted[annotation.objects] = parts - {""}
    else:
        wanted |= dict.fromkeys(parts, True)
    wanted.pop("", None)
    decoders = tfds.decode.PartialDecoding(wanted, decoders={annotation.image: tfds.decode.SkipDecoding()})
    dataset = builder.as_dataset(
        split=split,
        decoders=decoders,
        shuffle_files=False,
        read_config=tfds.ReadConfig(interleave_cycle_length=1, try_autocache=False),
    )
    return iter(tfds.as_numpy(dataset))
