"""Each exported file is measured on the test split, and a file that lost too much is refused."""

from pathlib import Path

import pytest

from pipeline.artifacts import read_json
from pipeline.errors import PipelineError
from pipeline.params.export import ExportLimits
from pipeline.serving.formats.files import FORMATS
from pipeline.serving.saved_model import save
from pipeline.serving.speed import Speed
from pipeline.stages import measure_exports
from pipeline.stages.export import detector_service
from tests.support.converted_dataset import Thing, write_converted
from tests.support.exported_files import CLASSES, small_source
from tests.support.project import PARAMS

IMAGES = {
    f"{number}.png": (split, [Thing(1, (2.0, 2.0, 12.0, 8.0))])
    for number, split in enumerate(["train", "val", "test", "test"])
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("run")
    write_converted(home / "converted", IMAGES, list(CLASSES))
    source = small_source(filters=16, convolutions=1)
    save(detector_service(source), home / "exported" / "detector", source.config)
    FORMATS["onnx"].write(source, home / "exported" / "detector.onnx")
    return home


@pytest.fixture(autouse=True)
def speeds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the processes in which the speed is measured."""
    monkeypatch.setattr(
        measure_exports,
        "measured_speeds",
        lambda paths, pictures, threads: [Speed(10.0 / threads, 40.0 / threads) for _ in paths],
    )


def measure(home: Path, max_loss: float | None) -> None:
    measure_exports.run(
        PARAMS.detect,
        PARAMS.evaluate,
        ExportLimits(max_loss=max_loss),
        converted=home / "converted",
        exported=home / "exported",
        metrics=home / "exports.json",
    )


def test_each_file_has_a_row(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    measure(run, max_loss=0.002)
    saved, onnx = read_json(run / "exports.json")["files"]
    assert [saved["format"], onnx["format"]] == ["SavedModel", "onnx"]
    assert onnx["bytes"] == (run / "exported" / "detector.onnx").stat().st_size < saved["bytes"]
    assert onnx["mAP"] == pytest.approx(saved["mAP"], abs=1e-3) and saved["mAP_difference"] == 0.0
    assert onnx["latency_1_ms"] == 10.0 and onnx["images_per_second_2_threads"] == 400.0
    assert "detector.onnx" in capsys.readouterr().out


def test_a_loss_beyond_the_limit_fails_after_the_table(
    run: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = {"detector": {"mAP": 0.5, "AP50": 0.7}, "detector.onnx": {"mAP": 0.44, "AP50": 0.7}}
    monkeypatch.setattr(measure_exports, "file_scores", lambda path, *_: scores[path.name])
    with pytest.raises(
        PipelineError, match=r"detector.onnx has 0.060 less mAP than the SavedModel, but .*0.05"
    ):
        measure(run, max_loss=0.05)
    assert "-0.0600" in capsys.readouterr().out
    assert read_json(run / "exports.json")["files"][1]["mAP_difference"] == pytest.approx(-0.06)
    measure(run, max_loss=None)


def test_an_undefined_score_is_no_loss(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure_exports, "file_scores", lambda *_: {"mAP": None, "AP50": None})
    measure(run, max_loss=0.0)
