from pathlib import Path

import pytest

from pipeline.artifacts import write_json
from pipeline.errors import PipelineError
from pipeline.evaluation.exported_files import HEADS, ExportedFile, as_text, read_exported_files, table_rows

ROWS = [
    ExportedFile(
        "SavedModel", "detector", 17_240_000, 41.0, 300.25, 26.6, 40.1, 0.78484, 0.97092, 0.0, "a" * 64
    ),
    ExportedFile("onnx", "detector.onnx", 15_395_978, 9.04, 80.0, 100.0, 180.0, None, None, None, "b" * 64),
]


def test_what_was_written_is_read_and_shown(tmp_path: Path) -> None:
    write_json(tmp_path / "exports.json", {"files": [row._asdict() for row in ROWS]})
    assert read_exported_files(tmp_path / "exports.json") == ROWS
    first, second = table_rows(ROWS)
    assert len(first) == len(HEADS)
    assert first == (
        *("SavedModel", "detector", "17.2", "41.0", "300.2", "26.6", "40.1"),
        *("0.7848", "0.9709", "+0.0000"),
    )
    assert second[-3:] == ("–", "–", "–")
    lines = as_text(ROWS).splitlines()
    assert len(lines) == 3 and lines[2].split()[:2] == ["onnx", "detector.onnx"]


@pytest.mark.parametrize("text", ["{", "[]", '{"files": [{"format": "onnx"}]}'])
def test_another_table_is_one_line(text: str, tmp_path: Path) -> None:
    path = tmp_path / "exports.json"
    path.write_text(text)
    with pytest.raises(
        PipelineError, match=r"exports.json: no table of exported files; run the measure_exports"
    ):
        read_exported_files(path)
