"""A rule replaces the action of a fault."""

import pytest

from pipeline.datasets.checks.rules import judged, rule, stopped
from pipeline.datasets.table.faults import Action, Fault
from pipeline.params.load import load_params

CHECKS = load_params().convert.checks
REPAIRED = Fault(3, "box-outside", "detail", Action.REPAIR, "cut at the edge")
KEPT = Fault(None, "class-unused", "detail", Action.KEEP, "kept as a class")
DROPPED = Fault(3, "box-outside", "detail", Action.DROP_OBJECT)


@pytest.mark.parametrize(
    ("fault", "chosen", "action", "how"),
    [
        (REPAIRED, "repair", Action.REPAIR, "cut at the edge"),
        (REPAIRED, "keep", Action.KEEP, ""),
        (REPAIRED, "drop", Action.DROP_OBJECT, ""),
        (REPAIRED, "stop", Action.STOP, ""),
        (KEPT, "keep", Action.KEEP, "kept as a class"),
        (KEPT, "stop", Action.STOP, ""),
        (DROPPED, "repair", Action.DROP_OBJECT, ""),  # nothing of the box can be repaired
        (DROPPED, "stop", Action.STOP, ""),
    ],
)
def test_the_action_that_a_rule_asks_for(fault: Fault, chosen: str, action: Action, how: str) -> None:
    checks = CHECKS.model_copy(update={fault.name.replace("-", "_"): chosen})
    assert rule(checks, fault.name) == chosen
    assert judged(fault, checks) == fault._replace(action=action, how=how)


def test_an_image_is_dropped_as_an_image() -> None:
    checks = CHECKS.model_copy(update={"image_cmyk": "drop"})
    fault = Fault(None, "image-cmyk", "detail", Action.REPAIR, "written as jpeg")
    assert judged(fault, checks, dropping=Action.DROP_IMAGE).action is Action.DROP_IMAGE


def test_only_the_rule_stop_replaces_the_action_of_a_reader() -> None:
    assert stopped(DROPPED, CHECKS.model_copy(update={"box_outside": "stop"})).action is Action.STOP
    assert stopped(DROPPED, CHECKS.model_copy(update={"box_outside": "keep"})) == DROPPED
