"""Check a dataset, split it, and write it as TFRecords, with a table of what is in it and what was wrong.

Reads:
    raw: The dataset, as ``download`` left it.

Writes:
    converted: ``{train,val,test}-*.tfrecord`` in the TF Object Detection schema, ``images.csv``,
        ``objects.csv``, ``labels.txt`` (line k is class k) and ``issues.csv``; of a dataset with masks also
        ``masks.csv``, those of val and test as run lengths.
    metrics: Counts as JSON.
    plots: ``classes.csv`` (objects of each class and split) and ``boxes.csv`` (sizes relative to the image).
"""

from pathlib import Path

from pipeline.artifacts import whole, write_json
from pipeline.datasets.checks.verdict import check_dataset
from pipeline.datasets.conversion.check_images import check_images
from pipeline.datasets.conversion.prepare import read_dataset
from pipeline.datasets.conversion.summary import box_sizes, class_counts, count_all, describe
from pipeline.datasets.converted.tables import write_table
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.params.convert import Convert
from pipeline.params.dataset import DatasetFormat
from pipeline.stage import stage_main
from pipeline.workers import Workers


def run(
    dataset: DatasetFormat,
    convert: Convert,
    seed: int,
    *,
    raw: Path,
    converted: Path,
    metrics: Path,
    plots: Path,
) -> None:
    """Convert the dataset; the module says what is read and written.

    A dataset that is refused leaves the previous outputs, and its issues beside them, in
    ``{converted}-rejected.csv``.
    """
    rejected = converted.with_name(f"{converted.name}-rejected.csv")
    with (
        Workers(convert.workers) as workers,
        whole(converted, directory=True) as records,
        whole(plots, directory=True) as plotted,
    ):
        table = read_dataset(DatasetFolder(raw), dataset, convert, seed=seed, workers=workers)
        table = check_images(raw, table, convert, workers, records)
        table = check_dataset(table, convert, rejected=rejected)
        write_table(table, records)
        class_counts(table).to_csv(plotted / "classes.csv", index=False)
        box_sizes(table, seed=seed).to_csv(plotted / "boxes.csv", index=False)
    write_json(metrics, count_all(table))
    print(describe(table))


def main() -> None:
    """Run the stage from the command line."""
    stage_main(run)


if __name__ == "__main__":
    main()
