"""Each fault there is, under each rule it allows: it is named, dealt with as said, and the rest stays as it was."""

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from faulty_datasets import JPG, Case, Outcome, T, cases
from ruamel.yaml import YAML
from sound_dataset import SIZE, CocoDataset, VocDataset

from pipeline.datasets import formats
from pipeline.datasets.faults import FAULTS
from pipeline.errors import PipelineError
from pipeline.params import Checks, load_params
from pipeline.stages import convert

tf = pytest.importorskip("tensorflow")

ROOT = Path(__file__).parents[2]
PARAMS = load_params(ROOT / "params.yaml")
CASES = cases()
BOX = ["xmin", "ymin", "xmax", "ymax"]


class Shares:
    """VOC's files, where the boxes of one image are said to be shares of it."""

    TITLE = "shares"

    def matches(self, folder):
        return formats.voc.matches(folder)

    def read(self, folder, dataset, workers):
        table = formats.voc.read(folder, dataset, workers)
        return replace(table, images=table.images.assign(normalised=table.images["file"] == JPG))


def default_rule(case):
    return PARAMS.convert.checks.rule(case.fault)


def allowed_rules(fault):
    return set(get_args(Checks.model_fields[fault.replace("-", "_")].annotation))


def settings(case, rule):
    """Give the parameters, with a rule for the fault."""
    key = case.fault.replace("-", "_")
    checks = PARAMS.convert.checks.model_copy(update={**case.checks, key: rule})
    changes = {"workers": 1, "checks": Checks.model_validate(checks.model_dump())}
    dataset = PARAMS.dataset.model_copy(update={"format": case.format})
    settings = PARAMS.convert.model_copy(update=changes)
    return PARAMS.model_copy(update={"convert": settings, "dataset": dataset})


def run(case, rule, tmp_path, monkeypatch):
    if case.format == "shares":
        monkeypatch.setitem(formats.FORMATS, "shares", Shares())
    case.dataset.write(tmp_path / "raw")
    out = tmp_path / "out"
    paths = {"converted": out / "converted", "metrics": out / "dataset.json", "plots": out / "plots"}
    convert.run(settings(case, rule), raw=tmp_path / "raw", **paths)
    return out / "converted"


def by_rule():
    return [
        pytest.param(case, rule, outcome, id=f"{case}-{rule}")
        for case in CASES
        for rule, outcome in case.rules.items()
    ]


# ------------------------------------------------------------------ what there is


def test_there_is_a_case_for_each_fault_and_each_rule():
    assert {case.fault for case in CASES} == set(FAULTS)
    for case in CASES:
        assert set(case.rules) | {"stop"} == allowed_rules(case.fault), case


@pytest.mark.parametrize("dataset", [CocoDataset, VocDataset])
def test_without_a_fault_none_is_found(dataset, tmp_path, monkeypatch):
    case = Case("box-tiny", "", dataset(), "", None, {})
    converted = run(case, "keep", tmp_path, monkeypatch)
    assert issues(converted).empty
    assert_whole(converted, case, Outcome(""))


# ------------------------------------------------------------------ what becomes of it


@pytest.mark.parametrize(("case", "rule", "outcome"), by_rule())
def test_a_fault_is_named_and_the_rest_stays(case, rule, outcome, tmp_path, monkeypatch):
    converted = run(case, rule, tmp_path, monkeypatch)
    found = issues(converted)
    named = found[found["fault"] == case.fault]
    assert len(named) == 1, found.to_string()
    row = named.iloc[0]
    wanted = (case.file, "" if case.object is None else str(case.object), outcome.action)
    assert (row["file"], row["object"], row["action"]) == wanted
    assert row["detail"]
    assert set(found["fault"]) - {case.fault} == outcome.also, found.to_string()
    assert_whole(converted, case, outcome)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_stop_refuses_the_dataset(case, tmp_path, monkeypatch):
    before = tmp_path / "out" / "converted" / "before"
    before.parent.mkdir(parents=True)
    before.write_text("kept")
    with pytest.raises(PipelineError) as error:
        run(case, "stop", tmp_path, monkeypatch)
    line = str(error.value)
    rejected = tmp_path / "out" / "converted-rejected.csv"
    assert f"convert.checks.{case.fault.replace('-', '_')} says to stop" in line and str(rejected) in line
    assert "\n" not in line and "\r" not in line
    left = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*")}
    assert left == {"converted", "converted/before", "converted-rejected.csv"}
    listed = read_issues(rejected)
    assert set(listed.loc[listed["fault"] == case.fault, "action"]) == {"dataset refused"}


# ------------------------------------------------------------------ what is left


def read_issues(path):
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def issues(converted):
    return read_issues(converted / "issues.csv")


def expected(case, outcome):
    """Give the objects that must be left, by image."""
    truth = {**case.dataset.truth, **outcome.left}
    return {file: sorted(objects) for file, objects in truth.items() if objects is not None}


def assert_whole(converted, case, outcome):
    """Hold tables and records to what must be left, and the bytes of all other images to their files."""
    wanted = expected(case, outcome)
    first = next(iter(outcome.left), None)
    images = pd.read_csv(converted / "images.csv")
    assert images["file"].tolist() == sorted(wanted)
    assert images["id"].is_unique
    objects = pd.read_csv(converted / "objects.csv")
    sizes = {file: case.size if file == first and case.anew else SIZE for file in wanted}
    assert (
        dict(zip(images["file"], zip(images["width"], images["height"], strict=True), strict=True)) == sizes
    )
    tabled = {file: [] for file in wanted}
    for row in objects.merge(images, left_on="image_id", right_on="id").itertuples():
        tabled[row.file].append((row.class_name, tuple(getattr(row, corner) for corner in BOX)))
    assert {file: sorted(found) for file, found in tabled.items()} == wanted
    assert_splits(images, case, outcome, first)
    assert_records(converted, images, case, wanted, first if case.anew else None)


def assert_splits(images, case, outcome, first):
    splits = dict(zip(images["file"], images["split"], strict=True))
    given = {file: file.split("/")[0] for file in splits}
    if isinstance(case.dataset, VocDataset):
        lists = {split: listed for split, listed in case.dataset.lists.items() if split != "trainval"}
        stems = {stem: split for split, listed in lists.items() for stem in listed}
        given = {file: stems[Path(file).stem] for file in splits}
    if outcome.split:
        given[first] = outcome.split
    assert splits == given


def assert_records(converted, images, case, wanted, anew):
    labels = (converted / "labels.txt").read_text(encoding="utf-8").splitlines()
    seen, ids = {}, dict(zip(images["file"], images["id"], strict=True))
    for shard in sorted(converted.glob("*.tfrecord")):
        for record in tf.compat.v1.io.tf_record_iterator(str(shard)):
            features = tf.train.Example.FromString(record).features.feature
            file = texts(features, "image/filename")[0]
            seen[file] = shard.name.split("-")[0]
            assert texts(features, "image/source_id") == [str(ids[file])]
            assert_objects(features, labels, wanted[file])
            assert_image(features, None if file == anew else case.dataset.images[file])
    assert seen == dict(zip(images["file"], images["split"], strict=True))


def assert_objects(features, labels, wanted):
    """Hold a record's objects to class and corners of each that must be there."""
    width, height = (features[f"image/{side}"].int64_list.value[0] for side in ("width", "height"))
    corners = [features[f"image/object/bbox/{corner}"].float_list.value for corner in BOX]
    boxes = np.array(corners, np.float64).reshape(4, -1).T * [width, height, width, height]
    names = [labels[label - 1] for label in features["image/object/class/label"].int64_list.value]
    assert texts(features, "image/object/class/text") == names
    order = sorted(range(len(names)), key=lambda at: (names[at], boxes[at].tolist()))
    assert [names[at] for at in order] == [name for name, _ in wanted]
    np.testing.assert_allclose(boxes[order], np.array([box for _, box in wanted]).reshape(-1, 4), atol=1e-4)


def assert_image(features, given):
    """Say that the bytes are those of the file, or where there is none, an image of the size that is said."""
    data = features["image/encoded"].bytes_list.value[0]
    assert texts(features, "image/key/sha256") == [hashlib.sha256(data).hexdigest()]
    if given is not None:
        assert data == given
        return
    size = [features[f"image/{side}"].int64_list.value[0] for side in ("height", "width")]
    assert tf.io.decode_image(data, channels=3).shape == (*size, 3)


def texts(features, name):
    return [value.decode() for value in features[name].bytes_list.value]


def test_masks_are_scaled_with_their_boxes(tmp_path, monkeypatch):
    case = next(case for case in CASES if str(case) == "size-mismatch-scaled")
    converted = run(case, "repair", tmp_path, monkeypatch)
    ids = pd.read_csv(converted / "images.csv").set_index("file")["id"]
    for shard in sorted(converted.glob("train-*")):
        for record in tf.compat.v1.io.tf_record_iterator(str(shard)):
            features = tf.train.Example.FromString(record).features.feature
            if texts(features, "image/source_id") == [str(ids[T])]:
                pngs = features["image/object/mask"].bytes_list.value
                mask = tf.io.decode_png(pngs[0]).numpy()[..., 0]
    inside = mask[4:8, 4:8].sum()
    assert inside and mask.sum() == inside


# ------------------------------------------------------------------ as a process


@pytest.mark.parametrize(("rule", "code"), [("repair", 0), ("stop", 1)])
def test_the_stage_says_it_in_its_exit_code(rule, code, tmp_path):
    dataset = CocoDataset()
    dataset.annotations(T)[1]["bbox"] = [50, 10, 40, 20]
    dataset.write(tmp_path / "raw")
    yaml = YAML()
    values = yaml.load(ROOT / "params.yaml")
    values["convert"]["checks"]["box_outside"] = rule
    yaml.dump(values, tmp_path / "params.yaml")
    paths = [
        "--raw",
        "raw",
        "--converted",
        "out/converted",
        "--metrics",
        "out/x.json",
        "--plots",
        "out/plots",
    ]
    command = [sys.executable, "-m", "pipeline.stages.convert", *paths]
    done = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert done.returncode == code, done.stderr
    if code:
        assert "convert.checks.box_outside says to stop" in done.stderr
        assert len(done.stderr.splitlines()) == 1 and done.stderr.startswith("error: ")
    else:
        assert "issues: box-outside 1" in done.stdout and "Traceback" not in done.stderr
