"""The facts about the models in the report."""

from pathlib import Path

from pipeline.artifacts import write_json
from pipeline.reporting.models import model_facts


def test_models_come_in_the_order_of_the_pipeline_with_nested_facts_flattened(tmp_path: Path) -> None:
    write_json(tmp_path / "other" / "model.json", {"seed": 1})
    write_json(
        tmp_path / "detector" / "model.json",
        {"image_size": 128, "ema": None, "classes": ["a", "b"], "ssd": {"min_scale": 0.5, "ratios": [1, 2]}},
    )
    write_json(tmp_path / "zoo" / "model.json", {"backbone": "resnet18", "history": list(range(9))})
    (tmp_path / "exported").mkdir()
    facts = model_facts(tmp_path)
    assert list(facts) == ["zoo", "detector", "other"]
    assert facts["zoo"] == [("backbone", "resnet18")]
    assert facts["detector"] == [
        ("image size", "128"),
        ("ema", "none"),
        ("classes", "2"),
        ("ssd: min scale", "0.5"),
        ("ssd: ratios", "1, 2"),
    ]


def test_no_models_have_no_facts(tmp_path: Path) -> None:
    assert model_facts(tmp_path) == {}
