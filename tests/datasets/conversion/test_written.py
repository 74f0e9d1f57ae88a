"""A dataset that is refused is listed, and the list of an earlier one is removed."""

from pathlib import Path

import pytest

from pipeline.datasets.conversion.written import refuse_unfit
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.builder import TableBuilder
from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.errors import PipelineError
from pipeline.params.load import load_params

SETTINGS = load_params().convert


def table(*issues: Issue) -> AnnotationTable:
    builder = TableBuilder(issues=list(issues))
    for number, split in enumerate(("test", "val", "train", "train")):
        row = builder.image(f"{number}.jpg", 10, 10, split)
        builder.object(row, 0, builder.label("cat"), (0, 0, 5, 5))
    return builder.build()


def test_a_refused_dataset_is_listed(tmp_path: Path) -> None:
    checks = SETTINGS.checks.model_copy(update={"missing_image": "stop"})
    fault = Fault(None, "missing-image", "it is gone", Action.DROP_IMAGE)
    rejected = tmp_path / "rejected.csv"
    with pytest.raises(PipelineError, match=r"says to stop; such as 9.jpg: .*; all issues are listed in"):
        refuse_unfit(
            table(Issue("9.jpg", fault)), SETTINGS.model_copy(update={"checks": checks}), rejected=rejected
        )
    assert rejected.read_text().splitlines()[1] == "9.jpg,,missing-image,it is gone,dataset refused"


def test_an_accepted_dataset_removes_the_list(tmp_path: Path) -> None:
    rejected = tmp_path / "rejected.csv"
    rejected.touch()
    refuse_unfit(table(), SETTINGS, rejected=rejected)
    assert not rejected.exists()
