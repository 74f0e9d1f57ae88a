"""Tests of files that are made to do harm.

Each file leads to an issue or to an error of one line, within seconds. No file outside the folder is opened.
"""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from pipeline.datasets.converted.issues import write_issues
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.raw.json_stream import JsonStreamError, iterate_arrays
from pipeline.datasets.sources.local_folder import copy_folder
from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.errors import PipelineError
from tests.datasets.formats.test_formats import coco, voc
from tests.support.dataset_files import faults, make, read

DEEP = 100_000


@pytest.fixture(autouse=True)
def time_limit() -> Iterator[None]:
    """Fail each test that takes ten seconds or more."""
    start = time.process_time()
    yield
    assert time.process_time() - start < 10


def refusal(folder: Path) -> str:
    """Return the message with which COCO's reader refuses a folder."""
    with pytest.raises(PipelineError) as error:
        read(folder, "coco")
    assert "\n" not in str(error.value)
    return str(error.value)


# ------------------------------------------------------------------ XML


@pytest.mark.parametrize("head", ["", "<!DOCTYPE annotation>", '<?xml version="1.0" encoding="latin-1"?>'])
def test_deeply_nested_elements_are_an_issue(tmp_path: Path, head: str) -> None:
    deep = f"{head}<annotation>{'<a>' * DEEP}{'</a>' * DEEP}</annotation>"
    files = {
        "images/a.jpg": "",
        "images/b.jpg": "",
        "annotations/a.xml": deep,
        "annotations/b.xml": voc("cat"),
    }
    table = read(make(tmp_path, files))
    assert len(table.images) == 2 and len(table.objects) == 1


@pytest.mark.parametrize(
    "encoding", ["utf-16", "utf-7", "hex", "zip", "rot13", "idna", "undefined", "nonsense", "unicode_escape"]
)
def test_unknown_encodings_are_an_issue(tmp_path: Path, encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?>{voc("cat")}'
    files = {
        "images/a.jpg": "",
        "images/b.jpg": "",
        "annotations/a.xml": text,
        "annotations/b.xml": voc("cat"),
    }
    assert "images/b.jpg" in read(make(tmp_path, files)).images["file"].tolist()


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "1e999", "9" * 5000, "0x10", "１２", "1" * 400])
def test_texts_that_are_no_numbers_are_an_issue(tmp_path: Path, number: str) -> None:
    text = voc("cat").replace("<xmin>1<", f"<xmin>{number}<").replace("<width>100<", f"<width>{number}<")
    text = text.replace("<difficult>0<", f"<difficult>{number}<")
    table = read(make(tmp_path, {"images/a.jpg": "", "annotations/a.xml": text}))
    assert len(table.images) == 1 and set(faults(table)) <= {("images/a.jpg", "box-unreadable")}


def test_four_nans_are_no_label_of_the_whole_image(tmp_path: Path) -> None:
    text = voc("cat")
    for value in ("1", "2", "30", "40.5"):
        text = text.replace(f">{value}<", ">nan<")
    table = read(make(tmp_path / "voc", {"images/a.jpg": "", "annotations/a.xml": text}))
    assert faults(table) == [("images/a.jpg", "box-unreadable")]
    value = coco("1.jpg")
    value["annotations"][0]["bbox"] = ["nan"] * 4
    assert faults(read(make(tmp_path / "coco", {"a.json": value, "1.jpg": ""}))) == [
        ("1.jpg", "box-unreadable")
    ]


# ------------------------------------------------------------------ JSON


def with_json(folder: Path, text: str) -> Path:
    return make(folder, {"a.json": text, "1.jpg": ""})


@pytest.mark.parametrize("opening, closing", [("[", "]"), ('{"a":', "}")])
@pytest.mark.parametrize("key", ["images", "annotations", "categories"])
def test_deeply_nested_values_are_refused_or_listed(
    tmp_path: Path, key: str, opening: str, closing: str
) -> None:
    value = coco("1.jpg")
    for depth in (DEEP, 1000):
        deep = opening * depth + "1" + closing * depth
        text = json.dumps(value | {key: [*value[key], "DEEP"]}).replace('"DEEP"', deep)
        if depth == DEEP:
            assert "a.json: not readable as JSON" in refusal(with_json(tmp_path, text))
        else:  # below the limit of the parser, above that of repr
            assert len(read(with_json(tmp_path, text)).issues) == 1


def test_deeply_nested_values_of_other_keys_are_ignored(tmp_path: Path) -> None:
    text = json.dumps(coco("1.jpg") | {"info": "DEEP"}).replace('"DEEP"', "[" * DEEP + "]" * DEEP)
    assert len(read(with_json(tmp_path, text)).objects) == 1


def test_a_long_text_without_an_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"images": [{"a": {"b": {"c": "' + '\\"' * 300_000)
    with pytest.raises(JsonStreamError):
        list(iterate_arrays(path, frozenset({"images"})))


@pytest.mark.parametrize(
    "value", ["1e999", '"\\ud800"', '"\\udc00"', "01", "'a'", "+1", "nan", '{"a": NaN, "b": ' + "[" * 100_000]
)
def test_values_that_json_does_not_have_are_refused(tmp_path: Path, value: str) -> None:
    text = json.dumps(coco("1.jpg")).replace("[1, 2, 3, 4]", f"[1, 2, 3, {value}]")
    assert "a.json: not readable as JSON" in refusal(with_json(tmp_path, text))


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_values_that_only_python_has_are_an_issue_of_their_object(tmp_path: Path, value: str) -> None:
    text = json.dumps(coco("1.jpg")).replace("[1, 2, 3, 4]", f"[1, 2, 3, {value}]")
    assert faults(read(with_json(tmp_path, text))) == [("1.jpg", "box-unreadable")]


@pytest.mark.parametrize("value", ["1e308", "-1e308", "9" * 400, "1e-400", '"9e999"', "true", "null", '"1"'])
def test_huge_and_tiny_numbers_raise_no_error(tmp_path: Path, value: str) -> None:
    for field in ("bbox", "area", "id", "image_id", "category_id", "iscrowd", "segmentation", "width"):
        content = coco("1.jpg")
        content["annotations"][0][field] = "VALUE"
        content["images"][0]["width"] = "VALUE"
        text = json.dumps(content).replace('"VALUE"', value)
        try:
            table = read(with_json(tmp_path, text))
        except PipelineError:
            continue
        assert len(table.objects) + len(table.issues) >= 1


@pytest.mark.parametrize("area", ["1e308", "-5", '"nan"', "null", "[]", "true"])
def test_a_broken_area_becomes_that_of_the_box(tmp_path: Path, area: str) -> None:
    content = coco("1.jpg")
    content["annotations"][0]["area"] = "VALUE"
    table = read(with_json(tmp_path, json.dumps(content).replace('"VALUE"', area)))
    assert table.objects["area"].tolist() == [{"1e308": 1e308, "true": 1.0}.get(area, 12.0)]


def test_the_last_of_two_equal_keys_is_read(tmp_path: Path) -> None:
    text = json.dumps(coco("1.jpg")).replace('"bbox"', '"bbox": [9, 9, 9, 9], "bbox"')
    assert read(with_json(tmp_path, text)).objects["xmin"].tolist() == [1]


def test_images_with_the_same_id_are_left_out(tmp_path: Path) -> None:
    content = coco("1.jpg", "2.jpg", "3.jpg")
    content["images"][1]["id"] = 0
    table = read(make(tmp_path, {"a.json": content, "1.jpg": "", "2.jpg": "", "3.jpg": ""}))
    assert faults(table)[:2] == [("1.jpg", "unreadable-annotation"), ("2.jpg", "unreadable-annotation")]
    assert table.images["file"].tolist() == ["3.jpg"] and len(table.objects) == 1


# ------------------------------------------------------------------ paths


@pytest.mark.parametrize(
    "name",
    [
        "../secret.jpg",
        "a/../../secret.jpg",
        "/etc/secret.jpg",
        "C:\\secret.jpg",
        "\\\\host\\secret.jpg",
        "a\0.jpg",
        ".",
        "..",
    ],
)
def test_paths_that_leave_the_folder_are_listed(tmp_path: Path, name: str) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "secret.jpg")
    content = coco("1.jpg", "2.jpg")
    content["images"][0]["file_name"] = name
    table = read(make(tmp_path / "data", {"a.json": content, "2.jpg": ""}))
    assert faults(table) == [(name, "path-outside-folder")]
    text = voc("cat", filename=name.replace("\0", "\\0"))
    table = read(make(tmp_path / "voc", {"x.xml": text, "1.xml": voc("cat"), "1.jpg": ""}))
    assert [file for file, _ in faults(table)] == ["x.xml"] and len(table.images) == 1


def test_the_folder_itself_is_no_image(tmp_path: Path) -> None:
    content = coco("1.jpg", "2.jpg")
    content["images"][0]["file_name"] = ".."
    table = read(make(tmp_path, {"annotations/a.json": content, "2.jpg": ""}))
    assert faults(table) == [("..", "path-outside-folder")]


def test_pipes_and_unencodable_names_are_left_out_and_links_are_followed(tmp_path: Path) -> None:
    root = make(tmp_path / "data", {"a.json": coco("1.jpg"), "1.jpg": "", "sub/2.jpg": ""})
    make(tmp_path / "other", {"secret/3.jpg": "", "4.jpg": ""})
    (root / "folder").symlink_to(tmp_path / "other" / "secret")
    (root / "loop").symlink_to(root)
    (root / "gone.json").symlink_to(tmp_path / "nowhere")
    (root / "file.jpg").symlink_to(tmp_path / "other" / "4.jpg")
    os.mkfifo(root / "pipe.xml")
    os.mkfifo(root / "pipe.json")
    for name in (b"Icon\r", b"caf\xe9.jpg"):
        (root / os.fsdecode(name)).write_bytes(b"")
    # links are followed, as in the download stage, because DVC links to its cache; archives with links are refused
    assert DatasetFolder(root).files == ["1.jpg", "a.json", "file.jpg", "folder/3.jpg", "sub/2.jpg"]
    assert len(read(root).images) == 1


def test_a_copied_folder_has_no_links_and_a_pipe_is_refused(tmp_path: Path) -> None:
    root = make(tmp_path / "data", {"1.jpg": ""})
    (root / "2.jpg").symlink_to(root / "1.jpg")
    copy_folder(root, tmp_path / "copy")
    assert not (tmp_path / "copy" / "2.jpg").is_symlink()
    os.mkfifo(root / "pipe")
    with pytest.raises(PipelineError, match="pipe cannot be copied"):
        copy_folder(root, tmp_path / "other")


def test_hostile_names_do_not_break_the_rows_of_issues(tmp_path: Path) -> None:
    hostile = 'a,"b\r\nc\rd\0.jpg'
    fault = Fault(None, "missing-image", hostile, Action.DROP_IMAGE)
    write_issues([Issue(hostile, fault)] * 2, tmp_path / "issues.csv")
    assert len(pd.read_csv(tmp_path / "issues.csv")) == 2
