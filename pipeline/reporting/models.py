"""Contents of the report's models section: the facts in the ``model.json`` of each model."""

from pathlib import Path
from typing import Any

from pipeline.artifacts import read_json

ORDER = ("zoo", "classifier", "detector")


def model_facts(models: Path) -> dict[str, list[tuple[str, str]]]:
    """Return the facts of each model as (name, value) pairs, by the name of the model's folder.

    Args:
        models: The folder of the model folders. Those without a ``model.json`` are left out.
    """
    paths = {path.parent.name: path for path in sorted(models.glob("*/model.json"))}
    names = [name for name in ORDER if name in paths] + [name for name in paths if name not in ORDER]
    return {name: _facts(read_json(paths[name])) for name in names}


def _facts(values: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Return the values as text. Nested facts are flattened, and long lists are left out."""
    facts: list[tuple[str, str]] = []
    for key, value in values.items():
        name = f"{prefix}{key}".replace("_", " ")
        if isinstance(value, dict):
            facts += _facts(value, f"{name}: ")
        elif key == "classes" and isinstance(value, list):
            facts.append((name, str(len(value))))
        elif isinstance(value, str | int | float) or value is None:
            facts.append((name, "none" if value is None else str(value)))
        elif len(value) <= 8 and all(isinstance(part, str | int | float) for part in value):
            facts.append((name, ", ".join(map(str, value))))
    return facts
