"""A short run of the fuzzer; ``python -m tools.fuzz`` is the long one."""

from pathlib import Path

import pytest

from pipeline.datasets.formats import FORMATS, recognise
from pipeline.datasets.raw.folder import DatasetFolder
from tools.fuzz.by_tool import BY_TOOL
from tools.fuzz.published import PUBLISHED
from tools.fuzz.run import Watch, attempt
from tools.fuzz.sound import SOUND


def test_there_is_a_sound_dataset_of_every_format() -> None:
    assert set(SOUND | BY_TOOL | PUBLISHED) == set(FORMATS)


@pytest.mark.parametrize("name", FORMATS)
def test_a_sound_dataset_is_recognised_as_its_own_format_alone(name: str, tmp_path: Path) -> None:
    for file, data in (SOUND | BY_TOOL | PUBLISHED)[name]().items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_bytes(data)
    assert recognise(DatasetFolder(tmp_path)) == name


@pytest.mark.parametrize("name", FORMATS)
def test_a_damaged_dataset_gives_a_table_or_one_clear_line(name: str) -> None:
    watch = Watch()
    for seed in range(1, 31):
        outcome, _ = attempt(name, seed, watch)
        assert outcome in ("table", "refused")
