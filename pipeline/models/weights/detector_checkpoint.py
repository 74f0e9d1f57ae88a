"""Starting a detector from the weights of an earlier one."""

import re
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from pipeline.errors import PipelineError
from pipeline.models.detectors.base import ClassLayer, Detector
from pipeline.models.trained import trained_detector
from pipeline.models.weights.class_rows import equal_names, with_kept_rows
from pipeline.models.weights.config import FILE, DetectorConfig, TrainedDetectorConfig, read_config
from pipeline.models.weights.earlier import ANCHORS, detector_keys, misfit, value_at
from pipeline.params.train import Train


def own_checkpoint(train: Train) -> Path | None:
    """Return the model directory that a training starts from; None if it starts from something else.

    ``train.checkpoint`` may also name a checkpoint of Model Garden, which has no ``model.json``.
    """
    folder = Path(train.checkpoint)
    return folder if train.init == "checkpoint" and (folder / FILE).is_file() else None


class LikeEarlier(NamedTuple):
    """A configuration that fits the weights of an earlier detector.

    Attributes:
        config: The configuration.
        anchors: The keys of the anchors that were changed, such as "gfl.anchor_size", with their new values.
    """

    config: DetectorConfig
    anchors: dict[str, Any]


def like_earlier(config: DetectorConfig, folder: Path) -> LikeEarlier:
    """Give a configuration the anchors of an earlier detector, and its way to compute BatchNorm.

    The weights have learnt to correct the boxes of these anchors.

    Args:
        config: The configuration of the detector to be trained.
        folder: The model directory of the earlier detector.

    Raises:
        PipelineError: The directory holds no detector, or one of another network.
    """
    earlier = read_config(folder, TrainedDetectorConfig)
    values, wanted = earlier.model_dump(), config.model_dump()
    if wrong := misfit(values, wanted, [*detector_keys(config.architecture), "keypoint_names"]):
        raise PipelineError(f"{folder}: {wrong}")
    keys = ANCHORS.get(config.architecture, ())
    changed = {key: value_at(values, key) for key in keys if value_at(values, key) != value_at(wanted, key)}
    update: dict[str, Any] = {"folded": earlier.folded}
    for key, value in changed.items():
        section, field = key.split(".")
        update[section] = update.get(section, getattr(config, section)).model_copy(update={field: value})
    return LikeEarlier(config.model_copy(update=update), changed)


def start_from(detector: Detector, config: DetectorConfig, folder: Path) -> str:
    """Load the weights of an earlier detector. The channels of classes with other names stay random.

    Args:
        detector: The detector with random weights.
        config: Its configuration, as of :func:`like_earlier`.
        folder: The model directory of the earlier detector.

    Returns:
        What was loaded, in a line.

    Raises:
        PipelineError: The directory holds no detector, or its layers are others.
    """
    earlier, donor = trained_detector(folder)
    variables, sources = detector.network.weights, donor.network.weights
    if len(variables) != len(sources):
        raise PipelineError(
            f"{folder}: it has {len(sources)} tensors of weights, but the detector of this training has "
            f"{len(variables)}; set train.image_size to {earlier.image_size}, as it has"
        )
    kept, random = equal_names(config.classes, earlier.classes), []
    for variable, source in zip(variables, sources, strict=True):
        value, given = variable.numpy(), source.numpy()
        layer = _class_layer(detector, variable.name)
        if layer is not None:
            given = _of_classes(layer, value, given, kept, len(config.classes), len(earlier.classes))
        if given is None or given.shape != value.shape:
            random.append(variable.name.removesuffix(":0"))
        else:
            variable.assign(given)
    loaded = f"{len(variables) - len(random)} of {len(variables)} tensors loaded"
    others = f" (not {', '.join(random[:3])}{', ...' if len(random) > 3 else ''})" if random else ""
    return f"{folder}: {loaded}{others}; {len(kept)} of {len(config.classes)} classes are in it"


def _class_layer(detector: Detector, variable: str) -> ClassLayer | None:
    """Return the description of the class layer that a variable belongs to, or None if it is another layer's."""
    name = variable.rpartition("/")[0].rpartition("/")[2]
    return next((layer for layer in detector.class_layers if re.fullmatch(layer.name, name)), None)


def _of_classes(
    layer: ClassLayer,
    value: np.ndarray,
    given: np.ndarray,
    kept: list[tuple[int, int]],
    classes: int,
    given_classes: int,
) -> np.ndarray | None:
    """Return ``value`` with the rows of the kept classes and of the background taken from ``given``."""
    first = int(layer.background)
    rows = [(row + first, from_row + first) for row, from_row in kept]
    return with_kept_rows(
        value,
        given,
        [*([(0, 0)] if layer.background else []), *rows],
        rows=classes + first,
        given_rows=given_classes + first,
        before=layer.before,
        width=layer.width,
    )
