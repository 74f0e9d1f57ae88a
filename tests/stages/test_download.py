import hashlib
import http.server
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from pipeline.datasets.sources import remote_archive
from pipeline.errors import PipelineError
from pipeline.params.load import load_params
from pipeline.params.schema import Params
from pipeline.stage import call
from pipeline.stages import download
from tests.support.project import ROOT


def params(**dataset: object) -> Params:
    loaded = load_params(ROOT / "params.yaml")
    return loaded.model_copy(update={"dataset": loaded.dataset.model_copy(update=dataset)})


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_archive, "_FIRST_PAUSE", 0.01)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "served" / "data.zip"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as zipped:
        zipped.writestr("top/a.bin", os.urandom(300_000))
    return path


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves files; a path of /broken breaks off half-way, always or, with /broken-once, at first."""

    broken = 0

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        once = self.path.startswith("/broken-once/")
        if not self.path.startswith("/broken") or (once and type(self).broken):
            self.path = "/" + self.path.rsplit("/", 1)[1]
            return super().do_GET()
        type(self).broken += 1
        data = Path(self.directory, self.path.rsplit("/", 1)[1]).read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[: len(data) // 2])

    def do_HEAD(self) -> None:
        self.path = "/" + self.path.rsplit("/", 1)[1]
        super().do_HEAD()


@pytest.fixture
def server(archive: Path) -> Iterator[str]:
    Handler.broken = 0
    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(Handler, directory=archive.parent)
    ) as served:
        threading.Thread(target=served.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{served.server_address[1]}"
        served.shutdown()


def refusal(tmp_path: Path, **dataset: object) -> str:
    """Run a download that must fail; return its line. What was there before must still be."""
    raw = tmp_path / "data" / "raw"
    raw.mkdir(parents=True)
    (raw / "before").write_text("kept")
    with pytest.raises(PipelineError) as error:
        call(download.run, params(**dataset), raw=raw)
    assert files_in(tmp_path / "data") == {"raw/before": b"kept"}
    line = str(error.value)
    assert "\n" not in line
    return line


def test_a_folder_is_copied_and_stays_the_users_own(tmp_path: Path) -> None:
    source = tmp_path / "mine"
    (source / "images").mkdir(parents=True)
    (source / "images" / "a.jpg").write_bytes(b"a")
    (source / "linked.jpg").symlink_to("images/a.jpg")
    call(download.run, params(source="path", path=str(source)), raw=tmp_path / "raw")
    assert files_in(tmp_path / "raw") == {"images/a.jpg": b"a", "linked.jpg": b"a"}
    assert (source / "images" / "a.jpg").stat().st_nlink == 1
    assert not (tmp_path / "raw" / "linked.jpg").is_symlink()


@pytest.mark.parametrize("name", ["absent", "file", "empty"])
def test_a_folder_that_is_none_is_said(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "empty").mkdir()
    said = {"absent": "does not exist", "file": "is not a folder", "empty": "holds no file"}[name]
    assert said in refusal(tmp_path, source="path", path=str(tmp_path / name))


def test_a_folder_that_holds_the_output_is_refused(tmp_path: Path) -> None:
    assert "contains the output folder of the download" in refusal(
        tmp_path, source="path", path=str(tmp_path)
    )


@pytest.mark.parametrize("scheme", ["http", "file"])
def test_an_archive_is_downloaded_and_unpacked(
    tmp_path: Path, archive: Path, server: str, scheme: str, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"{server}/data.zip" if scheme == "http" else archive.as_uri()
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    call(download.run, params(source="url", url=url, sha256=digest.upper()), raw=tmp_path / "data" / "raw")
    assert list(files_in(tmp_path / "data")) == ["raw/top/a.bin"]
    assert capsys.readouterr().err == ""  # no progress bar outside a terminal


def test_a_transfer_that_breaks_off_is_tried_again(tmp_path: Path, server: str) -> None:
    call(download.run, params(source="url", url=f"{server}/broken-once/data.zip"), raw=tmp_path / "raw")
    assert Handler.broken == 1
    assert list(files_in(tmp_path / "raw")) == ["top/a.bin"]


def test_a_transfer_that_always_breaks_off_is_said(tmp_path: Path, server: str) -> None:
    line = refusal(tmp_path, source="url", url=f"{server}/broken/data.zip")
    assert "the transfer stopped" in line and "tried 4 times" in line


def test_a_wrong_checksum_is_said(tmp_path: Path, archive: Path, server: str) -> None:
    line = refusal(tmp_path, source="url", url=f"{server}/data.zip", sha256="0" * 64)
    assert hashlib.sha256(archive.read_bytes()).hexdigest() in line and "0" * 64 in line


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("{server}/absent.zip", "not found; check dataset.url"),
        ("http://127.0.0.1:1/data.zip", "no connection"),
        ("nonsense://data.zip", "Protocol not known"),
        ("file:///absent.zip", "not found"),
    ],
)
def test_a_url_that_leads_nowhere_is_said(tmp_path: Path, server: str, url: str, said: str) -> None:
    url = url.format(server=server)
    line = refusal(tmp_path, source="url", url=url)
    assert line.startswith(url) and said in line


def test_what_is_no_archive_is_said(tmp_path: Path, archive: Path, server: str) -> None:
    (archive.parent / "page.html").write_text("<html>")
    assert "neither a zip nor a tar archive" in refusal(tmp_path, source="url", url=f"{server}/page.html")


def test_a_zip_entry_outside_is_said_and_nothing_is_lost(tmp_path: Path, archive: Path, server: str) -> None:
    with zipfile.ZipFile(archive, "a") as zipped:
        zipped.writestr("../../x", b"")
    assert "'../../x' lies outside" in refusal(tmp_path, source="url", url=f"{server}/data.zip")
    assert not list(tmp_path.rglob("x"))


def test_the_command_says_its_fault_in_one_line_and_exits_with_1(tmp_path: Path) -> None:
    text = (ROOT / "params.yaml").read_text().replace("source: builtin", "source: path", 1)
    (tmp_path / "params.yaml").write_text(text)
    command = [sys.executable, "-m", "pipeline.stages.download", "--raw", "data/raw"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == "error: dataset.path data/local does not exist; set it to the dataset's folder\n"


def test_a_typo_in_the_parameters_is_said(tmp_path: Path) -> None:
    text = (ROOT / "params.yaml").read_text().replace("sha256: null", "sha265: null", 1)
    (tmp_path / "params.yaml").write_text(text)
    command = [sys.executable, "-m", "pipeline.stages.download", "--raw", "data/raw"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert "dataset.sha265 is not a parameter; did you mean dataset.sha256?" in done.stderr
    assert not (tmp_path / "data").exists()
