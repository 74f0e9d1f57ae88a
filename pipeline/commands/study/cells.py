"""The trainings of the transfer table, and the parameters of each."""

from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple

from pipeline.experiments import absolute_paths
from pipeline.params.schema import Params


class Cell(NamedTuple):
    """A training of the table: a backbone in a mode with a seed."""

    backbone: str
    mode: str
    seed: int

    @property
    def name(self) -> str:
        """The name of the experiment."""
        return f"study-{self.backbone}-{self.mode}-{self.seed}"


def cells(params: Params) -> Iterator[Cell]:
    """List the trainings. Those with the same backbone follow each other, so that its weights are made once."""
    study = params.study
    for backbone, mode, seed in product(study.backbones, study.modes, study.seeds):
        yield Cell(backbone, mode, seed)


def changes(cell: Cell, params: Params) -> dict[str, Any]:
    """Return the parameters of a training that differ from ``params.yaml``: dotted key -> value.

    An experiment runs in a folder of its own, so the paths of the user's files become absolute.
    """
    return {
        "seed": cell.seed,
        "zoo.backbone": cell.backbone,
        "finetune.mode": cell.mode,
        "finetune.max_crops_per_class": params.study.crops_per_class,
        "finetune.steps": params.study.steps,
        **({"train.backbone": "classifier"} if params.study.detector else {}),
        **absolute_paths(params),
    }


def shaping(params: Params) -> dict[str, Any]:
    """Return the parameters that shape the result of a training, to compare two of them."""
    sections = ["seed", "split_seed", "task", "precision", "dataset", "convert", "zoo", "finetune"]
    if params.study.detector:
        sections += ["train", "export", "detect", "evaluate"]
    return {"score": params.study.score, **params.model_dump(include=set(sections))}
