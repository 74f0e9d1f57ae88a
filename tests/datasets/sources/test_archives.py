import gzip
import io
import os
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from pipeline.datasets.raw.limits import Limits
from pipeline.datasets.sources.archives import unpack
from pipeline.errors import PipelineError


def zipped(path: Path, entries: dict[str, bytes], **options: Any) -> Path:
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def tarred(path: Path, *members: tuple[tarfile.TarInfo, bytes], mode: Any = "w:gz") -> Path:
    with tarfile.open(path, mode) as archive:
        for member, data in members:
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def refusal(archive: Path, folder: Path, **options: Limits) -> str:
    folder.mkdir()
    with pytest.raises(PipelineError) as error:
        unpack(archive, folder, name="URL", **options)
    line = str(error.value)
    assert line.startswith("URL: ") and "\n" not in line
    return line


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz"])
def test_files_arrive_as_they_were(tmp_path: Path, kind: str) -> None:
    entries = {"top/images/a.jpg": os.urandom(3000), "top/b.xml": b"text"}
    archive = tmp_path / "data"  # the content says what it is, not the name
    if kind == "zip":
        zipped(archive, {**entries, "__MACOSX/top/._b.xml": b"junk"})
    else:
        members = [(tarfile.TarInfo(name), data) for name, data in entries.items()]
        tarred(archive, *members, mode="w" if kind == "tar" else "w:gz")
    folder = tmp_path / "out"
    folder.mkdir()
    unpack(archive, folder, name="URL")
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }
    assert files == entries


@pytest.mark.parametrize("name", ["../../x", "a/../../x", "/etc/x", "..\\..\\x", "C:\\x"])
def test_a_zip_entry_that_leaves_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    line = refusal(zipped(tmp_path / "a.zip", {name: b"x"}), tmp_path / "deep")
    assert "refused" in line and "outside the folder" in line and repr(name) in line
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip", "deep"]


@pytest.mark.parametrize("name", ["../x", "/x"])
def test_a_tar_entry_that_leaves_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    line = refusal(tarred(tmp_path / "a.tgz", (tarfile.TarInfo(name), b"x")), tmp_path / "out")
    assert "outside the folder" in line


@pytest.mark.parametrize("type", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_tar_links_and_devices_are_refused(tmp_path: Path, type: bytes) -> None:
    member = tarfile.TarInfo("link")
    member.type, member.linkname = type, "/etc/passwd"
    assert "a link or device" in refusal(tarred(tmp_path / "a.tgz", (member, b"")), tmp_path / "out")


def test_a_zip_link_is_refused(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("link")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    assert "a link or device" in refusal(tmp_path / "a.zip", tmp_path / "out")


def test_a_bomb_is_refused_before_it_fills_the_disk(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {"zeros": bytes(5_000_000)}, compression=zipfile.ZIP_DEFLATED)
    line = refusal(archive, tmp_path / "out", limits=Limits(ratio=100, small=1_000_000))
    assert "100 times its own size" in line
    assert sum(path.stat().st_size for path in (tmp_path / "out").rglob("*")) < 2_100_000


def test_too_many_entries_are_refused(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {f"{number}": b"" for number in range(11)})
    assert "more than 10 entries" in refusal(archive, tmp_path / "out", limits=Limits(entries=10))


def test_what_is_no_archive_is_said(tmp_path: Path) -> None:
    (tmp_path / "page").write_text("<!DOCTYPE html>")
    assert "neither a zip nor a tar archive" in refusal(tmp_path / "page", tmp_path / "out")


def test_a_bomb_in_a_header_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 300 * 2**20
    path = tmp_path / "a"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(header.tobuf(tarfile.GNU_FORMAT))
        for _ in range(300):
            file.write(b"a" * 2**20)
        file.write(tarfile.TarInfo("x").tobuf() + bytes(1024))
    limits = Limits(small=2**20)
    assert "it unpacks to more than 200 times its own size" in refusal(path, tmp_path / "out", limits=limits)


def test_a_name_too_long_for_a_file_is_said(tmp_path: Path) -> None:
    tarred(tmp_path / "a", (tarfile.TarInfo("n" * 300), b"x"))
    assert "the name of entry 'nnn" in refusal(tmp_path / "a", tmp_path / "out")


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_entry_damaged_inside_is_said(tmp_path: Path, method: int) -> None:
    with zipfile.ZipFile(tmp_path / "a", "w", method) as archive:
        archive.writestr("x", os.urandom(100_000) * 2)
    spoil(tmp_path / "a")
    assert "damaged archive" in refusal(tmp_path / "a", tmp_path / "out")


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz"])
def test_a_compressed_tar_damaged_inside_is_said(tmp_path: Path, kind: str) -> None:
    file = tarfile.TarInfo("x")
    file.size = 200_000
    with tarfile.open(tmp_path / "a", f"w:{kind}") as archive:
        archive.addfile(file, io.BytesIO(os.urandom(100_000) * 2))
    spoil(tmp_path / "a")
    assert "damaged archive" in refusal(tmp_path / "a", tmp_path / "out")


def spoil(path: Path) -> None:
    """Change bytes in the middle of a file."""
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 20] = bytes(byte ^ 0x55 for byte in data[middle : middle + 20])
    path.write_bytes(data)


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_a_damaged_archive_is_said(tmp_path: Path, kind: str) -> None:
    data = os.urandom(200_000)
    path = tmp_path / "a"
    if kind == "zip":
        zipped(path, {"x": data})
        whole = path.read_bytes()
        path.write_bytes(whole[:1000] + b"?" + whole[1001:])
    else:
        tarred(path, (tarfile.TarInfo("x"), data))
        path.write_bytes(path.read_bytes()[:100_000])
    assert "damaged archive" in refusal(path, tmp_path / "out")
