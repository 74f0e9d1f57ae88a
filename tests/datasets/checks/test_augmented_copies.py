"""Augmented copies of one source are found by their names, and are a group."""

import pytest

from pipeline.datasets.checks.augmented_copies import group_copies
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.builder import TableBuilder
from pipeline.params.convert import Convert
from pipeline.params.load import load_params

SETTINGS = load_params().convert
OTHERS = [f"other/{number:03d}.jpg" for number in range(30)]
HASH = "0f023713b0043ddb"


def table(*files: str, groups: dict[str, str] | None = None) -> AnnotationTable:
    builder = TableBuilder()
    for file in (*files, *OTHERS):
        builder.image(file, 10, 10, "", group=(groups or {}).get(file, ""))
    return builder.build()


def groups_of(given: AnnotationTable, settings: Convert = SETTINGS) -> list[list[str]]:
    """Return the files of each group."""
    images = group_copies(given, settings).images
    grouped = images[images["group"] != ""].groupby("group")["file"]
    return [sorted(files) for _, files in grouped]


@pytest.mark.parametrize(
    "copies",
    [
        (f"train/images/a_jpg.rf.{HASH}.jpg", f"valid/images/a_jpg.rf.{HASH[::-1]}.jpg"),
        ("a.jpg", "a_flip.jpg", "a_rot90.jpg", "a_rot_180.jpg", "a-crop-3.jpg"),
        ("a.jpg", "a_hflip.jpg", "a_flipped_rotated.jpg", "a_aug_12.jpg", "a.aug.jpg"),
        ("images/a.png", "augmented/a_brightness.jpg", "augmented/a.jpg"),
        ("a_crop_0_1.jpg", "a_crop_0_2.jpg"),
        ("a.jpg", "flip_a.jpg", "rot_90_a.jpg"),
    ],
)
def test_copies_of_one_source_are_a_group(copies: tuple[str, ...]) -> None:
    assert groups_of(table(*copies)) == [sorted(copies)]


@pytest.mark.parametrize(
    "files",
    [
        ("a_1.jpg", "a_2.jpg"),
        ("a/x.jpg", "b/x_flip.jpg"),  # of other folders
        ("crop.jpg", "flip.jpg", "crop_1.jpg", "carrot.jpg", "flipper_1.jpg"),
        (f"a_jpg.rf.{HASH}.jpg", f"b_jpg.rf.{HASH}.jpg"),
        ("flip_a.jpg", "flip_b.jpg"),
        ("sunflower_dark.jpg", "sunflower.jpg"),
    ],
)
def test_other_names_give_no_group(files: tuple[str, ...]) -> None:
    given = table(*files)
    assert groups_of(given) == [] and group_copies(given, SETTINGS).issues == ()


def test_it_is_said() -> None:
    (issue,) = group_copies(table("a.jpg", "a_flip.jpg", "b_rot90.jpg", "b.jpg"), SETTINGS).issues
    assert issue.file == "" and issue.fault.name == "augmented-copy"
    expected = "4 images are copies of 2 sources by their names, such as a.jpg and a_flip.jpg"
    assert issue.fault.detail == expected
    assert issue.fault.action_text == "the copies of a source stay in one split"


def test_groups_of_the_annotations_and_of_the_pattern_count_first() -> None:
    given = table("a.jpg", "a_flip.jpg", groups={"a.jpg": "one"})
    assert groups_of(given) == [["a.jpg"]]
    settings = SETTINGS.model_copy(update={"group_pattern": r"(a)_flip"})
    assert groups_of(table("a.jpg", "a_flip.jpg"), settings) == []


def test_by_the_rule_keep_there_is_no_group() -> None:
    checks = SETTINGS.checks.model_copy(update={"augmented_copy": "keep"})
    settings = SETTINGS.model_copy(update={"checks": checks})
    given = table("a.jpg", "a_flip.jpg")
    assert groups_of(given, settings) == []
    assert [issue.fault.action_text for issue in group_copies(given, settings).issues] == ["kept"]


def test_a_name_of_most_images_is_no_source() -> None:
    given = table(*(f"field_crop_{number}.jpg" for number in range(40)))
    assert groups_of(given) == []
    (issue,) = group_copies(given, SETTINGS).issues
    assert issue.fault.action_text.startswith("no groups, because more than a quarter of all images")
