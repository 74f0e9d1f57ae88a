"""Names of the written images. ``test_writers.py`` covers them with every format."""

from pathlib import Path

import pytest

from pipeline.datasets.writers.image_files import image_stems, suffix_of, write_file


@pytest.mark.parametrize(
    ("files", "stems"),
    [
        ([], []),
        (["pics/a.jpg", "pics/b/a.png"], ["a", "b/a"]),
        (["a.jpg", "a.png", "A.jpg", "a"], ["a", "a_png", "A_jpg", "a_1"]),
        (["x/train/a.jpg", "x/images/b.jpg", "x/training/c.jpg"], ["train_/a", "images_/b", "training/c"]),
        (["x/a:b?.jpg", "x/ c .jpg"], ["a_b_", "_c_"]),
    ],
)
def test_names_are_unique_and_free_of_what_readers_misread(files: list[str], stems: list[str]) -> None:
    assert list(image_stems(files).values()) == stems


def test_a_suffix_of_the_format_is_kept() -> None:
    assert suffix_of("a.JPEG", "jpeg") == ".JPEG"
    assert suffix_of("a.tif", "jpeg") == ".jpg"
    assert suffix_of("a.jpg", "png") == ".png"


def test_folders_of_a_file_are_created(tmp_path: Path) -> None:
    write_file(tmp_path / "a" / "b.jpg", b"data")
    assert (tmp_path / "a" / "b.jpg").read_bytes() == b"data"
