"""The findings depend on the results alone, and say which images and objects are left."""

import numpy as np

from pipeline.datasets.conversion.findings import Results, findings
from pipeline.datasets.conversion.tasks import CheckedTask, ImageTask, SoundImage, image_tasks, reading_order
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.builder import TableBuilder
from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.params.load import load_params

SETTINGS = load_params().convert


def annotated(splits: list[str]) -> AnnotationTable:
    builder = TableBuilder()
    for number, split in enumerate(splits):
        image = builder.image(f"{number}.jpg", 0, 0, split)
        for index in range(2):
            builder.object(image, index, builder.label("cat"), (0, 0, 5 + index, 5))
    return builder.build()


def checked(
    task: ImageTask, digest: int, *, grey: bool = False, kept: tuple[int, ...] = (0, 1)
) -> CheckedTask:
    faults = [Fault(None, "image-grey", "one channel", Action.KEEP)] if grey else []
    positions = np.array(kept, np.int64)
    return CheckedTask(
        row=task.row,
        first_object=task.first_object,
        issues=[Issue(task.file, fault) for fault in faults],
        sound=SoundImage(
            tiles=[],
            record=b"",
            digest=bytes([digest]) * 32,
            hash=b"",
            size=(40, 30),
            shrunk=False,
            kept=positions,
            boxes=task.boxes[positions] + 1,
            area=task.area[positions],
            masked=np.zeros(len(kept), bool),
            runs=[""] * len(kept),
            keypoints=task.keypoints[positions],
        ),
    )


def test_copies_broken_images_and_dropped_objects_are_left_out() -> None:
    table = annotated(["train", "test", "train", "train"])
    results = Results.for_table(table)
    broken = Issue("3.jpg", Fault(None, "unreadable-image", "", Action.DROP_IMAGE))
    for task in image_tasks(table, reading_order(table)):
        if task.row == 3:
            results.add(CheckedTask(row=task.row, first_object=task.first_object, issues=[broken]))
        else:
            results.add(checked(task, digest=task.row // 2, kept=(1,) if task.row == 2 else (0, 1)))
    splits, left = findings(table, results, SETTINGS)
    assert splits.to_dict() == {1: "test", 2: "train"}  # 0 is a copy of 1, which is held out
    assert left.images["file"].tolist() == ["1.jpg", "2.jpg"]
    assert left.images["width"].tolist() == [40, 40]
    assert left.objects[["image_id", "object", "xmin"]].to_numpy().tolist() == [
        [2, 0, 1],
        [2, 1, 1],
        [3, 1, 1],
    ]
    assert [(issue.file, issue.fault.name) for issue in left.issues] == [
        ("3.jpg", "unreadable-image"),
        ("0.jpg", "duplicate-image"),
    ]
    assert findings(table, results, SETTINGS)[1].issues == left.issues


def test_a_fault_of_all_images_is_one_of_the_dataset() -> None:
    table = annotated(["train", "test", "val"])
    results = Results.for_table(table)
    for task in image_tasks(table, np.arange(3)):
        results.add(checked(task, digest=task.row, grey=True))
    (issue,) = findings(table, results, SETTINGS)[1].issues
    assert issue == Issue("", Fault(None, "image-grey", "one channel, as in all 3 images", Action.KEEP))
