"""What the tests share: where the real datasets are."""

import os
from pathlib import Path

import pytest

import pipeline  # noqa: F401  -- chooses Keras 2, before any test imports TensorFlow

REAL_DATA = Path(os.environ.get("PIPELINE_REAL_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture
def real_data() -> Path:
    """The folder of real datasets; the test is skipped, saying so, where it is absent."""
    if not REAL_DATA.is_dir():
        pytest.skip(f"real datasets not found at {REAL_DATA}; set PIPELINE_REAL_DATA to their folder")
    return REAL_DATA
