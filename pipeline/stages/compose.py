"""Compose scenes of the images of a classification dataset, for a detector or a localizer.

Reads:
    raw: The classification dataset, as the stage ``download`` left it.

Writes:
    composed: A dataset in COCO's format, with a file of annotations for each split.
"""

from pathlib import Path

from pipeline.artifacts import whole, written_by
from pipeline.datasets.composed.dataset import write_scenes
from pipeline.datasets.conversion.prepare import read_dataset
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.params.convert import Convert
from pipeline.params.dataset import DatasetComposition
from pipeline.progress import timed_result
from pipeline.stage import stage_main
from pipeline.workers import Workers


def run(dataset: DatasetComposition, convert: Convert, split_seed: int, *, raw: Path, composed: Path) -> None:
    """Split the images as the convert stage would, and compose scenes of those of each split."""
    written_by("download", raw)
    with (
        timed_result(composed) as done,
        Workers(convert.workers) as workers,
        whole(composed, directory=True) as folder,
    ):
        table = read_dataset(DatasetFolder(raw), dataset, convert, seed=split_seed, workers=workers)
        count = write_scenes(raw, table, dataset.compose, workers, folder, seed=split_seed)
        done(f"compose: {count:,} scenes")


def main() -> None:
    """Run the stage from the command line."""
    stage_main(run)


if __name__ == "__main__":
    main()
