"""Crowds are ordinary objects where a file or a class has nothing else."""

import pytest

from pipeline.datasets.checks.crowds import check_crowds
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.builder import TableBuilder
from pipeline.params.load import load_params

CHECKS = load_params().convert.checks


def table(*objects: tuple[str, str, bool]) -> AnnotationTable:
    """Return a table with an image for each object: its annotation file, its class, whether it is a crowd."""
    builder = TableBuilder()
    for number, (annotation, name, crowd) in enumerate(objects):
        row = builder.image(f"{number:04d}.jpg", 10, 10, "train", annotation=annotation)
        builder.object(row, 0, builder.label(name), (0, 0, 5, 5), crowd=crowd)
    return builder.build()


def found(checked: AnnotationTable) -> list[tuple[str, str]]:
    return [(issue.file, issue.fault.detail) for issue in checked.issues]


def test_a_file_of_crowds_alone_has_ordinary_objects() -> None:
    given = table(("a.json", "leaf", True), ("a.json", "leaf", True), ("b.json", "leaf", False))
    checked = check_crowds(given, CHECKS)
    assert not checked.objects["crowd"].any()
    assert found(checked) == [("a.json", "all 2 objects are crowds, which neither train nor score")]


def test_a_class_of_crowds_alone_has_ordinary_objects() -> None:
    given = table(("", "leaf", True), ("", "leaf", True), ("", "stem", False), ("", "stem", True))
    checked = check_crowds(given, CHECKS)
    assert checked.objects["crowd"].tolist() == [False, False, False, True]
    assert found(checked) == [("", "leaf: all 2 objects are crowds, which neither train nor score")]


def test_a_class_is_not_listed_beside_its_files() -> None:
    given = table(("a.json", "leaf", True), ("b.json", "leaf", True))
    assert [file for file, _ in found(check_crowds(given, CHECKS))] == ["a.json", "b.json"]


def test_single_crowds_stay() -> None:
    given = table(("a.json", "leaf", True), ("a.json", "leaf", False))
    assert check_crowds(given, CHECKS) is not None
    assert check_crowds(given, CHECKS).objects["crowd"].tolist() == [True, False]
    assert found(check_crowds(given, CHECKS)) == []


@pytest.mark.parametrize("name", ["a.json", ""])
def test_by_the_rule_keep_they_stay_crowds(name: str) -> None:
    checked = check_crowds(table((name, "leaf", True)), CHECKS.model_copy(update={"crowd_only": "keep"}))
    assert checked.objects["crowd"].tolist() == [True]
    assert [issue.fault.action_text for issue in checked.issues] == ["kept"]
