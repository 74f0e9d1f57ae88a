import pytest

from pipeline.datasets.checks.verdict import check_dataset, faulty_fraction, reason_to_refuse
from pipeline.datasets.table.annotation_table import Issue
from pipeline.datasets.table.builder import TableBuilder
from pipeline.datasets.table.faults import FAULTS
from pipeline.errors import PipelineError
from pipeline.params.convert import Checks
from pipeline.params.load import load_params

SETTINGS = load_params().convert
THRESHOLDS = {
    "max_pixels",
    "min_box_side",
    "near_duplicate_bits",
    "near_duplicate_max_moved",
    "max_imbalance",
}


def table(*issues, images=10):
    builder = TableBuilder(issues=[Issue(file, None, fault, "some detail", "") for file, fault in issues])
    for number in range(images):
        split = ("test", "val")[number] if number < 2 else "train"
        row = builder.image(f"{number}.jpg", 10, 10, split)
        builder.object(row, 0, builder.label("cat"), (0, 0, 5, 5))
    return builder.build()


def test_each_fault_has_a_rule():
    assert {name.replace("_", "-") for name in set(Checks.model_fields) - THRESHOLDS} == set(FAULTS)
    assert all(SETTINGS.checks.rule(fault) in ("repair", "drop", "keep") for fault in FAULTS)


def test_images_count_once_and_only_for_faults_that_cost():
    issues = [
        ("1.jpg", "box-outside"),
        ("1.jpg", "box-empty"),
        ("2.jpg", "box-tiny"),
        ("x.jpg", "missing-image"),
    ]
    assert faulty_fraction(table(*issues)) == pytest.approx(2 / 11)


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_can_stop_the_stage(fault, tmp_path):
    rule = {fault.replace("-", "_"): "stop"}
    settings = SETTINGS.model_copy(update={"checks": SETTINGS.checks.model_copy(update=rule)})
    Checks.model_validate(settings.checks.model_dump())
    rejected = tmp_path / "rejected.csv"
    with pytest.raises(
        PipelineError, match=f"convert.checks.{fault.replace('-', '_')} says to stop; such as 1.jpg"
    ):
        check_dataset(table(("1.jpg", fault)), settings, rejected=rejected)
    assert fault in rejected.read_text()


def test_a_sound_dataset_passes_and_its_old_list_goes(tmp_path):
    rejected = tmp_path / "rejected.csv"
    rejected.touch()
    check_dataset(table(), SETTINGS, rejected=rejected)
    assert not rejected.exists()


def test_nothing_left_is_said():
    assert "its annotations name no image" in reason_to_refuse(table(images=0), SETTINGS)
    assert "no image is left for train" in reason_to_refuse(table(images=2), SETTINGS)
