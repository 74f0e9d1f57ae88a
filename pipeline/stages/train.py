"""Train the detector on the zoo's or the classifier's backbone.

Reads: converted records, the zoo's and the classifier's model directories.
Writes: the detector's model directory; learning curves (DVCLive).
Parameters: seed, precision, train.
"""

from functools import partial
from pathlib import Path
from typing import Any

import tensorflow as tf

from pipeline.artifacts import make_deterministic, stable_seed, whole
from pipeline.datasets.augment import augment_scene, seen_masks
from pipeline.datasets.inputs import Example, batched, class_names, epochs_of, records
from pipeline.errors import PipelineError
from pipeline.models.backbones import freeze_stages, set_batchnorm_trainable
from pipeline.models.detector import Detector
from pipeline.models.detectors import build_detector
from pipeline.models.directory import BACKBONE_WEIGHTS, read_facts, save_network, write_facts
from pipeline.models.precision import computing_in, policy_name
from pipeline.ops.images import decode_image, resize
from pipeline.ops.mask_crops import crop_masks
from pipeline.params import Params, Train
from pipeline.stage import stage_main
from pipeline.training import (
    Learner,
    LiveCurves,
    StopOnBadLoss,
    live_log,
    rate_groups,
)


def run(
    params: Params, *, converted: Path, zoo: Path, classifier: Path, detector: Path, curves: Path
) -> None:
    """Train for ``train.epochs`` and keep the last epoch's weights, where the cosine has brought the rate to zero."""
    settings = params.train
    seed = stable_seed(params.seed, "train")
    make_deterministic(seed)
    source = classifier if settings.init == "finetuned" else zoo
    facts = detector_facts(settings, class_names(converted), read_facts(zoo))
    policy = policy_name(params.precision, facts["backbone"])
    with computing_in(policy):
        model = build_detector(facts)
    if settings.init != "scratch":
        model.backbone.load_weights(source / BACKBONE_WEIGHTS)
        set_batchnorm_trainable(model.backbone, not settings.freeze_batchnorm)
        freeze_stages(model.backbone, settings.frozen_stages)

    training, steps = training_batches(converted, model, settings, seed)
    validation = batched(
        records(converted, "val", masks=model.uses_masks),
        partial(still_example, model, settings.image_size),
        settings.batch_size,
        drop_remainder=False,
    )
    learner = Learner(model.network, model.loss, forward=model.forward, clip_norm=settings.clip_norm)
    learner.compile_groups(optimizer_groups(model, settings, steps))
    with whole(curves, directory=True) as log, whole(detector, directory=True) as folder:
        with live_log(log) as live:
            learner.fit(
                training,
                epochs=settings.epochs,
                steps_per_epoch=steps,
                validation_data=validation,
                callbacks=[StopOnBadLoss(), LiveCurves(live)],
                verbose=2,
            )
        save_network(model.network, folder)
        write_facts(folder, {**facts, "seed": params.seed, "init": settings.init, "policy": policy})


def detector_facts(settings: Train, classes: list[str], zoo: dict[str, Any]) -> dict[str, Any]:
    """Gather what :func:`pipeline.models.detectors.build_detector` needs."""
    return {
        "architecture": settings.architecture,
        "classes": classes,
        "image_size": settings.image_size,
        "backbone": zoo["backbone"],
        "alpha": zoo["alpha"],
        settings.architecture: getattr(settings, settings.architecture).model_dump(),
    }


def training_batches(
    converted: Path, model: Detector, settings: Train, seed: int
) -> tuple[tf.data.Dataset, int]:
    """Give the augmented training batches of all epochs, and how many make one epoch."""
    examples = records(converted, "train", masks=model.uses_masks)
    count = int(examples.reduce(0, lambda total, _: total + 1))
    if model.uses_masks and not any(example["has_mask"].any() for example in examples.as_numpy_iterator()):
        raise PipelineError(
            f"{converted}: the train split has no masks, which train.architecture={settings.architecture} learns from"
        )
    batch_size = min(settings.batch_size, count)
    steps = count // batch_size
    stream = epochs_of(examples, seed=seed, epochs=settings.epochs, take=steps * batch_size)
    return batched(
        stream, partial(augmented_example, model, settings), batch_size, drop_remainder=True
    ), steps


def augmented_example(
    model: Detector, settings: Train, example: Example
) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
    """Decode and augment one example, and encode its ground truth."""
    chosen = settings.augment
    scene = augment_scene(
        decode_image(example["encoded"]),
        example["boxes"],
        example["seed"],
        size=settings.image_size,
        use_photometric=chosen.photometric,
        expand=chosen.expand,
        iou_crop=chosen.iou_crop,
        flip=chosen.flip,
    )
    names = ("labels", "ignored", "has_mask") if model.uses_masks else ("labels", "ignored")
    truth = {name: tf.gather(example[name], scene.kept) for name in names} | {"boxes": scene.boxes}
    if model.uses_masks:
        truth["masks"] = seen_masks(example["encoded_masks"], scene, size=model.mask_crop)
    return scene.picture, model.encode(truth)


def still_example(model: Detector, size: int, example: Example) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
    """Decode and resize one example, and encode its ground truth."""
    image = tf.ensure_shape(resize(decode_image(example["encoded"]), size, size), [size, size, 3])
    truth = dict(example)
    if model.uses_masks:
        truth["masks"] = crop_masks(example["encoded_masks"], example["boxes"], model.mask_crop)
    return image, model.encode(truth)


def optimizer_groups(model: Detector, settings: Train, steps: int) -> list[tuple[Any, list[tf.Variable]]]:
    """Give the backbone its own optimizer at ``backbone_lr_factor`` times the rate of the rest.

    From scratch there is nothing to be careful with: then both have the same rate.
    """
    factor = 1.0 if settings.init == "scratch" else settings.backbone_lr_factor
    return rate_groups(
        model.network,
        model.backbone,
        rate=settings.learning_rate,
        backbone_factor=factor,
        weight_decay=settings.weight_decay,
        steps=settings.epochs * steps,
        warmup_steps=settings.warmup_epochs * steps,
    )


def main() -> None:
    """Run the stage from the command line."""
    stage_main(run)


if __name__ == "__main__":
    main()
