from pathlib import Path

import pytest

from pipeline.datasets.converted.bit_depth import read_bit_depth, write_bit_depth


@pytest.mark.parametrize("depth", [10, 12, 14, 16])
def test_the_bits_of_a_dataset_are_read_back(tmp_path: Path, depth: int) -> None:
    write_bit_depth(depth, tmp_path)
    assert read_bit_depth(tmp_path) == depth
    assert len(list(tmp_path.iterdir())) == (depth < 16)
