"""Time training steps against Model Garden's own training of the same model on the same records.

Each runs in a process of its own, in turn, with its own input pipeline, loss, optimizer and weight decay: the
RetinaNet or the Faster R-CNN of `params.yaml` on Model Garden's ResNet, in float32, from records that `dvc repro`
made. Both augment as Model Garden does, by flips and scale jitter; with --own-augmentation ours augments as
`params.yaml` has it, which is more work. Prints images a second, without the first steps, and the ratio.

    python -m benchmarks.train_vs_model_garden [--architecture retinanet] [--depth 18] [--size 128]
"""

import argparse
from collections.abc import Iterator
from statistics import median
from typing import Any

import pipeline  # noqa: F401  -- chooses Keras 2, before TensorFlow is imported
from benchmarks.measuring.own_process import run_alone
from benchmarks.measuring.training_speed import CONVERTED, UNTIMED_STEPS, images_per_second, training_steps

TOOLS = ("ours", "model_garden")
SCALES = (0.8, 1.25)


def main() -> None:
    """Run both in turn and print the ratio."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--architecture", choices=["retinanet", "faster_rcnn"], default="retinanet")
    parser.add_argument("--depth", type=int, choices=[18, 50, 101], default=18, help="of the ResNet")
    parser.add_argument("--size", type=int, default=128, help="side of the square input, px")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--steps", type=int, default=40, help="timed, after five that are not")
    parser.add_argument("--rounds", type=int, default=3, help="how often each runs; the median counts")
    parser.add_argument("--own-augmentation", action="store_true", help="ours as in params.yaml")
    parser.add_argument("--tool", choices=TOOLS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.tool:
        stream = {"ours": our_steps, "model_garden": garden_steps}[options.tool](options)
        print(images_per_second(stream, options.steps, options.batch))
        return
    rates: dict[str, list[float]] = {tool: [] for tool in TOOLS}
    for _ in range(options.rounds):
        for tool, measured in rates.items():
            measured.append(run_alone("train_vs_model_garden", f"--tool={tool}"))
    print(
        f"{options.architecture}, ResNet-{options.depth}, {options.size} px, batches of {options.batch}, float32"
    )
    for tool, measured in rates.items():
        print(f"  {tool:<13} {median(measured):6.1f} images/s")
    print(f"  ratio ours/theirs {median(rates['ours']) / median(rates['model_garden']):.2f}")


def our_steps(options: argparse.Namespace) -> Iterator[Any]:
    """Train as the train stage does."""
    from pipeline.datasets.converted.labels import read_labels
    from pipeline.models.detectors.registry import build_detector
    from pipeline.models.weights.config import BackboneConfig
    from pipeline.params.load import load_params
    from pipeline.training.recipes import detector_config

    settings = load_params().train
    changes = {"architecture": options.architecture, "image_size": options.size, "batch_size": options.batch}
    if not options.own_augmentation:
        jitter = {"scale_min": SCALES[0], "scale_max": SCALES[1], "flip": True}
        others = {
            "photometric": False,
            "expand": 1.0,
            "iou_crop": False,
            "stretch": 1.0,
            "mosaic": 0.0,
            "mixup": 0.0,
        }
        changes["augment"] = settings.augment.model_copy(update=jitter | others)
    settings = settings.model_copy(update=changes | {"steps": UNTIMED_STEPS + options.steps})
    backbone = BackboneConfig.model_validate(
        {"backbone": f"garden_resnet{options.depth}", "alpha": 1.0, "weights": "none"}
    )
    model = build_detector(detector_config(settings, read_labels(CONVERTED), backbone))
    return training_steps(model, settings)


def garden_steps(options: argparse.Namespace) -> Iterator[Any]:
    """Train by Model Garden's task, with its own model and inputs, and the optimizer of its configurations."""
    import tensorflow as tf
    import tf_keras

    task = garden_task(options)
    model = task.build_model()
    batches = iter(task.build_inputs(task.task_config.train_data))
    optimizer = tf_keras.optimizers.legacy.SGD(0.01, momentum=0.9)
    metrics = task.build_metrics(training=True)

    @tf.function
    def step(stream: Any) -> Any:
        return task.train_step(next(stream), model, optimizer, metrics)

    while True:
        yield {name: float(value) for name, value in step(batches).items()}


def garden_task(options: argparse.Namespace) -> Any:
    """Configure Model Garden's task as `params.yaml` configures ours, with the weight decay of its own experiments."""
    from official.vision.configs import backbones, decoders, maskrcnn, retinanet
    from official.vision.tasks import maskrcnn as maskrcnn_task
    from official.vision.tasks import retinanet as retinanet_task

    from pipeline.datasets.converted.labels import read_labels
    from pipeline.params.load import load_params

    ours = getattr(load_params().train, options.architecture)
    data = {
        "input_path": str(CONVERTED / "train-*"),
        "is_training": True,
        "global_batch_size": options.batch,
        "dtype": "float32",
    }
    augment = {"aug_rand_hflip": True, "aug_scale_min": SCALES[0], "aug_scale_max": SCALES[1]}
    anchor = {
        "num_scales": ours.scales,
        "aspect_ratios": list(ours.aspect_ratios),
        "anchor_size": ours.anchor_size,
    }
    size = [options.size, options.size, 3]
    backbone = backbones.Backbone(type="resnet", resnet=backbones.ResNet(model_id=options.depth))
    classes = len(read_labels(CONVERTED)) + 1
    if options.architecture == "retinanet":
        model = retinanet.RetinaNet(
            num_classes=classes,
            input_size=size,
            max_level=ours.max_level,
            anchor=retinanet.Anchor(**anchor),
            backbone=backbone,
            decoder=decoders.Decoder(type="fpn", fpn=decoders.FPN(num_filters=ours.filters)),
            head=retinanet.RetinaNetHead(num_convs=ours.convolutions, num_filters=ours.filters),
        )
        inputs = retinanet.DataConfig(**data, parser=retinanet.Parser(**augment))
        losses = retinanet.Losses(l2_weight_decay=1e-4)
        return retinanet_task.RetinaNetTask(
            retinanet.RetinaNetTask(model=model, losses=losses, train_data=inputs)
        )
    model = maskrcnn.MaskRCNN(
        num_classes=classes,
        input_size=size,
        max_level=ours.max_level,
        include_mask=False,
        anchor=maskrcnn.Anchor(**anchor),
        backbone=backbone,
        decoder=decoders.Decoder(type="fpn", fpn=decoders.FPN(num_filters=ours.filters)),
        rpn_head=maskrcnn.RPNHead(num_filters=ours.filters),
        detection_head=maskrcnn.DetectionHead(num_convs=0, num_fcs=1, fc_dims=ours.head_units),
        roi_generator=maskrcnn.ROIGenerator(num_proposals=ours.proposals),
        roi_sampler=maskrcnn.ROISampler(
            num_sampled_rois=ours.sampled_rois,
            foreground_fraction=ours.roi_foreground,
            foreground_iou_threshold=ours.roi_match_iou,
            background_iou_high_threshold=ours.roi_match_iou,
        ),
    )
    parser = maskrcnn.Parser(
        rpn_match_threshold=ours.match_iou,
        rpn_unmatched_threshold=ours.unmatched_iou,
        rpn_batch_size_per_im=ours.sampled_anchors,
        **augment,
    )
    inputs = maskrcnn.DataConfig(**data, parser=parser)
    losses = maskrcnn.Losses(l2_weight_decay=4e-5)
    return maskrcnn_task.MaskRCNNTask(maskrcnn.MaskRCNNTask(model=model, losses=losses, train_data=inputs))


if __name__ == "__main__":
    main()
