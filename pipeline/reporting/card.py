"""The model card: what a model is, what it learnt from, how good it is, and how to make it again, as Markdown.

Mitchell et al. 2019, "Model cards for model reporting".
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.evaluation.comparison import Interval
from pipeline.evaluation.exported_files import ExportedFile
from pipeline.reporting.page import templates

TEMPLATE = "model_card.md.j2"
CODE_LICENCE = "MIT"

FACTS = {
    "architecture": "architecture",
    "backbone": "backbone",
    "image_size": "side of the images that the network sees, px",
    "init": "start of the training",
    "policy": "precision of the training",
    "seed": "seed",
}
"""The keys of ``model.json`` that the card shows, with their titles."""

MAIN_SCORES = ("mAP", "AP50", "AP75")

_LICENCES = re.compile(r"licen[cs]e(\.\w+)?|copying(\.\w+)?", re.IGNORECASE)


def model_card(
    *,
    origin: str,
    drawn: bool,
    licence_files: Sequence[str],
    splits: Sequence[tuple[str, int, int]],
    classes: Sequence[str],
    detector: Mapping[str, Any] | None,
    intervals: Mapping[str, Interval],
    models: Mapping[str, Mapping[str, Any]],
    files: Sequence[ExportedFile],
) -> str:
    """Return the card as Markdown.

    Args:
        origin: Where the dataset comes from.
        drawn: Whether the pipeline drew it.
        licence_files: The files of the dataset that hold its licence, by their names.
        splits: Name, number of images and number of objects of each split.
        classes: The names of the classes 1..K.
        detector: The contents of ``metrics/detector.json``; None if there are none.
        intervals: The intervals of scores over the test images, by the name of the score.
        models: The contents of the ``model.json`` of each model, by its name.
        files: The exported files that were measured.
    """
    per_class = (detector or {}).get("per_class", {})
    return (
        templates(html=False)
        .get_template(TEMPLATE)
        .render(
            origin=origin,
            drawn=drawn,
            licence_files=licence_files,
            splits=splits,
            rows=[
                (name, per_class.get(name, {}).get("AP"), per_class.get(name, {}).get("AP50"))
                for name in classes
            ],
            scores=[(name, (detector or {}).get(name), intervals.get(name)) for name in MAIN_SCORES],
            detector=detector or {},
            facts=_facts(models.get("detector", {})),
            zoo=models.get("zoo", {}),
            weights_licence=_weights_licence(models.get("zoo", {})),
            files=files,
            code_licence=CODE_LICENCE,
        )
    )


def _facts(detector: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return what the ``model.json`` of the detector says, and the versions of the libraries that trained it."""
    facts = [(title, detector[key]) for key, title in FACTS.items() if key in detector]
    return [*facts, *detector.get("versions", {}).items()]


def _weights_licence(zoo: Mapping[str, Any]) -> str:
    """Return the licence of the weights of the backbone, by its ``model.json``."""
    if "licence" in (origin := zoo.get("origin", {})):
        return str(origin["licence"])
    weights = zoo.get("weights", "unknown")
    return (
        "trained by the pipeline"
        if weights in ("builtin", "none")
        else f"not known: ask who made them ({weights})"
    )


def licence_files_of(raw: Path) -> list[str]:
    """Return the names of the files in a dataset's folder, or one below it, that hold a licence."""
    return sorted(
        path.relative_to(raw).as_posix()
        for pattern in ("*", "*/*")
        for path in raw.glob(pattern)
        if _LICENCES.fullmatch(path.name) and path.is_file()
    )
