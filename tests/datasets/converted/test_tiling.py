"""Which records a detector learns from."""

from pathlib import Path

from pipeline.datasets.converted.tiling import Tiling, learnt_split, read_tiling, tile_settings, write_tiling


def test_the_file_says_which_records_are_learnt(tmp_path: Path) -> None:
    assert read_tiling(tmp_path) is None
    assert learnt_split(tmp_path, "train") == "train" and tile_settings(tmp_path) == {}
    tiling = Tiling(640, 0.2, {"train": 8, "val": 2})
    write_tiling(tiling, tmp_path)
    assert read_tiling(tmp_path) == tiling
    assert learnt_split(tmp_path, "val") == "val_tiles"
    assert tile_settings(tmp_path) == {"tile": 640, "tile_overlap": 0.2}
