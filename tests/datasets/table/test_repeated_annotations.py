"""Of two annotations of an image with the same objects one counts; annotations with other objects complement it."""

from math import nan

import pytest

from pipeline.datasets.table.annotation_table import BOX, AnnotationTable
from pipeline.datasets.table.builder import TableBuilder
from pipeline.datasets.table.repeated_annotations import is_marked_as_copy

Box = tuple[float, float, float, float]


def table(*annotations: tuple[str, str, list[tuple[str, Box]]], normalised: int = -1) -> AnnotationTable:
    """Return the table of annotations, each given as its file, its image and its objects.

    Args:
        normalised: The annotation whose boxes are shares.
    """
    builder = TableBuilder()
    for number, (source, file, objects) in enumerate(annotations):
        row = builder.image(file, 100, 100, "", annotation=source, normalised=number == normalised)
        for index, (name, box) in enumerate(objects):
            builder.object(row, index, builder.label(name), box)
    return builder.build()


def boxes(built: AnnotationTable) -> list[list[float]]:
    return built.objects[BOX].to_numpy().tolist()


ONE, MOVED, ELSEWHERE = (10, 10, 50, 50), (12, 11, 51, 50), (60, 60, 90, 90)


def test_the_later_version_is_left_out_and_said() -> None:
    built = table(
        ("a.json", "1.jpg", [("cat", ONE)]), ("b.json", "1.jpg", [("cat", MOVED), ("cat", ELSEWHERE)])
    )
    assert boxes(built) == [list(ONE)]
    (issue,) = built.issues
    assert (issue.file, issue.fault.name) == ("b.json", "image-annotated-twice")
    expected = "1 images, such as 1.jpg, are annotated in a.json too, and 1 of 1 objects are the same"
    assert issue.fault.detail == expected


def test_a_file_that_is_marked_as_a_copy_does_not_count() -> None:
    built = table(("a (1).json", "1.jpg", [("cat", MOVED)]), ("a.json", "1.jpg", [("cat", ONE)]))
    assert boxes(built) == [list(ONE)] and len(built.images) == 1
    assert [issue.file for issue in built.issues] == ["a (1).json"]


@pytest.mark.parametrize("other", [("dog", ONE), ("cat", ELSEWHERE)])
def test_annotations_with_other_objects_complement_each_other(other: tuple[str, Box]) -> None:
    built = table(("a.json", "1.jpg", [("cat", ONE)]), ("b.json", "1.jpg", [other]))
    assert len(built.objects) == 2 and built.issues == ()


def test_the_files_as_a_whole_decide() -> None:
    first = [("a.json", f"{number}.jpg", [("cat", ONE)]) for number in range(4)]
    second = [("b.json", f"{number}.jpg", [("cat", MOVED if number else ELSEWHERE)]) for number in range(4)]
    built = table(*first, *second)
    assert boxes(built) == [list(ONE)] * 4  # the box elsewhere is of the version that does not count
    assert len(built.issues) == 1


def test_two_entries_of_one_file_are_listed_for_each_image() -> None:
    built = table(("a.json", "1.jpg", [("cat", ONE)]), ("a.json", "1.jpg", [("cat", MOVED)]))
    assert boxes(built) == [list(ONE)]
    assert [(issue.file, issue.fault.action_text) for issue in built.issues] == [
        ("1.jpg", "the first annotation counts")
    ]


def test_an_entry_for_each_object_of_an_image_is_no_repetition() -> None:
    objects = [(10 * number, 0.0, 10 * number + 9, 9.0) for number in range(5)]
    built = table(*(("a.json", "1.jpg", [("cat", box)]) for box in objects))
    assert len(built.objects) == 5 and built.issues == ()


def test_labels_of_the_whole_image_are_compared_by_class() -> None:
    whole = (nan,) * 4
    built = table(*((f"{name}.csv", "1.jpg", [(name[0], whole)]) for name in ("x1", "x2", "y")))
    assert sorted(built.objects["label"]) == [1, 2]
    assert [issue.file for issue in built.issues] == ["x2.csv"]


def test_annotations_in_different_units_are_not_mixed() -> None:
    built = table(
        ("a.json", "1.jpg", [("cat", ONE)]),
        ("b.json", "1.jpg", [("cat", (0.6, 0.6, 0.9, 0.9))]),
        normalised=1,
    )
    assert boxes(built) == [list(ONE)] and len(built.issues) == 1


@pytest.mark.parametrize(
    ("path", "marked"),
    [
        ("a (1).json", True),
        ("a - Copy.csv", True),
        ("a_backup.json", True),
        ("a_old2.json", True),
        ("Annotations_old/a.xml", True),
        ("Copy of a.json", True),
        ("a.json", False),
        ("gold.json", False),
        ("copy/a1.json", False),
        ("instances_val2017.json", False),
    ],
)
def test_marks_of_copies(path: str, marked: bool) -> None:
    assert is_marked_as_copy(path) == marked
