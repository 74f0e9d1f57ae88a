"""Any position of a gzip file is read as it was written."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from pipeline.datasets.records.gzip_file import BrokenGzipError, GzipReader

RNG = np.random.default_rng(1)
NOISE = RNG.integers(0, 256, 3_000_000, np.uint8).tobytes()
DATA = NOISE + bytes(3_000_000) + NOISE[::-1]


def write(folder: Path, data: bytes) -> Path:
    path = folder / "data.gz"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("members", [1, 3])
def test_any_position_is_read(tmp_path: Path, members: int) -> None:
    part = -(-len(DATA) // members)
    parts = [DATA[start : start + part] for start in range(0, len(DATA), part)]
    path = write(tmp_path, b"".join(gzip.compress(each, 1) for each in parts))
    with path.open("rb") as file:
        reader = GzipReader(file, path)
        assert reader.size == len(DATA)
        for offset in (0, *RNG.integers(0, len(DATA), 12).tolist(), len(DATA) - 5, len(DATA)):
            reader.seek(offset)
            assert reader.read(100_000) == DATA[offset : offset + 100_000]
            assert reader.read(7) == DATA[offset + 100_000 : offset + 100_007]


def test_a_file_that_is_cut_off_or_damaged_is_an_error(tmp_path: Path) -> None:
    whole = gzip.compress(NOISE[:100_000])
    for data in (
        whole[:-9],
        whole[:50_000],
        whole[:12],
        whole[:1000] + b"\xff" * 9 + whole[1009:],
        b"\x1f\x8b",
    ):
        path = write(tmp_path, data)
        with path.open("rb") as file, pytest.raises(BrokenGzipError, match=r"gzip data is (cut off|damaged)"):
            GzipReader(file, path)


def test_a_file_that_unpacks_to_far_more_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path, gzip.compress(bytes(120_000_000), 1))
    with path.open("rb") as file, pytest.raises(BrokenGzipError, match="more than 200 times its size"):
        GzipReader(file, path)
