import pytest
from ruamel.yaml import YAML

from pipeline.commands.init.choices import Choice
from pipeline.commands.init.edit_params import scalar, with_choices
from tests.support.project import ROOT

TEXT = """\
# A file.
seed: 1                       # The seed.
train:
  steps: 500                  # Number of steps, of which there are
                              # many.
  augment:
    flip: true                # Flips.
  name: plain
"""


def test_values_change_and_reasons_follow_the_comment_of_their_key() -> None:
    text = with_choices(
        TEXT, [Choice("train.augment.flip", False, "no"), Choice("train.steps", 20, "it is fast")]
    )
    assert text == TEXT.replace("500 ", "20  ").replace(
        "many.\n", "many.\n" + " " * 30 + "# init: it is fast\n"
    ).replace("true                # Flips.\n", "false               # Flips.\n" + " " * 30 + "# init: no\n")


def test_a_second_time_the_reasons_are_replaced() -> None:
    long = Choice("seed", 2, "because " * 30 + "it is so")
    once = with_choices(TEXT, [long, Choice("train.steps", 7, "fast")])
    assert max(map(len, once.splitlines())) <= 120
    assert once.count("# init: ") == 2 and once.count("#       because") == 2
    assert with_choices(once, [Choice("train.steps", 7, "fast")]).count("# init: ") == 1
    assert (
        with_choices(once, [Choice("train.steps", 500, "x"), Choice("seed", 1, "y")]).count("\n")
        == TEXT.count("\n") + 2
    )


def test_a_value_that_reaches_the_comment_moves_it() -> None:
    text = with_choices(TEXT, [Choice("seed", "a" * 40, "long")])
    assert text.splitlines()[1] == "seed: " + "a" * 40 + " # The seed."


def test_a_key_without_a_comment_is_changed_too() -> None:
    assert "  name: other\n" in with_choices(TEXT, [Choice("train.name", "other", "x")])


@pytest.mark.parametrize("value", ["../data/a b", "C:\\data", "#1: 'x'", "yes", 0.99, 3, True, None, "naïve"])
def test_a_scalar_is_read_back(value: object) -> None:
    assert YAML(typ="safe").load(f"key: {scalar(value)} # comment") == {"key": value}


def test_the_projects_own_file_keeps_all_else() -> None:
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    changed = with_choices(text, [Choice("dataset.path", "/some/where", "x"), Choice("train.ema", 0.5, "y")])
    before, after = (YAML(typ="safe").load(each) for each in (text, changed))
    before["dataset"]["path"], before["train"]["ema"] = "/some/where", 0.5
    assert before == after
    assert changed.count("\n") == text.count("\n") + 2


def test_a_value_that_dvc_wrote_as_nothing_is_null() -> None:
    text = "convert:\n  tile:           # The side.\n                  # null: none.\n  folds:\n  fold: 1\n"
    changed = with_choices(text, [Choice("convert.tile", 64, "x"), Choice("convert.folds", 4, "y")])
    assert YAML(typ="safe").load(changed) == {"convert": {"tile": 64, "folds": 4, "fold": 1}}
    assert "  tile: 64        # The side.\n" in changed
