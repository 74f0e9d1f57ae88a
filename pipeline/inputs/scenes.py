"""The detector's batches: scenes and their encoded ground truth."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tensorflow as tf

from pipeline.datasets.converted.labels import read_labels
from pipeline.datasets.converted.tiling import learnt_split
from pipeline.errors import PipelineError
from pipeline.inputs.balance import balanced
from pipeline.inputs.examples import Example, batched, epochs_of, records, shuffled_records
from pipeline.inputs.keypoints import KeypointLayout, keypoints_in_view
from pipeline.inputs.mixing import PARTNERS, mixed_scenes
from pipeline.inputs.scene_augmentation import Scene, augment_scene, masks_in_view, scene_window
from pipeline.ops.images import decode_for_window, decode_image, resize
from pipeline.ops.mask_crops import crop_masks
from pipeline.ops.truth import Truth
from pipeline.params.train import Augment, Train

Encode = Callable[[Truth], Any]
"""A detector's ``encode``: it turns the ground truth of one image into a NamedTuple of targets."""


def training_batches(
    converted: Path,
    encode: Encode,
    train: Train,
    seed: int,
    *,
    steps: int,
    mask_crop: int,
    layout: KeypointLayout | None = None,
) -> tf.data.Dataset:
    """Make the augmented batches of a training, of whole images or of tiles.

    Args:
        converted: Folder of the converted dataset.
        train: Section ``train`` of the parameters.
        steps: Number of batches.
        mask_crop: M, the side of the masks in cells; 0 for a detector without masks.
        layout: The layout of the keypoints; None for a detector without keypoints.

    Returns:
        A dataset of images, float32 [B, S, S, 3], and targets. A batch continues with the next epoch where the images
        of one epoch end.

    Raises:
        PipelineError: The detector learns masks, and no object of the train split has one.
    """
    masks, keypoints = mask_crop > 0, layout.number if layout else 0
    split, repeats = learnt_split(converted, "train"), None
    examples = records(converted, split, masks=masks, keypoints=keypoints)
    count = int(examples.reduce(0, lambda total, _: total + 1))
    if mask_crop:
        refuse_without_masks(examples, converted, train.architecture)
    # The scenes after the last ones are their partners in mosaic and mixup.
    scene_count = steps * train.batch_size
    epochs = math.ceil((scene_count + PARTNERS * train.batch_size) / count)
    if train.class_balanced:
        repeats = balanced(examples, len(read_labels(converted)), seed=seed)
    ordered = shuffled_records(converted, split, masks=masks, keypoints=keypoints)
    stream = epochs_of(ordered, seed=seed, epochs=epochs, repeats=repeats)
    return batched(
        augmented_scenes(stream, train, scene_count, mask_crop=mask_crop, layout=layout),
        lambda scene: (scene.image, encode(scene.truth)),
        train.batch_size,
        drop_remainder=True,
    )


def augmented_scenes(
    examples: tf.data.Dataset,
    train: Train,
    count: int,
    *,
    mask_crop: int,
    layout: KeypointLayout | None = None,
) -> tf.data.Dataset:
    """Decode, augment and mix examples.

    Args:
        examples: A dataset of :class:`Example` with seeds: ``count`` of them, and :data:`PARTNERS` batches more.
        train: Section ``train`` of the parameters.
        count: Number of scenes.
        mask_crop: M, the side of the masks in cells; 0 for a detector without masks.
        layout: The layout of the keypoints; None for a detector without keypoints.

    Returns:
        A dataset of ``count`` :class:`Scene`, in the order of the examples.
    """
    scenes = examples.map(
        lambda example: augmented_scene(example, train.augment, train.image_size, mask_crop, layout),
        num_parallel_calls=tf.data.AUTOTUNE,
        deterministic=True,
    )
    return _mixed(scenes, train, count).take(count)


def _mixed(scenes: tf.data.Dataset, train: Train, count: int) -> tf.data.Dataset:
    """Mix the first scenes of a training of ``count`` scenes, if ``train.augment`` asks for it."""
    augment = train.augment
    if not augment.mosaic and not augment.mixup:
        return scenes
    return mixed_scenes(
        scenes,
        mosaic=augment.mosaic,
        mixup=augment.mixup,
        apart=train.batch_size,
        mixed=round(count * augment.mixing_ends),
    )


def refuse_without_masks(examples: tf.data.Dataset, converted: Path, architecture: str) -> None:
    """Raise an error if no object of the train split has a mask."""
    if not any(example.has_mask.any() for example in examples.as_numpy_iterator()):
        raise PipelineError(
            f"{converted}: the train split has no masks, which train.architecture={architecture} learns from"
        )


def refuse_unfit_objects(
    converted: Path, architecture: str, objects_per_image: int, layout: KeypointLayout | None = None
) -> None:
    """Raise an error if the train split is not for a detector that finds few objects in an image.

    An image may have at most ``objects_per_image`` objects that count.

    Args:
        layout: The layout of the keypoints. An object without a labelled one does not count, and one object at least
            must have one. None for a detector without keypoints.
    """
    examples = records(converted, "train", keypoints=layout.number if layout else 0).as_numpy_iterator()
    crowded, any_labelled = 0, layout is None
    for example in examples:
        counted = ~example.ignored
        if layout is not None:
            labelled = (example.keypoints[..., 2] > 0).any(axis=1)
            any_labelled |= labelled.any()
            counted &= labelled
        crowded += int(counted.sum() > objects_per_image)
    if not any_labelled:
        raise PipelineError(f"{converted}: no keypoint of the train split is labelled")
    if crowded:
        raise PipelineError(
            f"{converted}: {crowded:,} images of the train split have more than {objects_per_image} object, but "
            f"train.architecture={architecture} finds {objects_per_image} in an image; take gfl, or other images"
        )


def validation_batches(
    converted: Path, encode: Encode, train: Train, *, mask_crop: int, layout: KeypointLayout | None = None
) -> tf.data.Dataset:
    """Make the batches of the val split, without augmentation.

    Args:
        converted: Folder of the converted dataset.
        train: Section ``train`` of the parameters.
        mask_crop: M, the side of the masks in cells; 0 for a detector without masks.
        layout: The layout of the keypoints; None for a detector without keypoints.

    Returns:
        A dataset of images, float32 [B, S, S, 3], and targets. The last batch may be smaller.
    """

    def targets(example: Example) -> Any:
        return encode(unaugmented_truth(example, mask_crop))

    number = layout.number if layout else 0
    return unaugmented_scenes(converted, "val", targets, train, masks=mask_crop > 0, keypoints=number)


def unaugmented_scenes(
    converted: Path,
    split: str,
    prepare: Callable[[Example], Any],
    train: Train,
    *,
    masks: bool = False,
    keypoints: int = 0,
) -> tf.data.Dataset:
    """Make the batches of a split, or of its tiles, without augmentation.

    Args:
        converted: Folder of the converted dataset.
        split: One of the splits whose pictures may be cut.
        prepare: A function from an example to tensors.
        train: Section ``train`` of the parameters.
        masks: Whether the examples bring masks.
        keypoints: N, the number of keypoints that the examples bring; 0 for none.

    Returns:
        A dataset of images, float32 [B, S, S, 3], and the results of ``prepare``. The last batch may be smaller.
    """
    return batched(
        records(converted, learnt_split(converted, split), masks=masks, keypoints=keypoints),
        lambda example: (unaugmented_image(example, train.image_size), prepare(example)),
        train.batch_size,
        drop_remainder=False,
    )


def augmented_scene(
    example: Example, augment: Augment, size: int, mask_crop: int, layout: KeypointLayout | None = None
) -> Scene:
    """Decode and augment an example.

    Args:
        example: An example with a seed, and with masks if ``mask_crop`` is not 0.
        augment: Section ``train.augment`` of the parameters.
        size: S, the side of the image, px.
        mask_crop: M, the side of the masks in cells; 0 for a detector without masks.
        layout: The layout of the keypoints; None for a detector without keypoints.

    Returns:
        The scene with its visible objects and the seed of the example.
    """
    seeds = tf.random.split(example.seed, 2)
    window = scene_window(
        example.boxes,
        seeds[0],
        expand=augment.expand,
        iou_crop=augment.iou_crop,
        scale=(augment.scale_min, augment.scale_max),
        stretch=augment.stretch,
    )
    view = augment_scene(
        decode_for_window(example.encoded, example.size_px, window, size),
        example.boxes,
        window,
        seeds[1],
        size=size,
        use_photometric=augment.photometric,
        flip=augment.flip and (layout is None or layout.mirrored is not None),
    )
    truth = Truth(
        boxes=view.boxes,
        labels=tf.gather(example.labels, view.kept),
        ignored=tf.gather(example.ignored, view.kept),
        seed=example.seed,
    )
    if layout is not None:
        truth = truth._replace(keypoints=keypoints_in_view(example.keypoints, view, layout))
    if mask_crop:
        truth = truth._replace(
            masks=masks_in_view(example.encoded_masks, view, size=mask_crop),
            has_mask=tf.gather(example.has_mask, view.kept),
        )
    return Scene(view.image, truth)


def unaugmented_image(example: Example, size: int) -> tf.Tensor:
    """Decode and resize an example's image: float32 [size, size, 3], RGB in [0, 255]."""
    return tf.ensure_shape(resize(decode_image(example.encoded), size, size), [size, size, 3])


def unaugmented_truth(example: Example, mask_crop: int) -> Truth:
    """Return the ground truth of an example, with masks of ``mask_crop`` cells a side unless that is 0."""
    truth = Truth(
        boxes=example.boxes, labels=example.labels, ignored=example.ignored, keypoints=example.keypoints
    )
    if not mask_crop:
        return truth
    masks = crop_masks(example.encoded_masks, example.boxes, mask_crop)
    return truth._replace(masks=masks, has_mask=example.has_mask)
