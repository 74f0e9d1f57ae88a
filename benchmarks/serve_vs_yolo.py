"""Time the exported files of the detector against a YOLOv8 that another tool exported, from image files to boxes.

The peer is a file of Ultralytics' YOLOv8 in ONNX, TFLite or OpenVINO's format, of any weights, since the speed does not
depend on them. Ours are the files in --folder: ONNX, TFLite and OpenVINO. Each runs one image at a time, on test
records, in a process of its own, in turn, with the same number of threads.

Ours goes from the bytes of a file to detections by `load_predictor`. For the peer, OpenCV decodes the file, scales it
into a square with a grey margin, and suppresses the boxes of the best class of each place. The score threshold of each
lets --candidates scores of an image through to the suppression, on average. The times of the networks alone are
measured on the images that were prepared before.

The times are those of the processor, of all threads together, which other work on the machine hardly changes. With more
than one thread they count the waiting of the runtimes' threads, too.

It leaves out what else a server does, batches, the accuracy of both, and other preparation that the peer's tool may do.
OpenVINO computes in float32 for both.

    python -m benchmarks.serve_vs_yolo [PEER ...] [--folder models/exported] [--threads 1]
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from statistics import mean, median
from typing import Any, NamedTuple

import numpy as np

import pipeline  # noqa: F401  -- chooses Keras 2, before TensorFlow is imported
from benchmarks.measuring.own_process import run_alone
from benchmarks.measuring.processor_time import milliseconds

SUFFIXES = (".onnx", ".tflite", ".xml")
MARGIN = 114
"""The grey around a picture that is no square, as Ultralytics paints it."""

IMAGES = 40
"""Images that are read, at most."""


class Steps(NamedTuple):
    """What is timed: a whole run on the contents of a file, and the network on an image that was prepared."""

    whole: Callable[[bytes], Any]
    prepare: Callable[[bytes], np.ndarray]
    network: Callable[[np.ndarray], Any]
    candidates: float


def main() -> None:
    """Run all files in turn and print the medians and the ratio of the fastest."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("peers", type=Path, nargs="*", metavar="PEER", help="files of the other tool")
    parser.add_argument("--folder", type=Path, default=Path("models/exported"), help="of our files")
    parser.add_argument("--threads", type=int, nargs="+", default=[1])
    parser.add_argument("--candidates", type=int, default=100, help="scores of an image to suppress")
    parser.add_argument("--rounds", type=int, default=3, help="how often each runs; the median counts")
    parser.add_argument("--seconds", type=float, default=1.0, help="of measuring each figure")
    parser.add_argument("--run", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        print(json.dumps(measured(options)))
        return
    ours = sorted(path for path in options.folder.iterdir() if path.suffix in SUFFIXES)
    for threads in options.threads:
        compare(ours, options.peers, threads, options.rounds)
    if not options.peers:
        print("no file of another tool was named, so that only ours ran")


def compare(ours: list[Path], peers: list[Path], threads: int, rounds: int) -> None:
    """Run all files in turn with a number of threads and print the figures."""
    runs: dict[Path, list[dict[str, float]]] = {path: [] for path in [*ours, *peers]}
    for _ in range(rounds):
        for path, measurements in runs.items():
            measurements.append(run_alone("serve_vs_yolo", f"--run={path}", "--threads", str(threads)))
    print(f"threads: {threads}")
    times = {
        path: [median(run[what] for run in measurements) for what in ("whole", "network")]
        for path, measurements in runs.items()
    }
    for path, (whole, network) in times.items():
        side = "ours" if path in ours else "peer"
        count = runs[path][0]["candidates"]
        print(f"  {side} {path.name:<28} {whole:6.1f} ms, network {network:6.1f} ms; {count:.0f} candidates")
    if peers:
        for place, what in enumerate(("whole", "network")):
            best = [min(times[path][place] for path in paths) for paths in (ours, peers)]
            print(
                f"  fastest, {what}: {best[0]:.1f} ms and {best[1]:.1f} ms, ratio ours/peer {best[0] / best[1]:.2f}"
            )


def measured(options: argparse.Namespace) -> dict[str, float]:
    """Return the times of one file, ms, and how many scores of an image went to the suppression."""
    path, [threads] = options.run, options.threads
    files = image_files()
    if path in options.peers:
        steps = peer_steps(path, threads, files, options.candidates)
    else:
        steps = our_steps(path, threads, files, options.candidates)
    prepared = [steps.prepare(file) for file in files]
    return {
        "whole": milliseconds(steps.whole, files, options.seconds),
        "network": milliseconds(steps.network, prepared, options.seconds),
        "candidates": steps.candidates,
    }


def image_files() -> list[bytes]:
    """Return the contents of some image files."""
    # Without TensorFlow, whose threads would be in the way of the peer.
    from pipeline.datasets.converted.record_files import record_files
    from pipeline.datasets.records.example import decode_example
    from pipeline.datasets.records.files import read_record, record_places

    encoded = []
    for path in map(Path, record_files(Path("data/converted"), "test")):
        for place in record_places(path):
            [image] = decode_example(read_record(path, place.offset))["image/encoded"]
            encoded.append(bytes(image))
    return encoded[:IMAGES]


def our_steps(path: Path, threads: int, files: list[bytes], candidates: int) -> Steps:
    """Open a file of this project as `load_predictor` does, with another score threshold."""
    import tensorflow as tf

    from pipeline.serving.batches import prepare_files
    from pipeline.serving.candidate_predictor import READERS, CandidatePredictor

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    opened = READERS[path.suffix](path, threads)

    def prepare(file: bytes) -> np.ndarray:
        image: np.ndarray = prepare_files(tf.constant([file]), opened.config.image_size, 16).image.numpy()
        return image

    scores = [opened.run(prepare(file))["scores"].ravel() for file in files[:16]]
    threshold = threshold_of(scores, candidates)
    section = opened.config.export.model_copy(update={"score_threshold": threshold})
    opened.config = opened.config.model_copy(update={"export": section})
    predictor = CandidatePredictor(opened)
    count = mean(float((score > threshold).sum()) for score in scores)
    return Steps(lambda file: predictor.predict_files([file]), prepare, opened.run, count)


def peer_steps(path: Path, threads: int, files: list[bytes], candidates: int) -> Steps:
    """Open a file of YOLOv8, whose output is [1, 4 + K, N]: centers and sizes in px, and the scores of K classes."""
    import cv2

    cv2.setNumThreads(threads)
    run, side = opened_peer(path, threads)

    def prepare(file: bytes) -> np.ndarray:
        image: Any = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_COLOR)
        scale = side / max(image.shape[:2])
        size = [max(1, round(length * scale)) for length in image.shape[1::-1]]
        square = np.full([side, side, 3], MARGIN, np.uint8)
        left, top = (side - size[0]) // 2, (side - size[1]) // 2
        square[top : top + size[1], left : left + size[0]] = cv2.resize(
            image, size, interpolation=cv2.INTER_LINEAR
        )
        return cv2.dnn.blobFromImage(square, 1 / 255, swapRB=True)

    def best(outputs: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        scores = outputs[0, 4:]
        classes = scores.argmax(axis=0)
        return outputs[0, :4], classes, scores.max(axis=0)

    scores = [best(run(prepare(file)))[2] for file in files[:16]]
    threshold = threshold_of(scores, candidates)

    def whole(file: bytes) -> tuple[np.ndarray, ...]:
        boxes, classes, found = best(run(prepare(file)))
        kept = found > threshold
        centers, sizes = boxes[:2, kept].T, boxes[2:, kept].T
        corners = np.concatenate([centers - sizes / 2, sizes], axis=1)
        classes, found = classes[kept], found[kept]
        suppress: Any = cv2.dnn.NMSBoxesBatched
        chosen = suppress(corners, found, classes, threshold, 0.6, top_k=100)
        return corners[chosen], classes[chosen], found[chosen]

    return Steps(whole, prepare, run, mean(float((score > threshold).sum()) for score in scores))


def opened_peer(path: Path, threads: int) -> tuple[Callable[[np.ndarray], np.ndarray], int]:
    """Return what runs a file on float32 [1, 3, S, S], RGB in [0, 1], and S."""
    if path.suffix == ".onnx":
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        [entry] = session.get_inputs()
        return lambda image: session.run(None, {entry.name: image})[0], entry.shape[2]
    if path.suffix == ".xml":
        import openvino

        options = {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32"}
        model = openvino.Core().compile_model(path, "CPU", options)
        return lambda image: model(image)[0], model.inputs[0].shape[2]
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(path), num_threads=threads)
    interpreter.allocate_tensors()
    [taken], [given] = interpreter.get_input_details(), interpreter.get_output_details()
    last = taken["shape"][-1] == 3

    def run(image: np.ndarray) -> np.ndarray:
        interpreter.set_tensor(taken["index"], image.transpose(0, 2, 3, 1) if last else image)
        interpreter.invoke()
        outputs: np.ndarray = interpreter.get_tensor(given["index"])
        return outputs

    return run, int(taken["shape"][2])


def threshold_of(scores: list[np.ndarray], candidates: int) -> float:
    """Return the score that so many scores of an image exceed, on average."""
    together = np.sort(np.concatenate(scores))
    return float(together[-1 - candidates * len(scores)])


if __name__ == "__main__":
    main()
