"""The list of faults is sorted and comes back as text."""

from pathlib import Path

from pipeline.datasets.converted.issues import COLUMNS, read_issues, write_issues
from pipeline.datasets.table.faults import Action, Fault, Issue

ISSUES = [
    Issue("b.jpg", Fault(10, "box-tiny", "NA", Action.KEEP)),
    Issue("b.jpg", Fault(2, "box-inverted", "a\rb", Action.REPAIR, "corners swapped")),
    Issue("b.jpg", Fault(None, "image-grey", "one channel", Action.KEEP)),
    Issue("", Fault(None, "class-unused", "hat, old: no object", Action.DROP, "class left out")),
]


def test_the_list_is_sorted_by_file_and_object(tmp_path: Path) -> None:
    write_issues(ISSUES, tmp_path / "issues.csv")
    assert (tmp_path / "issues.csv").read_text().splitlines() == [
        "file,object,fault,detail,action",
        ',,class-unused,"hat, old: no object",class left out',
        "b.jpg,,image-grey,one channel,kept",
        "b.jpg,2,box-inverted,a b,corners swapped",
        "b.jpg,10,box-tiny,NA,kept",
    ]


def test_the_list_is_read_as_text(tmp_path: Path) -> None:
    write_issues(ISSUES, tmp_path / "issues.csv")
    table = read_issues(tmp_path / "issues.csv")
    assert tuple(table.columns) == COLUMNS
    assert table["object"].tolist() == ["", "", "2", "10"]
    assert table["detail"].tolist()[-1] == "NA"


def test_a_dataset_without_faults(tmp_path: Path) -> None:
    write_issues([], tmp_path / "issues.csv")
    assert (tmp_path / "issues.csv").read_text() == "file,object,fault,detail,action\n"
    assert read_issues(tmp_path / "issues.csv").empty
    assert read_issues(tmp_path / "absent.csv").empty
