import os
import re
import signal
import socket
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
from pipeline.serving.http.server import listen
from pipeline.serving.saved_model import save
from tests.support.http import CONFIG
from tests.support.networks import OneBox
from tests.support.project import ROOT

ARGUMENTS: dict[str, Any] = {
    **{"model": Path("x"), "host": "127.0.0.1", "port": 0},
    **dict.fromkeys(("batch", "body_mib", "instances", "megapixels", "queue", "seconds"), 1),
}


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported") / "detector"
    suppression = Suppression(score_threshold=0.1, nms_iou=0.5, max_detections=3)
    save(DetectorService(OneBox(masks=False), CONFIG.classes, 32, suppression), folder, CONFIG)
    return folder


@contextmanager
def running(*arguments: object) -> Iterator[subprocess.Popen[str]]:
    done = [sys.executable, "-m", "pipeline", "serve", *map(str, arguments)]
    with subprocess.Popen(
        done, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_the_command_serves_until_it_is_told_to_stop(exported: Path, ending: signal.Signals) -> None:
    with running("--model", exported, "--port", 0) as process:
        assert process.stdout is not None
        pattern = rf"{re.escape(str(exported))} at (http://127\.0\.0\.1:\d+/); Ctrl-C stops it\n"
        address = next(found for line in process.stdout if (found := re.fullmatch(pattern, line)))
        with urllib.request.urlopen(f"{address[1]}health") as answer:
            assert answer.read() == b'{"status":"ready"}'
        os.kill(process.pid, ending)
        assert process.stdout.read() == "stopped\n"
        assert process.wait(timeout=20) == 0


def test_a_port_that_is_taken_is_one_line_before_the_model_is_loaded() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as other,
        pytest.raises(PipelineError, match="in use; name others"),
    ):
        listen("127.0.0.1", other.getsockname()[1])
    for host, port in (("no.such.host.invalid", 1), ("127.0.0.1", 70_000)):
        with pytest.raises(PipelineError, match=f"^{host}:{port}: .*--host and --port$"):
            listen(host, port)


def test_missing_packages_are_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "PACKAGES", ("fastapi", "no_such_package"))
    with pytest.raises(PipelineError, match=r"^no_such_package not installed, which serve needs; install"):
        command.serve(**ARGUMENTS)


def test_what_is_no_detector_is_one_line(tmp_path: Path) -> None:
    with running("--model", tmp_path, "--port", 0) as process:
        assert process.wait(timeout=60) == 1
        assert process.stderr is not None
        assert process.stderr.read().splitlines()[-1].startswith(f"error: {tmp_path}/1: holds no SavedModel")
