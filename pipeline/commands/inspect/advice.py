"""What to do next, as commands that can be pasted into a shell."""

import shlex
from collections.abc import Callable, Iterator
from math import ceil
from typing import NamedTuple, get_args

from pipeline.commands.inspect.box_sizes import has_anchors, too_small
from pipeline.commands.inspect.finding import Finding, Inspection
from pipeline.commands.inspect.override import experiment
from pipeline.commands.inspect.target import Target
from pipeline.datasets.checks.rules import rule
from pipeline.datasets.checks.verdict import faulty_fraction
from pipeline.datasets.conversion.summary import relative_sides
from pipeline.datasets.conversion.tile_choice import advised_tile
from pipeline.datasets.table.faults import Action
from pipeline.params.convert import Checks
from pipeline.params.detector_combinations import ONE_OBJECT

PAGE = "reports/faults.html"

_SOFTER = ("repair", "keep", "drop")
"""The rules that are proposed in place of "stop", the preferred ones first."""

_INPUTS = (256, 320, 384, 448, 512, 640, 768, 896, 1024)  # px
_FEW_SMALL = 0.02  # so many boxes may stay too small for the detector

_OTHER_RULES: dict[str, tuple[Action, str, str]] = {
    "near-duplicate": (Action.KEEP, "drop", "leave out the near-duplicates that stay in different splits"),
    "box-tiny": (Action.KEEP, "drop", "leave out the boxes that are too small to be learnt"),
    "image-without-annotation": (
        Action.DROP_IMAGE,
        "keep",
        "keep the images without annotation as background",
    ),
}
"""Fault -> the action for which another rule is proposed, that rule, and what it does."""


class Advice(NamedTuple):
    """A command and what it does."""

    purpose: str
    command: str


def advise(inspection: Inspection, target: Target, *, accepted: bool, has_page: bool) -> Finding:
    """Return what to do next.

    Args:
        target: The dataset's folder, and the parameters by which the pipeline reads it.
        accepted: Whether the convert stage would accept the dataset.
        has_page: Whether a page with pictures of the faults was written.
    """
    sources: list[Callable[[Inspection, Target], Iterator[Advice]]] = [_training, _other_parameters]
    advice = [each for find in (sources if accepted else [_acceptance]) for each in find(inspection, target)]
    if inspection.checked.issues and not has_page:
        advice.append(Advice("see pictures of each fault", f"{_inspect(target)} --html {PAGE}"))
    lines = [line for purpose, command in advice for line in (f"  {purpose}:", f"    {command}")]
    value = [{"purpose": purpose, "command": command} for purpose, command in advice]
    return Finding("advice", value, ["advice:", *lines] if lines else [])


def _inspect(target: Target) -> str:
    """Return the command that inspects the same folder."""
    return " ".join(["python -m pipeline inspect", *_arguments(target)])


def _arguments(target: Target) -> list[str]:
    """Return the arguments by which ``inspect`` and ``init`` read the same folder."""
    named = dict(target.overrides)
    path = [shlex.quote(named["dataset.path"])] if "dataset.path" in named else []
    return path + (["--format", named["dataset.format"]] if "dataset.format" in named else [])


def _training(inspection: Inspection, target: Target) -> Iterator[Advice]:
    """Advise how to train on an accepted dataset."""
    if inspection.checked.objects["xmin"].isna().all():
        overrides = (("task", "classification"), *target.overrides)
        yield Advice("train a classifier of whole images", experiment(overrides, "classification/dvc.yaml"))
    elif "dataset.path" in dict(target.overrides):
        command = " ".join(["python -m pipeline init", *_arguments(target), "&& make repro"])
        yield Advice("choose the parameters for this dataset and this machine, and train", command)
    else:
        command = experiment(target.overrides) if target.overrides else "make repro"
        yield Advice("train", command)


def _other_parameters(inspection: Inspection, target: Target) -> Iterator[Advice]:
    """Advise other parameters for an accepted dataset, where its faults or its boxes ask for them."""
    actions = {(issue.fault.name, issue.fault.action) for issue in inspection.checked.issues}
    for name, (action, value, purpose) in _OTHER_RULES.items():
        if (name, action) in actions:
            yield Advice(purpose, experiment((*target.overrides, (_key(name), value))))
    if any(name == "class-imbalance" for name, _ in actions) and not inspection.params.train.class_balanced:
        yield Advice(
            "draw images with rare classes more often",
            experiment((*target.overrides, ("train.class_balanced", "true"))),
        )
    yield from _larger_boxes(inspection, target)


def _larger_boxes(inspection: Inspection, target: Target) -> Iterator[Advice]:
    """Advise how the detector could see boxes that are too small for it, if there are more than a few."""
    train, table, tile = inspection.params.train, inspection.checked, inspection.params.convert.tile
    boxes = table.objects.dropna(subset=["xmin"])
    sides = relative_sides(table, boxes, tile)
    if tile is None and train.architecture not in ONE_OBJECT:
        tile = advised_tile(table, train.image_size, largest=train.image_size)
        if tile is not None:
            yield Advice(
                "show the detector the small objects of large pictures in tiles",
                experiment((*target.overrides, ("convert.tile", str(tile)))),
            )
    if not len(sides) or too_small(sides, train).mean() <= _FEW_SMALL:
        return
    if has_anchors(train) and not train.auto_anchors:
        yield Advice(
            "fit the anchors to the boxes, of which many are too small for them",
            experiment((*target.overrides, ("train.auto_anchors", "true"))),
        )
    larger = [train.model_copy(update={"image_size": size}) for size in _INPUTS if size > train.image_size]
    for each in larger:
        if too_small(sides, each).mean() <= _FEW_SMALL:
            yield Advice(
                "show the detector the boxes that are too small now",
                experiment((*target.overrides, ("train.image_size", str(each.image_size)))),
            )
            return


def _acceptance(inspection: Inspection, target: Target) -> Iterator[Advice]:
    """Advise how a refused dataset could be accepted."""
    checked, convert = inspection.checked, inspection.params.convert
    names = sorted({issue.fault.name for issue in checked.issues})
    stopping = [name for name in names if rule(convert.checks, name) == "stop"]
    if checked.objects.empty:
        return
    if stopping:
        softer = tuple((_key(name), _softer(name)) for name in stopping)
        yield Advice("accept these faults", experiment((*target.overrides, *softer)))
    elif (fraction := faulty_fraction(checked)) > convert.max_faulty_fraction:
        limit = f"{min(ceil(fraction * 100) / 100, 1.0):g}"
        yield Advice(
            "accept this share of faulty images",
            experiment((*target.overrides, ("convert.max_faulty_fraction", limit))),
        )
    elif "group-in-two-splits" in names:
        yield Advice(
            "leave the groups parted as the dataset's lists part them",
            experiment((*target.overrides, (_key("group-in-two-splits"), "keep"))),
        )
    elif len(checked.images) > 2:
        larger = (("convert.val_fraction", "0.3"), ("convert.test_fraction", "0.3"))
        yield Advice("draw larger val and test splits", experiment((*target.overrides, *larger)))


def _key(fault: str) -> str:
    return f"convert.checks.{fault.replace('-', '_')}"


def _softer(fault: str) -> str:
    """Return the rule that is proposed in place of "stop"."""
    allowed = get_args(Checks.model_fields[fault.replace("-", "_")].annotation)
    return next(name for name in _SOFTER if name in allowed)
