import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.artifacts import read_json, stable_seed, whole, write_json, written_by
from pipeline.errors import PipelineError
from tests.support.project import ROOT


def test_a_block_that_raises_leaves_what_stood_there(tmp_path: Path) -> None:
    output = tmp_path / "out"
    with whole(output, directory=True) as partial:
        (partial / "a").write_text("first")
    with pytest.raises(RuntimeError), whole(output, directory=True) as partial:
        (partial / "a").write_text("second")
        raise RuntimeError
    assert (output / "a").read_text() == "first"
    assert list(tmp_path.iterdir()) == [output]


def test_a_killed_process_leaves_nothing_that_looks_whole(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from pipeline.artifacts import whole\n"
        f"with whole(Path({str(tmp_path / 'out')!r}), directory=True) as p:\n"
        "    (p / 'half').write_text('x'); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == -9
    assert not (tmp_path / "out").exists()
    with whole(tmp_path / "out", directory=True) as partial:
        assert not list(partial.iterdir())


def test_json_round_trip_keeps_order_and_refuses_nan(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "value.json"
    write_json(path, {"b": 1, "a": [None, "ü"]})
    assert list(read_json(path)) == ["b", "a"]
    with pytest.raises(ValueError):
        write_json(path, float("nan"))
    assert json.loads(path.read_text())["b"] == 1


def test_seeds_are_stable_and_differ() -> None:
    assert stable_seed(1, "train") == 666468408  # sha256("1\x1ftrain"), first four bytes
    assert len({stable_seed(1, "a"), stable_seed(1, "b"), stable_seed(2, "a"), stable_seed("1a")}) == 4


def test_an_input_that_no_stage_has_written_is_named_with_its_stage(tmp_path: Path) -> None:
    assert written_by("convert", tmp_path) == tmp_path
    with pytest.raises(PipelineError, match=r"labels: not found; run the convert stage first"):
        written_by("convert", tmp_path / "labels")
