"""The trials of a search: their names, their budget, and the parameters that they change."""

import hashlib
import json
from typing import Any

from pipeline.experiments import absolute_paths
from pipeline.params.changed import changed, value_of
from pipeline.params.combinations import combination_faults
from pipeline.params.load import PARAMS_FILE
from pipeline.params.schema import Params
from pipeline.params.search import outermost

_SHAPING = ("seed", "split_seed", "task", "precision", "dataset", "convert", "zoo", "finetune", "train")


def changes(params: Params, values: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of a trial that differ from ``params.yaml``: dotted key -> value.

    Every trial has the same number of steps and one seed. The classifier is left out where the detector does not start
    from it. An experiment runs in a folder of its own, so the paths of the user's files become absolute.

    Args:
        values: The values that are tried: dotted key -> value.
    """
    train, steps = params.train, params.search.steps
    fixed: dict[str, Any] = {
        "train.steps": steps,
        "train.minutes": None,
        "train.seeds": 1,
        "train.warmup_steps": train.warmup_steps * steps // train.steps,
    }
    if train.unfreeze_steps is not None:
        fixed["train.unfreeze_steps"] = max(train.unfreeze_steps * steps // train.steps, 1)
    if train.backbone == "zoo":
        fixed["finetune.mode"] = "none"
    return {**fixed, **absolute_paths(params), **values}


def shaping(params: Params) -> dict[str, Any]:
    """Return the parameters that shape the result of a trial, to compare two of them."""
    return params.model_dump(include=set(_SHAPING))


def search_name(params: Params) -> str:
    """Return the beginning of the names of all trials. It changes with all that makes two searches incomparable."""
    shape = [shaping(changed(params, changes(params, {}))), params.search.model_dump()]
    text = json.dumps(shape, sort_keys=True, default=str)
    return f"search-{hashlib.sha256(text.encode()).hexdigest()[:6]}"


def present_values(params: Params) -> dict[str, Any]:
    """Return the values that ``params.yaml`` gives the searched parameters."""
    return {key: value_of(params, key) for key in params.search.space}


def trial_faults(params: Params, values: dict[str, Any]) -> list[str]:
    """Return one line for each combination of parameters that makes a trial impossible."""
    return combination_faults(changed(params, changes(params, values)))


def unfit_values(params: Params) -> list[str]:
    """Return one line for each reason why ``params.yaml``, or one of its searched values alone, cannot be tried."""
    if params.task != "detection":
        return [f"{PARAMS_FILE}: task is {params.task}, but search tunes the detector; set it to detection"]
    if params.train.evaluations == 0:
        return [
            f"{PARAMS_FILE}: train.evaluations is 0, but search compares the mAP on val; set it to 1 or more"
        ]
    if faults := trial_faults(params, {}):
        return [f"{PARAMS_FILE}, section search: {fault}" for fault in faults]
    tried = [(key, value) for key, domain in params.search.space.items() for value in outermost(domain)]
    return [
        f"{PARAMS_FILE}, section search: with {key}={json.dumps(value)}, {fault}"
        for key, value in tried
        for fault in trial_faults(params, {key: value})
    ]
