"""Copy or download the dataset from the place that ``params.yaml`` names.

Reads:
    ``dataset.path`` or ``dataset.url``.

Writes:
    raw: The files of the dataset, unpacked and otherwise unchanged.
"""

from pathlib import Path

from pipeline.artifacts import whole
from pipeline.datasets.sources.fetch import fetch
from pipeline.params.dataset import DatasetSource
from pipeline.progress import timed_result
from pipeline.stage import stage_main


def run(dataset: DatasetSource, split_seed: int, *, raw: Path) -> None:
    """Fetch the dataset. If the transfer fails, the previous content of ``raw`` stays as it was."""
    with timed_result(raw) as done, whole(raw, directory=True) as folder:
        fetch(dataset, folder, seed=split_seed)
        files = sum(path.is_file() for path in folder.rglob("*"))
        done(f"download: {files:,} files from {dataset.source}")


def main() -> None:
    """Run the stage from the command line."""
    stage_main(run)


if __name__ == "__main__":
    main()
