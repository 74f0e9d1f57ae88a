"""A short run of the fuzzer; ``python -m tools.fuzz`` is the long one."""

import pytest

from pipeline.datasets.formats import FORMATS
from tools.fuzz.published import PUBLISHED
from tools.fuzz.run import Watch, attempt
from tools.fuzz.sound import SOUND


def test_there_is_a_sound_dataset_of_every_format() -> None:
    assert set(SOUND | PUBLISHED) == set(FORMATS)


@pytest.mark.parametrize("name", FORMATS)
def test_a_damaged_dataset_gives_a_table_or_one_clear_line(name: str) -> None:
    watch = Watch()
    for seed in range(1, 31):
        outcome, _ = attempt(name, seed, watch)
        assert outcome in ("table", "refused")
