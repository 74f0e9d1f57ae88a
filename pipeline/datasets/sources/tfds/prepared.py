"""A dataset of TensorFlow Datasets, prepared by its own code and written as TFRecords of the schema used here.

With ``tfds_features`` all of the download that imports TensorFlow; ``sources`` imports it when asked to. What TFDS
downloads and prepares stays in its own folder, ``TFDS_DATA_DIR`` or ``~/tensorflow_datasets``, so that the next run
finds it there and needs no network.
"""

import difflib
import importlib.resources.abc
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

# TFDS 4.9.10 imports the backport of this module, which it declares for Python 3.8 only.
sys.modules.setdefault("importlib_resources", importlib.resources)

_SPLITS = {"train": "train", "validation": "val", "valid": "val", "val": "val", "test": "test"}

_IMAGES_PER_SHARD = 1000

_NAMED = 30  # configurations, in the line that says which there are

_GIST = 300  # characters of another's message


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
            record, found = encode_record(example, annotation, f"{split}/{number}", number)
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
