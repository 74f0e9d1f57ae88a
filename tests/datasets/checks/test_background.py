import pytest

from pipeline.datasets.checks.background import check_background
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.table.builder import TableBuilder
from pipeline.params.load import load_params

CHECKS = load_params().convert.checks


def checked(root, rule, split=""):
    builder = TableBuilder()
    for file in ("images/b.jpg", "images/d.jpg"):
        builder.object(builder.image(file, 10, 10, split), 0, builder.label(file), (0, 0, 5, 5))
    for file in [*(f"images/{name}.jpg" for name in "abcd"), "masks/a.png"]:
        (root / file).parent.mkdir(exist_ok=True)
        (root / file).touch()
    checks = CHECKS.model_copy(update={"image_without_annotation": rule})
    return check_background(DatasetFolder(root), builder.build(), checks)


def test_images_that_no_annotation_names_are_left_out(tmp_path):
    table = checked(tmp_path, "drop")
    assert [(issue.file, issue.fault.action_text) for issue in table.issues] == [
        ("images/a.jpg", "image left out"),
        ("images/c.jpg", "image left out"),
    ]
    assert table.images["file"].tolist() == ["images/b.jpg", "images/d.jpg"]


@pytest.mark.parametrize("split", ["", "val"])
def test_they_may_be_kept_as_background(tmp_path, split):
    table = checked(tmp_path, "keep", split)
    assert table.images["file"].tolist() == [f"images/{name}.jpg" for name in "abcd"]
    assert table.images["id"].tolist() == [1, 2, 3, 4]
    assert table.objects["image_id"].tolist() == [2, 4]
    assert set(table.images["split"]) == {split}
    assert [issue.fault.action_text for issue in table.issues] == ["kept as background"] * 2
