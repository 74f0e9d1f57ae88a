"""Check a dataset, split it, and write it as TFRecords, with tables of its images, objects and faults.

Reads:
    raw: The dataset, as the stage ``download`` or ``compose`` left it.

Writes:
    converted: ``{train,val,test}-*.tfrecord`` in the TF Object Detection schema, ``images.csv``,
        ``objects.csv``, ``labels.txt`` (line k is class k) and ``issues.csv``; of a dataset with masks also
        ``masks.csv``, those of val and test as run lengths; with ``convert.tile`` also
        ``{train,val}_tiles-*.tfrecord`` and ``tiling.json``. All boxes, areas, masks and keypoints are in pixels of
        the image in its record, which ``convert.max_side`` may have shrunk.
    metrics: The fingerprint of the test set, and counts, as JSON.
    plots: ``classes.csv`` (objects of each class and split) and ``boxes.csv`` (sizes relative to the image).
"""

from pathlib import Path

from pipeline.artifacts import whole, write_json, written_by
from pipeline.datasets.checks.classes import annotated_classes, class_issues
from pipeline.datasets.conversion.check_images import check_images
from pipeline.datasets.conversion.prepare import read_dataset, settings_of
from pipeline.datasets.conversion.summary import box_sizes, class_counts, count_all, describe
from pipeline.datasets.conversion.written import refuse_unfit, write_tables
from pipeline.datasets.converted.fingerprint import with_fingerprint
from pipeline.datasets.converted.ground_truth import read_ground_truth
from pipeline.datasets.converted.tiling import read_tiling
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.table.annotation_table import with_issues
from pipeline.params.convert import Convert
from pipeline.params.dataset import ConvertedDataset
from pipeline.progress import timed_result
from pipeline.stage import stage_main
from pipeline.workers import Workers

WRITERS = {"raw": "download", "composed": "compose", "spectrograms": "spectrograms"}
"""The parameter ``dataset.images`` -> the stage that writes the images."""


def run(
    dataset: ConvertedDataset,
    convert: Convert,
    split_seed: int,
    *,
    raw: Path,
    converted: Path,
    metrics: Path,
    plots: Path,
) -> None:
    """Convert the dataset. The docstring of the module names the inputs and outputs.

    If the dataset is refused, the previous outputs stay, and its issues are listed in ``{converted}-rejected.csv``.
    """
    written_by(WRITERS[dataset.images], raw)
    if dataset.images == "composed":  # the format is that of the items
        dataset = dataset.model_copy(update={"format": "coco"})
    convert = settings_of(dataset.images, convert)
    with timed_result(converted) as done:
        rejected = converted.with_name(f"{converted.name}-rejected.csv")
        with (
            Workers(convert.workers) as workers,
            whole(converted, directory=True) as records,
            whole(plots, directory=True) as plotted,
        ):
            table = read_dataset(DatasetFolder(raw), dataset, convert, seed=split_seed, workers=workers)
            annotated = annotated_classes(table)
            table = check_images(raw, table, convert, workers, records)
            table = with_issues(table, class_issues(table, annotated, convert.checks))
            refuse_unfit(table, convert, rejected=rejected)
            write_tables(table, records)
            class_counts(table).to_csv(plotted / "classes.csv", index=False)
            box_sizes(table, seed=split_seed).to_csv(plotted / "boxes.csv", index=False)
        tiling = read_tiling(converted)
        counts = count_all(table) | ({"tiles": tiling.counts} if tiling else {})
        write_json(metrics, with_fingerprint(counts, read_ground_truth(converted)))
        print(describe(table, f"see {converted}/issues.csv"))
        if tiling:
            print(f"  tiles: {tiling.counts['train']:,} for train and {tiling.counts['val']:,} for val")
        done(f"convert: {len(table.images):,} images")


def main() -> None:
    """Run the stage from the command line."""
    stage_main(run)


if __name__ == "__main__":
    main()
