"""A stage that is run by hand where no other stage has run says in one line which one is missing."""

import importlib
import inspect
from pathlib import Path

import pytest

from pipeline.errors import PipelineError
from pipeline.stage import call
from tests.support.project import PARAMS, ROOT

FIRST = {"download", "zoo"}
"""Stages that read no output of another stage."""

STAGES = sorted(path.stem for path in (ROOT / "pipeline" / "stages").glob("[a-z]*.py"))


@pytest.mark.parametrize("name", [name for name in STAGES if name not in FIRST])
def test_a_missing_input_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    run = importlib.import_module(f"pipeline.stages.{name}").run
    paths = {
        parameter.name: Path(parameter.name)
        for parameter in inspect.signature(run).parameters.values()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    }
    with pytest.raises(PipelineError, match=r"run the \w+ stage|run the stage that writes it") as raised:
        call(run, PARAMS, **paths)
    assert len(str(raised.value).splitlines()) == 1
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
