"""Download of an archive: its checksum in the log, and the archive removed in any case.

``tests/stages/test_download.py`` covers retries, HTTP and messages.
"""

import hashlib
import logging
import zipfile
from pathlib import Path

import pytest

from pipeline.datasets.sources.remote_archive import fetch_archive
from pipeline.errors import PipelineError


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "data.zip"
    with zipfile.ZipFile(path, "w") as zipped:
        zipped.writestr("a.txt", "text")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "out" / "raw"
    folder.mkdir(parents=True)
    return folder


def test_without_a_checksum_that_of_the_file_is_logged(
    archive: Path, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="pipeline.datasets.sources")
    fetch_archive(archive.as_uri(), None, folder)
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    assert [record.getMessage() for record in caplog.records] == [
        f"downloaded {archive.as_uri()}; set dataset.sha256 to get the same file next time: {digest}"
    ]
    assert [path.name for path in folder.parent.rglob("*") if path.is_file()] == ["a.txt"]


def test_with_the_right_checksum_nothing_is_logged(
    archive: Path, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="pipeline.datasets.sources")
    fetch_archive(archive.as_uri(), hashlib.sha256(archive.read_bytes()).hexdigest().upper(), folder)
    assert (folder / "a.txt").read_text() == "text" and not caplog.records


def test_a_wrong_checksum_says_both_and_removes_the_archive(archive: Path, folder: Path) -> None:
    with pytest.raises(PipelineError, match=f"but dataset.sha256 is {'0' * 64}; check the URL"):
        fetch_archive(archive.as_uri(), "0" * 64, folder)
    assert [path.name for path in folder.parent.iterdir()] == ["raw"]


def test_an_archive_without_files_is_refused(archive: Path, folder: Path) -> None:
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.mkdir("empty")
    with pytest.raises(PipelineError, match="the archive holds no file"):
        fetch_archive(archive.as_uri(), None, folder)
