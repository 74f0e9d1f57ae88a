"""The rules of ``convert.checks``: what is done about each fault."""

from pipeline.datasets.table.faults import Action, Fault
from pipeline.params.convert import Checks


def rule(checks: Checks, name: str) -> str:
    """Return what is done about a fault: repair | drop | keep | stop.

    Args:
        name: The name of the fault, such as ``box-outside``.
    """
    return str(getattr(checks, name.replace("-", "_")))


def judged(fault: Fault, checks: Checks, *, dropping: Action = Action.DROP_OBJECT) -> Fault:
    """Return a fault with the action that its rule asks for.

    Args:
        fault: Its action is what the check does without a rule: it repairs, keeps or drops.
        dropping: The action of the rule "drop".
    """
    chosen = rule(checks, fault.name)
    if chosen == "stop":
        return fault._replace(action=Action.STOP, how="")
    if chosen == "drop":
        return fault._replace(action=dropping, how="")
    if chosen == "keep" and fault.action is Action.REPAIR:
        return fault._replace(action=Action.KEEP, how="")
    return fault


def stopped(fault: Fault, checks: Checks) -> Fault:
    """Return a fault with ``Action.STOP`` if its rule is "stop", else unchanged."""
    return fault._replace(action=Action.STOP, how="") if rule(checks, fault.name) == "stop" else fault
