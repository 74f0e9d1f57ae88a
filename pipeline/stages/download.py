"""Get the dataset, whole, from where ``params.yaml`` says it is.

Reads:
    Nothing of the pipeline; ``dataset.path`` or ``dataset.url``.

Writes:
    raw: The dataset as its owner would have it, unpacked.

Parameters:
    seed, dataset.source, dataset.path, dataset.url, dataset.sha256, dataset.builtin
"""

from pathlib import Path

from pipeline.artifacts import whole
from pipeline.datasets.sources.fetch import fetch
from pipeline.params.schema import Params
from pipeline.stage import stage_main


def run(params: Params, *, raw: Path) -> None:
    """Fetch the dataset; what breaks off on the way leaves what stood at ``raw`` as it was."""
    with whole(raw, directory=True) as folder:
        fetch(params.dataset, folder, seed=params.seed)
        files = sum(path.is_file() for path in folder.rglob("*"))
    print(f"{params.dataset.source}: {files} files in {raw}")


def main() -> None:
    """Run the stage from the command line."""
    stage_main(run)


if __name__ == "__main__":
    main()
