"""The checked dataset in another format."""

from pathlib import Path

from pipeline.artifacts import whole
from pipeline.datasets.converted.checked_dataset import ConvertedDataset
from pipeline.datasets.converted.ground_truth import read_ground_truth
from pipeline.datasets.writers import WRITERS
from pipeline.errors import PipelineError

CONVERTED = Path("data/converted")


def to(name: str, folder: Path) -> None:
    """Write what the convert stage made of the dataset, repairs and splits included, in the format ``name``.

    Raises:
        PipelineError: ``folder`` holds something, the convert stage has not run, or the format has no place for
            any of the objects.
    """
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise PipelineError(f"{folder}: not empty; name a folder that is not there yet, and it will be made")
    truth = read_ground_truth(CONVERTED)
    dataset = ConvertedDataset(truth.images, truth.objects, truth.classes, CONVERTED)
    try:
        with whole(folder.resolve(), directory=True) as partial:
            objects = WRITERS[name](dataset, partial)
    except (FileExistsError, FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise PipelineError(f"{error.filename}: {error.strerror}; name another folder") from None
    print(f"{len(truth.images)} images and {objects} objects in {folder}")
