"""The detector's batches: whole scenes with their encoded ground truth."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import tensorflow as tf

from pipeline.datasets.converted.labels import read_labels
from pipeline.errors import PipelineError
from pipeline.inputs.balance import balanced
from pipeline.inputs.examples import Example, batched, epochs_of, records
from pipeline.inputs.mixing import Sample, mixed_scenes
from pipeline.inputs.scene_augmentation import augment_scene, seen_masks
from pipeline.ops.images import decode_image, resize
from pipeline.ops.mask_crops import crop_masks
from pipeline.params.train import Augment, Train

Encode = Callable[[dict[str, tf.Tensor]], dict[str, Any]]
"""A detector's: the ground truth of one image -> targets of fixed shapes."""


def training_batches(
    converted: Path, encode: Encode, settings: Train, seed: int, *, mask_crop: int
) -> tuple[tf.data.Dataset, int]:
    """Give the augmented training batches of all epochs, and how many make one epoch.

    Args:
        converted: Of the convert stage.
        encode: The detector's.
        settings: Of the train stage.
        seed: Of the training.
        mask_crop: Side of the masks that the detector learns from, in cells; 0 where it learns from none.
    """
    examples, chosen = records(converted, "train", masks=mask_crop > 0), settings.augment
    count, repeats = int(examples.reduce(0, lambda total, _: total + 1)), None
    if mask_crop and not any(example["has_mask"].any() for example in examples.as_numpy_iterator()):
        raise PipelineError(
            f"{converted}: the train split has no masks, which train.architecture={settings.architecture} learns from"
        )
    epochs = settings.epochs + 1  # one more than is trained, for the last scenes to be mixed with
    if settings.class_balanced:
        repeats, count = balanced(examples, len(read_labels(converted)), seed=seed, epochs=epochs)
    batch_size = min(settings.batch_size, count)
    steps = count // batch_size
    stream = epochs_of(examples, seed=seed, epochs=epochs, take=steps * batch_size, repeats=repeats)
    scenes = stream.map(
        lambda example: augmented_scene(example, chosen, settings.image_size, mask_crop),
        num_parallel_calls=tf.data.AUTOTUNE,
        deterministic=True,
    )
    if chosen.mosaic or chosen.mixup:
        scenes = mixed_scenes(scenes, mosaic=chosen.mosaic, mixup=chosen.mixup)
    trained = scenes.take(settings.epochs * steps * batch_size)
    return batched(
        trained, lambda scene: (scene["image"], encode(scene)), batch_size, drop_remainder=True
    ), steps


def augmented_scene(example: Example, chosen: Augment, size: int, mask_crop: int) -> Sample:
    """Decode and augment one example, and keep the ground truth that is left."""
    scene = augment_scene(
        decode_image(example["encoded"]),
        example["boxes"],
        example["seed"],
        size=size,
        use_photometric=chosen.photometric,
        expand=chosen.expand,
        iou_crop=chosen.iou_crop,
        flip=chosen.flip,
        scale=(chosen.scale_min, chosen.scale_max),
    )
    names = ("labels", "ignored", "has_mask") if mask_crop else ("labels", "ignored")
    truth = {name: tf.gather(example[name], scene.kept) for name in names} | {"boxes": scene.boxes}
    if mask_crop:
        truth["masks"] = seen_masks(example["encoded_masks"], scene, size=mask_crop)
    return {"image": scene.picture, "seed": example["seed"], **truth}


def unaugmented_scenes(
    converted: Path, split: str, prepare: Callable[[Example], Any], settings: Train, *, mask_crop: int = 0
) -> tf.data.Dataset:
    """Give a split's scenes without augmentation, batched; the last batch may have fewer.

    Args:
        converted: Of the convert stage.
        split: Its name.
        prepare: What goes with each picture, from its example, of a fixed shape.
        settings: Of the train stage.
        mask_crop: As for :func:`training_batches`.
    """

    def still(example: Example) -> tuple[tf.Tensor, Any]:
        image = unaugmented_image(example, settings.image_size)
        return image, prepare(with_masks(example, mask_crop) if mask_crop else example)

    examples = records(converted, split, masks=mask_crop > 0)
    return batched(examples, still, settings.batch_size, drop_remainder=False)


def unaugmented_image(example: Example, size: int) -> tf.Tensor:
    """Decode and resize an example's image: float32 [size, size, 3], in [0, 255]."""
    return tf.ensure_shape(resize(decode_image(example["encoded"]), size, size), [size, size, 3])


def with_masks(example: Example, mask_crop: int) -> Example:
    """Add "masks", float32 [G, M, M] in [0, 1], each in the frame of its box, M being ``mask_crop``."""
    return example | {"masks": crop_masks(example["encoded_masks"], example["boxes"], mask_crop)}
