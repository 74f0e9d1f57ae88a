"""The program of docs/exports.md, which has nothing of this project, finds what ``load_predictor`` finds."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.serving import load_predictor
from pipeline.serving.formats.files import FORMATS
from tests.support.exported_files import images, small_source
from tests.support.project import ROOT

BLOCK = re.compile(r"^```python\n(import json\n.+?)^```", re.M | re.S)


def program_in(folder: Path) -> Path:
    """Write the program of the page to a folder."""
    match = BLOCK.search((ROOT / "docs" / "exports.md").read_text(encoding="utf-8"))
    assert match
    program = folder / "program.py"
    program.write_text(match[1], encoding="utf-8")
    return program


def run_alone(command: list[str | Path], folder: Path) -> str:
    """Run a command in a folder where Python finds no module of the project, and return what it prints."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=True, timeout=300
    )
    return done.stdout


@pytest.mark.parametrize("name", ["tflite_float32", "onnx"])
def test_the_program_finds_what_the_predictor_finds(name: str, tmp_path: Path) -> None:
    source = small_source(filters=16, convolutions=1)
    path = tmp_path / FORMATS[name].file
    FORMATS[name].write(source, path)
    photo = tmp_path / "photo.png"
    Image.fromarray(next(images(1, seed=2)).astype(np.uint8)).save(photo)
    printed = run_alone([sys.executable, program_in(tmp_path), path, photo], tmp_path)
    [expected] = load_predictor(path).predict_files([photo.read_bytes()])
    rows = [line.split() for line in printed.splitlines()]
    assert len(rows) == len(expected.scores) == source.config.export.max_detections
    assert [row[0] for row in rows] == [source.config.classes[label - 1] for label in expected.classes]
    np.testing.assert_allclose([float(row[1]) for row in rows], expected.scores, atol=1e-4)
    np.testing.assert_allclose([[float(side) for side in row[2:]] for row in rows], expected.boxes, atol=0.1)
