"""What the tests share: the folder of the real datasets, and the option to run a part of the tests."""

from pathlib import Path

import pytest

import pipeline  # noqa: F401  -- chooses Keras 2, before any test imports TensorFlow
from tests.support.project import REAL_DATA


def pytest_addoption(parser: pytest.Parser) -> None:
    said = "of the tests that are chosen, every Nth from the Kth on; 0 <= K < N"
    parser.addoption("--part", metavar="K/N", default="0/1", help=said)


@pytest.hookimpl(trylast=True)  # of what -m leaves
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    first, step = (int(number) for number in config.getoption("part").split("/"))
    kept = items[first::step]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


@pytest.fixture
def real_data() -> Path:
    """The folder of real datasets; the test is skipped, saying so, where it is absent."""
    if not REAL_DATA.is_dir():
        pytest.skip(f"real datasets not found at {REAL_DATA}; set PIPELINE_REAL_DATA to their folder")
    return REAL_DATA
