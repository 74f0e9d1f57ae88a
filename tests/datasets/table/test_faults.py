"""The text of an action is its own or that of the fault."""

import pickle

from pipeline.datasets.table.faults import Action, Fault, Issue


def test_the_text_of_an_action() -> None:
    fault = Fault(None, "box-inverted", "corners (3, 3, 1, 1)", Action.REPAIR, "corners swapped")
    assert fault.action_text == "corners swapped"
    texts = {action: Fault(None, "box-tiny", "", action).action_text for action in Action}
    assert texts[Action.DROP_OBJECT] == "object dropped"
    assert texts[Action.DROP_IMAGE] == "image left out"
    assert texts[Action.STOP] == "dataset refused"
    assert texts[Action.KEEP] == "kept"


def test_actions_are_the_same_after_a_way_through_a_process() -> None:
    issue = Issue("a.jpg", Fault(0, "box-tiny", "", Action.KEEP))
    assert pickle.loads(pickle.dumps(issue)).fault.action is Action.KEEP
