"""What the report says of the models: the facts that each model's directory tells of itself."""

from pathlib import Path
from typing import Any

from pipeline.artifacts import read_json

ORDER = ("zoo", "classifier", "detector")


def model_facts(models: Path) -> dict[str, list[tuple[str, str]]]:
    """Read the ``model.json`` of each model that is there: model -> (fact, value), nested facts flattened."""
    found = {path.parent.name: path for path in sorted(models.glob("*/model.json"))}
    names = [name for name in ORDER if name in found] + [name for name in found if name not in ORDER]
    return {name: _facts(read_json(found[name])) for name in names}


def _facts(values: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
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
