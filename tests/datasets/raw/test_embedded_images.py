from pathlib import Path

import pytest

from pipeline.datasets.raw.embedded_images import JSON_FILE, read_embedded_image


def write(folder: Path, contents: str) -> Path:
    path = folder / "a.json"
    path.write_text(contents, encoding="utf-8")
    return path


def test_names_of_json_files_are_recognised() -> None:
    assert JSON_FILE.search("a.JSON")
    assert not JSON_FILE.search("a.json.txt")


def test_the_image_is_decoded(tmp_path: Path) -> None:
    assert read_embedded_image(write(tmp_path, '{"imageData": "aW1hZ2U="}'), "imageData") == b"image"


@pytest.mark.parametrize(
    "contents",
    ["", "[]", "{}", '{"imageData": null}', '{"imageData": 1}', '{"imageData": "a"}', '{"imageData": "ä"}'],
)
def test_a_file_without_the_image_is_an_os_error(tmp_path: Path, contents: str) -> None:
    with pytest.raises(OSError, match="imageData is no image in base64"):
        read_embedded_image(write(tmp_path, contents), "imageData")


def test_a_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        read_embedded_image(tmp_path / "a.json", "imageData")
