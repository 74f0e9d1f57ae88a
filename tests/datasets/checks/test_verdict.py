import pytest

from pipeline.datasets.checks.rules import rule
from pipeline.datasets.checks.verdict import faulty_fraction, refusal, with_stops
from pipeline.datasets.table.builder import TableBuilder
from pipeline.datasets.table.faults import FAULTS, Action, Fault, Issue
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
    builder = TableBuilder(
        issues=[Issue(file, Fault(None, fault, "some detail", Action.DROP)) for file, fault in issues]
    )
    for number in range(images):
        split = ("test", "val")[number] if number < 2 else "train"
        row = builder.image(f"{number}.jpg", 10, 10, split)
        builder.object(row, 0, builder.label("cat"), (0, 0, 5, 5))
    return builder.build()


def test_each_fault_has_a_rule():
    assert {name.replace("_", "-") for name in set(Checks.model_fields) - THRESHOLDS} == set(FAULTS)
    assert all(rule(SETTINGS.checks, fault) in ("repair", "drop", "keep") for fault in FAULTS)


def test_images_count_once_and_only_for_faults_that_cost():
    issues = [
        ("1.jpg", "box-outside"),
        ("1.jpg", "box-empty"),
        ("2.jpg", "box-tiny"),
        ("x.jpg", "missing-image"),
    ]
    assert faulty_fraction(table(*issues)) == pytest.approx(2 / 11)


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_can_stop_the_stage(fault):
    rule_of = {fault.replace("-", "_"): "stop"}
    settings = SETTINGS.model_copy(update={"checks": SETTINGS.checks.model_copy(update=rule_of)})
    Checks.model_validate(settings.checks.model_dump())
    given = table(("1.jpg", fault))
    refused = refusal(given, settings)
    assert refused.reason == f"1 {fault}, at which convert.checks.{fault.replace('-', '_')} says to stop"
    assert refused.examples == f"; such as 1.jpg: {fault}, some detail"
    assert [issue.fault.action for issue in with_stops(given, settings).issues] == [Action.STOP]
    assert with_stops(given, SETTINGS).issues == given.issues


def test_a_sound_dataset_is_not_refused():
    assert refusal(table(), SETTINGS) is None


def test_nothing_left_is_said():
    assert "its annotations name no image" in refusal(table(images=0), SETTINGS).reason
    assert "no image is left for train" in refusal(table(images=2), SETTINGS).reason
