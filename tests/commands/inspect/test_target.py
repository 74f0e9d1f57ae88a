from pathlib import Path
from typing import Any

import pytest

from pipeline.commands.inspect.target import target_of
from pipeline.errors import PipelineError
from pipeline.params.dataset import Dataset
from tests.support.project import PARAMS


def dataset(**changes: Any) -> Dataset:
    return PARAMS.dataset.model_copy(update=changes)


def test_a_folder_that_is_named_is_read_and_its_commands_name_it() -> None:
    target = target_of(Path("some/folder"), "voc", dataset())
    assert (target.path, target.dataset.format, target.where) == (Path("some/folder"), "voc", "")
    assert dict(target.overrides) == {
        "dataset.source": "path",
        "dataset.path": "some/folder",
        "dataset.format": "voc",
    }


def test_the_configured_folder_needs_no_parameter() -> None:
    target = target_of(None, None, dataset(source="path", path="data/local"))
    assert target.path == Path("data/local") and target.overrides == ()
    assert target.where == "dataset: data/local, which is dataset.path"


def test_what_a_stage_made_is_read_where_it_left_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PipelineError, match="fetch it with: dvc repro download"):
        target_of(None, None, dataset(source="url"))
    (tmp_path / "data" / "composed").mkdir(parents=True)
    target = target_of(None, None, dataset(images="composed", format="idx"))
    assert (target.path, target.dataset.format) == (Path("data/composed"), "coco")
