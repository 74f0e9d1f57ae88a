"""Measure each exported file of the detector: its size, its speed, and its scores on the test split.

Reads:
    converted: The test records, ``images.csv``, ``objects.csv`` and ``labels.txt``.
    exported: The SavedModel of the detector and its files in other formats.

Writes:
    metrics: The fingerprint of the test set, and a row for each file. The times in it differ from run to run.
"""

import hashlib
from pathlib import Path
from typing import Any

from pipeline.artifacts import write_json
from pipeline.datasets.converted.fingerprint import with_fingerprint
from pipeline.datasets.converted.ground_truth import GroundTruth, read_ground_truth
from pipeline.errors import PipelineError
from pipeline.evaluation.coco_scores import coco_evaluation, coco_scores
from pipeline.evaluation.exported_files import ExportedFile, as_text
from pipeline.evaluation.predictions import results_table
from pipeline.inputs.examples import records
from pipeline.params.detect import Detect
from pipeline.params.evaluate import Evaluate
from pipeline.params.export import ExportLimits
from pipeline.progress import progress_bar, timed_result
from pipeline.serving.formats.files import FORMATS
from pipeline.serving.loading import load_predictor
from pipeline.serving.predict import detections
from pipeline.serving.speed import BATCH, measured_speeds
from pipeline.stage import stage_main

SAVED_MODEL = "SavedModel"
THREADS = (1, 2)


def run(
    detect: Detect,
    evaluate: Evaluate,
    export: ExportLimits,
    *,
    converted: Path,
    exported: Path,
    metrics: Path,
) -> None:
    """Measure the files, print their table, and fail if one of them has lost too much."""
    with timed_result(metrics) as done:
        truth = read_ground_truth(converted)
        paths = exported_paths(exported)
        scores = {
            name: file_scores(path, converted, truth.split("test"), detect, evaluate.max_detections)
            for name, path in paths.items()
        }
        pictures = [example.encoded.numpy() for example in records(converted, "test").take(BATCH)]
        speeds = {
            threads: dict(zip(paths, measured_speeds(list(paths.values()), pictures, threads), strict=True))
            for threads in THREADS
        }
        rows = []
        for name, path in paths.items():
            single, batch = (round(value, 2) for value in speeds[1][name])
            rows.append(
                ExportedFile(
                    format=name,
                    file=path.name,
                    bytes=size_of(path),
                    latency_1_ms=single,
                    latency_8_ms=batch,
                    images_per_second_1_thread=round(1000 * BATCH / speeds[1][name].batch_ms, 1),
                    images_per_second_2_threads=round(1000 * BATCH / speeds[2][name].batch_ms, 1),
                    mAP=scores[name]["mAP"],
                    AP50=scores[name]["AP50"],
                    mAP_difference=difference(scores[name]["mAP"], scores[SAVED_MODEL]["mAP"]),
                    sha256=checksum(path),
                )
            )
        write_json(metrics, with_fingerprint({"files": [row._asdict() for row in rows]}, truth))
        print(as_text(rows), flush=True)
        refuse_losses(rows, export.max_loss)
        done("measure_exports: the exported files")


def exported_paths(exported: Path) -> dict[str, Path]:
    """Return the path of the SavedModel and of each file in another format that was written, by the formats' names."""
    others = {name: exported / each.file for name, each in FORMATS.items()}
    return {SAVED_MODEL: exported / "detector"} | {
        name: path for name, path in others.items() if path.exists()
    }


def file_scores(
    path: Path, converted: Path, truth: GroundTruth, detect: Detect, max_detections: int
) -> dict[str, Any]:
    """Return COCO's scores of an exported detector on the test split, by the way that detect and evaluate take."""
    predictor = load_predictor(path, batch_size=detect.batch_size)
    with progress_bar(f"detecting with {path.name}", len(truth.images)) as advance:
        found = list(detections(predictor, records(converted, "test"), detect.batch_size, advance))
    table = results_table(found, truth, path)
    return coco_scores(coco_evaluation(truth, table, max_detections=max_detections))


def checksum(path: Path) -> str:
    """Return the sha256 of a file or, of a folder, of its files in the order of their names."""
    files = sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def size_of(path: Path) -> int:
    """Return the bytes of a file or folder, and of the weights beside it that OpenVINO has in a file of their own."""
    files = path.rglob("*") if path.is_dir() else {path, path.with_suffix(".bin")}
    return sum(file.stat().st_size for file in files if file.is_file())


def difference(score: float | None, reference: float | None) -> float | None:
    """Return the difference of two scores; None if one of them is undefined."""
    return None if score is None or reference is None else score - reference


def refuse_losses(rows: list[ExportedFile], max_loss: float | None) -> None:
    """Raise an error if a file has lost more mAP against the SavedModel than it may."""
    lost = [
        f"{row.file} has {-row.mAP_difference:.3f} less mAP than the SavedModel"
        for row in rows
        if max_loss is not None and row.mAP_difference is not None and -row.mAP_difference > max_loss
    ]
    if lost:
        raise PipelineError(
            f"{'; '.join(lost)}, but export.max_loss is {max_loss}; leave the format out of export.formats, or raise "
            "export.max_loss"
        )


def main() -> None:
    """Run the stage from the command line."""
    stage_main(run)


if __name__ == "__main__":
    main()
