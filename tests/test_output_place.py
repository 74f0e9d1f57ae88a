"""Errors of a place that the user named for an output."""

from pathlib import Path

import pytest

from pipeline.errors import PipelineError
from pipeline.output_place import output_place, refuse_used


@pytest.mark.parametrize("place", ["file/x", "nowhere/x"])
def test_a_place_that_cannot_be_written_to_is_one_line(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PipelineError) as caught, output_place(place, "name another file"):
        (tmp_path / place).write_text("x")
    assert str(caught.value).startswith(f"{place}: No")
    assert str(caught.value).endswith("; name another file")


def test_only_an_empty_folder_can_be_taken(tmp_path: Path) -> None:
    refuse_used(tmp_path)
    refuse_used(tmp_path / "new")
    (tmp_path / "file").touch()
    for used in (tmp_path, tmp_path / "file"):
        with pytest.raises(PipelineError, match="exists and is not empty; name a new or an empty folder"):
            refuse_used(used)
