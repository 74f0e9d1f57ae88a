import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pipeline.commands import serve as command
from pipeline.errors import PipelineError
from pipeline.ops.nms import Suppression
from pipeline.serving.detector import DetectorService
from pipeline.serving.saved_model import save
from tests.support.http import CONFIG
from tests.support.networks import OneBox
from tests.support.project import ROOT

ARGUMENTS: dict[str, Any] = {
    **{"model": Path("x"), "host": "127.0.0.1", "port": 0},
    **dict.fromkeys(("batch", "body_mib", "instances", "megapixels", "queue", "seconds"), 1),
}


@contextmanager
def running(*arguments: object) -> Iterator[subprocess.Popen[str]]:
    run = [sys.executable, "-m", "pipeline", "serve", "--port", "0", *map(str, arguments)]
    with subprocess.Popen(
        run, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.slow
def test_the_command_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    folder = tmp_path / "detector"
    suppression = Suppression(score_threshold=0.1, nms_iou=0.5, max_detections=3)
    save(DetectorService(OneBox(masks=False), CONFIG.classes, 32, suppression), folder, CONFIG)
    with running("--model", folder) as process:
        assert process.stdout is not None
        pattern = rf"{re.escape(str(folder))} at (http://127\.0\.0\.1:\d+/); Ctrl-C stops it\n"
        address = next(found for line in process.stdout if (found := re.fullmatch(pattern, line)))
        with urllib.request.urlopen(f"{address[1]}health") as answer:
            assert answer.read() == b'{"status":"ready"}'
        process.terminate()
        assert process.stdout.read() == "stopped\n"
        assert process.wait(timeout=60) == 0


def test_missing_packages_are_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "PACKAGES", ("fastapi", "no_such_package"))
    with pytest.raises(PipelineError, match=r"^no_such_package not installed, which serve needs; install"):
        command.serve(**ARGUMENTS)


def test_what_is_no_detector_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match=r"1: holds no SavedModel; run the export stage first$"):
        command.serve(**ARGUMENTS | {"model": tmp_path})
