"""Copying of a local folder: links, empty folders and messages."""

from pathlib import Path

import pytest

from pipeline.datasets.sources.local_folder import copy_folder
from pipeline.errors import PipelineError


def test_links_are_followed_and_empty_folders_kept(tmp_path: Path) -> None:
    source, outside, copy = tmp_path / "source", tmp_path / "outside", tmp_path / "copy"
    for folder in (source / "empty", outside, copy):
        folder.mkdir(parents=True)
    (outside / "a.jpg").write_bytes(b"a")
    (source / "linked").symlink_to(outside)
    copy_folder(source, copy)
    assert (copy / "linked" / "a.jpg").read_bytes() == b"a"
    assert not (copy / "linked").is_symlink() and (copy / "empty").is_dir()


def test_a_link_to_nothing_is_named(tmp_path: Path) -> None:
    source, copy = tmp_path / "source", tmp_path / "copy"
    source.mkdir()
    copy.mkdir()
    (source / "broken.jpg").symlink_to("absent.jpg")
    with pytest.raises(PipelineError, match=r"dataset\.path: .*broken\.jpg cannot be copied"):
        copy_folder(source, copy)


def test_a_folder_without_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "source" / "empty").mkdir(parents=True)
    with pytest.raises(PipelineError, match="holds no file; set it to the dataset's folder"):
        copy_folder(tmp_path / "source", tmp_path / "copy")
