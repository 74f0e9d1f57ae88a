import shlex

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from pipeline.commands.inspect.override import experiment


@pytest.mark.parametrize(
    "value",
    [
        "0.53",
        "drop",
        "data/my_images",
        "/data/my images",
        "(.*)_frame",
        "~/data",
        "it's",
        "a\\b",
        "a\\'b\\",
        "ünï",
        "a,b=c{d}",
    ],
)
def test_the_shell_and_hydra_read_the_value_that_was_meant(value: str) -> None:
    command, experiments, run, option, override = shlex.split(experiment([("dataset.path", value)]))
    assert (command, experiments, run, option) == ("dvc", "exp", "run", "-S")
    (parsed,) = OverridesParser.create().parse_overrides([override])
    assert parsed.key_or_group == "dataset.path"
    assert str(parsed.value()) == value


def test_a_file_of_stages_comes_first() -> None:
    command = experiment([("task", "classification")], "classification/dvc.yaml")
    assert command == "dvc exp run classification/dvc.yaml -S task=classification"
