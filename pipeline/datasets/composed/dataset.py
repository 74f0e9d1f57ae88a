"""A dataset of composed scenes, in COCO's format."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from pipeline.artifacts import stable_seed
from pipeline.datasets.composed.scene import Scene, compose_scene
from pipeline.datasets.raw.containers import read_image
from pipeline.datasets.table.annotation_table import SPLITS, AnnotationTable
from pipeline.errors import PipelineError
from pipeline.params.dataset import Compose
from pipeline.progress import progress_bar
from pipeline.workers import Workers

SCENES_A_TASK = 32


class SceneTask(NamedTuple):
    """A scene to be composed.

    Attributes:
        name: Path of its image, relative to the folder of the images.
        files: Paths of its items, relative to the dataset's folder.
        labels: The labels of its items, in 1..K.
        seed: The seed of its draws.
    """

    name: str
    files: list[str]
    labels: list[int]
    seed: int


def write_scenes(
    raw: Path, table: AnnotationTable, compose: Compose, workers: Workers, out: Path, *, seed: int
) -> int:
    """Compose the scenes of each split of the items of that split, and write images and annotations.

    The number of a split's scenes is in proportion to the number of its images.

    Args:
        raw: The folder of the classification dataset.
        table: Its annotations, with a split for each image.
        compose: The section ``dataset.compose``.
        workers: The processes that compose the scenes. The bytes written do not depend on their number.
        out: The folder to write to.
        seed: The seed of all draws.

    Returns:
        The number of scenes.

    Raises:
        PipelineError: No image has a label of the whole image.
    """
    labels = (
        table.objects[table.objects["xmin"].isna()].drop_duplicates("image_id").set_index("image_id")["label"]
    )
    items = table.images.set_index("id").join(labels, how="inner")
    items = items[items["split"].isin(SPLITS)]
    if items.empty:
        raise PipelineError(
            f"{raw}: no image has a label of the whole image; scenes are composed of a classification dataset"
        )
    count = 0
    (out / "annotations").mkdir()
    with progress_bar("composing scenes", compose.scenes) as advance:
        for split in SPLITS:
            own = items[items["split"] == split]
            number = round(compose.scenes * len(own) / len(items))
            (out / "images" / split).mkdir(parents=True)
            tasks = scene_tasks(split, own["file"].tolist(), own["label"].tolist(), number, compose, seed)
            batches = (tasks[start : start + SCENES_A_TASK] for start in range(0, number, SCENES_A_TASK))
            described = _Coco(table.class_names)
            for batch in workers.map(partial(_compose_batch, raw, compose), batches):
                for task, scene in batch:
                    (out / "images" / task.name).write_bytes(scene.encoded)
                    described.add(task, scene, compose.size)
                advance(len(batch))
            path = out / "annotations" / f"instances_{split}.json"
            path.write_text(json.dumps(described.contents) + "\n", encoding="utf-8")
            count += number
    return count


def scene_tasks(
    split: str, files: list[str], labels: list[int], number: int, compose: Compose, seed: int
) -> list[SceneTask]:
    """Draw the items of each scene of a split. A scene depends on its number, not on the other scenes."""
    tasks = []
    for index in range(number):
        rng = np.random.default_rng(stable_seed(seed, "items", split, index))
        chosen = rng.integers(0, len(files), rng.integers(compose.objects_min, compose.objects_max + 1))
        tasks.append(
            SceneTask(
                name=f"{split}/{index:06d}.png",
                files=[files[item] for item in chosen],
                labels=[labels[item] for item in chosen],
                seed=stable_seed(seed, "scene", split, index),
            )
        )
    return tasks


def _compose_batch(raw: Path, compose: Compose, tasks: list[SceneTask]) -> list[tuple[SceneTask, Scene]]:
    return list(_composed(raw, compose, tasks))


def _composed(raw: Path, compose: Compose, tasks: list[SceneTask]) -> Iterator[tuple[SceneTask, Scene]]:
    for task in tasks:
        try:
            items = [read_image(raw, file) for file in task.files]
            yield task, compose_scene(items, compose, np.random.default_rng(task.seed))
        except OSError as error:
            raise PipelineError(
                f"{raw}: {', '.join(task.files)}: {error}; remove the broken image, or download it again"
            ) from None


class _Coco:
    """The contents of a COCO file.

    Attributes:
        contents: What is written as JSON.
    """

    def __init__(self, class_names: tuple[str, ...]) -> None:
        categories = [{"id": label, "name": name} for label, name in enumerate(class_names, start=1)]
        self.contents: dict[str, list[Any]] = {"images": [], "annotations": [], "categories": categories}

    def add(self, task: SceneTask, scene: Scene, size: int) -> None:
        """Add a scene, whose image has sides of ``size`` px."""
        images, annotations = self.contents["images"], self.contents["annotations"]
        images.append({"id": len(images) + 1, "file_name": task.name, "width": size, "height": size})
        for item, box in zip(scene.items, scene.boxes, strict=True):
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": len(images),
                    "category_id": task.labels[item],
                    "bbox": list(box),
                    "area": box[2] * box[3],
                    "iscrowd": 0,
                }
            )
