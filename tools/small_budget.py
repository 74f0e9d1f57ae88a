"""Rewrite a params.yaml in place, so that the whole pipeline runs in minutes: to see that it runs, not how well."""

import argparse
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

SMALL: dict[str, dict[str, Any]] = {
    "dataset": {"builtin": {"scenes": 40, "size": 128}},
    "convert": {"images_per_shard": 16},
    "zoo": {
        "backbone": "mobilenet",
        "alpha": 0.25,
        "weights": "builtin",
        "builtin": {"image_size": 32, "images": 256, "epochs": 1},
    },
    "finetune": {"image_size": 32, "batch_size": 16, "steps": 12, "head_steps": 4},
    "train": {"image_size": 96, "steps": 8, "warmup_steps": 2, "evaluations": 1, "batch_size": 8},
    "export": {"formats": ["onnx"]},
}


def merge(values: dict[str, Any], changes: dict[str, Any]) -> None:
    """Write ``changes`` into ``values``, section by section."""
    for key, change in changes.items():
        if isinstance(change, dict):
            merge(values[key], change)
        else:
            assert key in values, key
            values[key] = change


def shrink(path: Path) -> None:
    """Rewrite a params.yaml in place."""
    yaml = YAML()
    values = yaml.load(path)
    merge(values, SMALL)
    yaml.dump(values, path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path, metavar="PARAMS_YAML")
    shrink(parser.parse_args().path)
