"""A short run of the fuzzer; ``python tests/fuzz.py`` is the long one."""

import pytest

from pipeline.datasets.formats import FORMATS
from tools import fuzz


def test_there_is_a_sound_dataset_of_every_format() -> None:
    assert set(fuzz.SOUND) == set(FORMATS)


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_but_a_table_or_one_clear_line_comes_of_a_spoilt_dataset(name: str) -> None:
    watch = fuzz.Watch()
    for seed in range(1, 31):
        outcome, _ = fuzz.attempt(name, seed, watch)
        assert outcome in ("table", "refused")
