"""Properties that hold for any input; and a short run of the fuzzer, tests/fuzz.py."""

import json
import subprocess
import sys
from pathlib import Path

import fuzz
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.datasets.box_checks import check_boxes, scale_boxes
from pipeline.datasets.faults import FAULTS
from pipeline.datasets.folder import DatasetFolder, OutsideFolderError, normal_path
from pipeline.datasets.formats import FORMATS, read_annotations, voc
from pipeline.datasets.formats.annotated_image import AnnotatedImage, UnreadableAnnotationError
from pipeline.datasets.formats.xml import parse_xml
from pipeline.datasets.images import UnreadableImageError, check_image
from pipeline.datasets.json_stream import JsonStreamError, iterate_arrays
from pipeline.datasets.masks import check_mask, decompress
from pipeline.datasets.workers import Workers
from pipeline.errors import PipelineError
from pipeline.params import load_params

PARAMS = load_params()
CHECKS = PARAMS.convert.checks
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["../a.jpg", "nan"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
MARKUP = st.lists(
    st.sampled_from(
        [
            "<annotation>",
            "</annotation>",
            "<object>",
            "</object>",
            "<name>",
            "</name>",
            "<bndbox>",
            "</bndbox>",
        ]
    )
    | st.sampled_from(
        ["<xmin>", "</xmin>", "<size>", "</size>", "<!DOCTYPE a>", "<!DOCTYPE a [<!ENTITY e 'x'>]>", "&e;"]
    )
    | st.text(max_size=5),
    max_size=30,
).map("".join)
quick = settings(deadline=None, max_examples=150)


@quick
@given(st.binary(max_size=200) | MARKUP.map(str.encode) | MARKUP.map(lambda text: text.encode("utf-16")))
def test_bytes_are_xml_or_an_error(data):
    try:
        assert parse_xml(data) is not None
    except UnreadableAnnotationError as error:
        assert str(error)


@quick
@given(MARKUP)
def test_an_annotation_is_read_or_an_error(tmp_path_factory, inner):
    folder = tmp_path_factory.mktemp("voc")
    (folder / "a.xml").write_text(f"<annotation><object><name>cat</name></object>{inner}</annotation>")
    try:
        assert isinstance(voc.parse(folder, "a.xml"), AnnotatedImage)
    except UnreadableAnnotationError as error:
        assert str(error)


@quick
@given(st.text(st.sampled_from("./\\ a:C\0\n~"), max_size=20), st.sampled_from(["", "a", "a/b/c"]))
def test_a_path_stays_in_the_folder_or_is_an_error(name, base):
    try:
        path = normal_path(name, base=base)
    except OutsideFolderError:
        return
    assert not path.startswith("/") and ".." not in path.split("/") and "\0" not in path
    assert (Path("/data") / path).is_relative_to("/data") and path not in ("", ".")


@quick
@given(st.binary(max_size=300) | st.text(st.sampled_from('{}[]",:\\ 0a'), max_size=80).map(str.encode))
def test_bytes_are_json_or_an_error(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("json") / "x.json"
    path.write_bytes(b'{"images": [' + data)
    try:
        list(iterate_arrays(path, frozenset({"images"})))
    except JsonStreamError as error:
        assert str(error)


@quick
@given(st.data())
def test_any_values_in_coco_are_a_table_or_an_error(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("coco")
    image = {"id": 1, "file_name": "1.jpg", "width": 9, "height": 9}
    annotation = {"image_id": 1, "category_id": 1, "bbox": [1, 1, 3, 3], "area": 9, "segmentation": [[1] * 6]}
    content = {
        "images": [image, image],
        "annotations": [annotation, {**annotation}],
        "categories": [{"id": 1, "name": "a"}],
    }
    for values in content.values():
        values.append(data.draw(JSON))
        key = data.draw(st.sampled_from(sorted(values[0])))
        values[0] = values[0] | {key: data.draw(JSON)}
    (folder / "a.json").write_text(
        json.dumps(content, ensure_ascii=data.draw(st.booleans())), errors="surrogatepass"
    )
    (folder / "1.jpg").touch()
    try:
        with Workers(1) as workers:
            table = read_annotations(DatasetFolder(folder), PARAMS.dataset, workers)
    except PipelineError as error:
        assert "\n" not in str(error)
    else:
        assert {issue.fault for issue in table.issues} <= set(FAULTS)
        assert set(table.images["file"]) <= {"1.jpg"}


BOXES = hnp.arrays(
    np.float64, st.tuples(st.integers(0, 6), st.just(4)), elements=st.floats(allow_subnormal=False)
)


@quick
@given(
    BOXES | hnp.arrays(np.float64, (5, 4), elements=st.sampled_from([-1, 0, 0.5, 1, 30, 63, 64, 65, np.nan])),
    st.booleans(),
)
def test_boxes_are_within_the_image_or_dropped(boxes, normalised):
    with np.errstate(all="ignore"):
        scaled, _ = scale_boxes(boxes, normalised=normalised, width=64, height=48, checks=CHECKS)
        checked = check_boxes(scaled, np.ones(len(boxes), np.int64), 64, 48, CHECKS)
    left = checked.boxes[~np.isnan(checked.boxes).all(axis=1)]
    assert np.isfinite(left).all()
    assert (left[:, :2] >= 0).all() and (left[:, :2] < left[:, 2:]).all() and (left[:, 2:] <= [64, 48]).all()
    dropped = set(range(len(boxes))) - set(checked.kept.tolist())
    assert dropped <= {index for index, *_ in checked.issues}


@quick
@given(JSON | st.lists(st.lists(st.floats() | st.integers(), max_size=9), max_size=3))
def test_any_segmentation_is_a_mask_or_an_issue(segmentation):
    found = check_mask(segmentation, np.array([2.0, 2, 20, 20]), (32, 24), 1)
    assert found.issues or found.pixels.shape == (24, 32)
    assert {issue.name for issue in found.issues} <= set(FAULTS)


@quick
@given(st.text() | st.text(st.characters(min_codepoint=48, max_codepoint=111)))
def test_any_text_is_run_lengths_or_none(text):
    counts = decompress(text)
    assert counts is None or all(type(count) is int for count in counts)


@quick
@given(
    st.binary(max_size=100),
    st.sampled_from(
        [b"", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"\xff\xd8\xff\xe0", b"GIF89a", b"II*\0", b"BM", b"RIFF"]
    ),
)
def test_bytes_are_an_image_or_an_error(data, head):
    try:
        check_image(head + data, max_pixels=10**6)
    except UnreadableImageError as error:
        assert error.fault in FAULTS and str(error)


def test_every_format_has_sound_datasets_to_spoil(tmp_path):
    assert set(fuzz.GENERATORS) >= set(FORMATS)
    for format in FORMATS:
        files = fuzz.GENERATORS[format](fuzz.random.Random(0))
        for name, data in files.items():
            (tmp_path / format / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / format / name).write_bytes(data)
        table = fuzz.read_and_check(tmp_path / format, "auto")
        assert len(table.images) == 6 and {issue.fault for issue in table.issues} <= {
            "class-missing-from-split"
        }


@pytest.mark.parametrize("first", [0, 5000])
def test_spoilt_datasets_are_a_table_or_an_error(first, tmp_path):
    script = Path(fuzz.__file__)
    command = [sys.executable, script, "--seconds", "4", "--first", str(first), "--kept", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(f"{format}: " in done.stdout for format in FORMATS)
