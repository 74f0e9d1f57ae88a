"""The command ``to``: write the checked dataset in another format."""

from pathlib import Path

from pipeline.artifacts import whole
from pipeline.datasets.converted.checked_dataset import ConvertedDataset
from pipeline.datasets.converted.ground_truth import read_ground_truth
from pipeline.datasets.writers import WRITERS
from pipeline.output_place import output_place, refuse_used

CONVERTED = Path("data/converted")
"""The output folder of the convert stage in ``dvc.yaml``."""


def to(name: str, folder: Path) -> None:
    """Write the output of the convert stage, with its repairs and splits, in another format.

    Args:
        name: The format: a key of :data:`pipeline.datasets.writers.WRITERS`.
        folder: A folder that is empty or does not exist. It is written completely or not at all.

    Raises:
        PipelineError: ``folder`` is not empty, the convert stage has not run, or the format cannot hold any of the
            objects.
    """
    refuse_used(folder)
    truth = read_ground_truth(CONVERTED)
    dataset = ConvertedDataset(truth.images, truth.objects, truth.classes, CONVERTED, truth.keypoint_names)
    place = output_place(str(folder), "name another folder")
    with place, whole(folder.resolve(), directory=True) as partial:
        objects = WRITERS[name](dataset, partial)
    print(f"{len(truth.images)} images and {objects} objects in {folder}")
