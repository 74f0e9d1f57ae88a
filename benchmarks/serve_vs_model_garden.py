"""Time the exported RetinaNet against Model Garden's own export of the same network, from image files to detections.

Each runs in a process of its own, in turn: the SavedModel of this project, and those that Model Garden's
`DetectionModule` exports for `image_bytes`. In all of them a file is decoded, resized and normalised, and its boxes are
suppressed, inside the SavedModel. Their network is the same to the weight: the RetinaNet of `params.yaml` with the
backbone of the zoo, and random heads. Random heads find nothing, so the biases of the class scores are raised until
--candidates scores of an image are above `export.score_threshold`; how many there are is printed for each.

`ours_folded` has BatchNorm of the backbone folded into the convolutions, as detectors are trained by default; the
others have it unfolded. `garden` suppresses by TensorFlow's combined operation, as ours does. Model Garden cannot batch
images of different sizes: all images have one size. The times are those of the processor, of all threads together,
which other work on the machine hardly changes.

    python -m benchmarks.serve_vs_model_garden [--rounds 3]
"""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import pipeline  # noqa: F401  -- chooses Keras 2, before TensorFlow is imported
from benchmarks.measuring.exported import exported
from benchmarks.measuring.own_process import run_alone
from benchmarks.measuring.processor_time import milliseconds

TOOLS = ("ours", "ours_folded", "garden")
BATCHES = (1, 8)

MEAN, DEVIATION = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
"""Of the pixels 0-1, by which Model Garden normalises before the network, and the backbone of the zoo inside it."""


def main() -> None:
    """Run all in turn and print the medians and the ratios."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--candidates", type=int, default=500, help="scores of an image above the threshold")
    parser.add_argument("--rounds", type=int, default=3, help="how often each runs; the median counts")
    parser.add_argument("--seconds", type=float, default=3.0, help="of measuring for each batch size")
    parser.add_argument("--tool", choices=TOOLS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.tool:
        print(json.dumps(measured(options)))
        return
    found: dict[str, list[dict[str, Any]]] = {tool: [] for tool in TOOLS}
    for _ in range(options.rounds):
        for tool, runs in found.items():
            runs.append(run_alone("serve_vs_model_garden", f"--tool={tool}"))
            print(f"  {tool}: {', '.join(f'{time:.1f}' for time in runs[-1]['ms'])} ms", flush=True)
    first = found["ours"][0]
    print(f"{first['images']} images of {first['size']}; decoding and suppression are inside for all")
    times = {
        tool: [median(run["ms"][place] for run in runs) for place in (0, 1)] for tool, runs in found.items()
    }
    for tool, runs in found.items():
        shown = "  ".join(
            f"batch {batch}: {own:6.1f} ms, ours/this {ours / own:.2f}"
            for batch, own, ours in zip(BATCHES, times[tool], times["ours"], strict=True)
        )
        counts = f"{runs[0]['candidates']:.0f} candidates and {runs[0]['detections']:.0f} detections an image"
        print(f"  {tool:<15} {shown}  ({counts})")


def measured(options: argparse.Namespace) -> dict[str, Any]:
    """Export a detector, load the export, and return its times, ms, and how much there was to suppress."""
    import tensorflow as tf

    from benchmarks.time_to_ap import setting

    params, config, build = setting("retinanet")
    if options.tool == "ours_folded":
        from pipeline.models.detectors.registry import build_detector
        from pipeline.models.weights.directory import BACKBONE_WEIGHTS

        folded = config.model_copy(update={"folded": True})
        detector: Any = build_detector(folded, Path("models/zoo") / BACKBONE_WEIGHTS)
    else:
        detector = build()
    files, size = files_of_one_size()
    raise_scores(detector, files, params, options.candidates)
    with TemporaryDirectory() as folder:
        export = our_export if options.tool.startswith("ours") else garden_export
        signature, candidates = export(detector, config, params, Path(folder))

        def detect(batch: list[bytes]) -> dict[str, Any]:
            return {name: value.numpy() for name, value in signature(tf.constant(batch)).items()}

        times = [milliseconds(detect, whole_batches(files, batch), options.seconds) for batch in BATCHES]
        detections = [detect([file])["num_detections"][0] for file in files[: max(BATCHES)]]
    return {
        "ms": times,
        "images": len(files),
        "size": size,
        "candidates": median([int(candidates(file)) for file in files[: max(BATCHES)]]),
        "detections": sum(map(float, detections)) / len(detections),
    }


def whole_batches(files: list[bytes], batch: int) -> list[list[bytes]]:
    """Return whole batches of files, without those that are left over."""
    return [files[start : start + batch] for start in range(0, len(files) - batch + 1, batch)]


def files_of_one_size() -> tuple[list[bytes], str]:
    """Return the image files of the most frequent size."""
    from io import BytesIO

    from PIL import Image

    from pipeline.inputs.examples import records

    files = [example.encoded for example in records(Path("data/converted"), "test").as_numpy_iterator()]
    groups: dict[str, list[bytes]] = {}
    for file in files:
        width, height = Image.open(BytesIO(file)).size
        groups.setdefault(f"{width} x {height} px", []).append(file)
    size = max(groups, key=lambda name: len(groups[name]))
    if len(groups[size]) < max(BATCHES):
        sys.exit(f"no {max(BATCHES)} images have the same size")
    return groups[size], size


def raise_scores(detector: Any, files: list[bytes], params: Any, candidates: int) -> None:
    """Raise the biases of the class scores until an image has so many scores above the threshold, on average."""
    import numpy as np
    import tensorflow as tf

    from pipeline.serving.batches import prepare_files

    images = prepare_files(tf.constant(files[:16]), params.train.image_size, 16).image
    logits = detector.network(images, training=False)["class_logits"].numpy()[..., 1:].ravel()
    reached = np.partition(logits, -candidates * len(images))[-candidates * len(images)]
    threshold = params.export.score_threshold
    bias = next(value for value in detector.head.trainable_variables if "/scores/bias" in value.name)
    bias.assign(bias + float(np.log(threshold / (1 - threshold)) - reached))


Export = tuple[Callable[[Any], dict[str, Any]], Callable[[bytes], Any]]
"""The loaded signature, and the number of candidates of an image above the threshold."""


def our_export(detector: Any, config: Any, params: Any, folder: Path) -> Export:
    """Export as the export stage does."""
    import tensorflow as tf

    from pipeline.serving.batches import prepare_files

    def candidates(file: bytes) -> Any:
        image = prepare_files(tf.constant([file]), config.image_size, 16).image
        scores = detector.candidates(detector.network(image, training=False)).scores
        return tf.math.count_nonzero(scores > params.export.score_threshold)

    return exported(detector, config, params, folder), candidates


def garden_export(detector: Any, config: Any, params: Any, folder: Path) -> Export:
    """Export by Model Garden's own module, around its own model of the same layers."""
    import tensorflow as tf
    from official.vision.configs import retinanet
    from official.vision.serving.detection import DetectionModule
    from official.vision.serving.export_saved_model_lib import export_inference_graph

    from benchmarks.time_to_ap import garden_task

    size = params.train.image_size
    task = garden_task(params, len(config.classes)).task_config
    task.model.detection_generator = retinanet.DetectionGenerator(
        pre_nms_score_threshold=params.export.score_threshold,
        nms_iou_threshold=params.export.nms_iou,
        max_num_detections=params.export.max_detections,
        nms_version="batched",
    )
    experiment = retinanet.cfg.ExperimentConfig(task=task)
    model = garden_model(detector, task.model, size)
    module = DetectionModule(
        params=experiment,
        batch_size=None,
        input_image_size=[size, size],
        input_type="image_bytes",
        model=model,
    )
    export_inference_graph(
        "image_bytes", None, [size, size], experiment, None, str(folder), export_module=module
    )

    def candidates(file: bytes) -> Any:
        image, _, _ = module.preprocess(tf.io.decode_jpeg(file, channels=3)[None])
        outputs = model(image, training=False)["cls_outputs"].values()
        scores = [tf.sigmoid(tf.reshape(level, [-1, task.model.num_classes])[:, 1:]) for level in outputs]
        return tf.math.count_nonzero(tf.concat(scores, axis=0) > params.export.score_threshold)

    return tf.saved_model.load(str(folder)).signatures["serving_default"], candidates


def garden_model(detector: Any, section: Any, size: int) -> Any:
    """Return Model Garden's RetinaNet model of the layers of a detector."""
    import tensorflow as tf
    import tf_keras
    from official.vision.modeling.layers.detection_generator import MultilevelDetectionGenerator
    from official.vision.modeling.retinanet_model import RetinaNetModel

    from pipeline.models.detectors.feature_grid import on_grid

    normalised = tf_keras.Input([size, size, 3])
    pixels = (normalised * tf.constant(DEVIATION) + tf.constant(MEAN)) * 255.0
    generator = section.detection_generator
    return RetinaNetModel(
        tf_keras.Model(normalised, on_grid(detector.backbone, size)(pixels)),
        detector.pyramid,
        detector.head,
        MultilevelDetectionGenerator(
            pre_nms_top_k=generator.pre_nms_top_k,
            pre_nms_score_threshold=generator.pre_nms_score_threshold,
            nms_iou_threshold=generator.nms_iou_threshold,
            max_num_detections=generator.max_num_detections,
            nms_version=generator.nms_version,
        ),
        min_level=section.min_level,
        max_level=section.max_level,
        num_scales=section.anchor.num_scales,
        aspect_ratios=section.anchor.aspect_ratios,
        anchor_size=section.anchor.anchor_size,
    )


if __name__ == "__main__":
    main()
