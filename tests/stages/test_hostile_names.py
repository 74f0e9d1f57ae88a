"""Names of classes and files that are HTML, JavaScript, CSV or templates are words, from convert to the page."""

import json
import re
from html.parser import HTMLParser

import pandas as pd
import pytest

from pipeline.params.load import load_params
from pipeline.stage import call
from pipeline.stages import convert
from tests.stages.test_report import Page, page, scored
from tests.support.sound_dataset import CocoDataset

HOSTILE = [
    "</title></style></svg><script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)' {{ 7 * 7 }} {% raw %} --> ]]> &lt;b&gt;, =1+1",
]


class Attributes(HTMLParser):
    """Collects tags with their attributes."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_the_page_shows_them_as_text(tmp_path, monkeypatch):
    plain = Attributes(page(scored(tmp_path / "plain", masks=True))).found
    monkeypatch.setattr("tests.support.fake_run.CLASSES", HOSTILE)
    folders = scored(tmp_path / "hostile", masks=True)
    issues = pd.DataFrame(
        {"file": HOSTILE, "object": "", "fault": HOSTILE, "detail": HOSTILE, "action": HOSTILE}
    )
    issues.to_csv(folders["converted"] / "issues.csv", index=False)
    for model in (folders["models"]).glob("*/model.json"):
        model.write_text(json.dumps({"architecture": HOSTILE[0], HOSTILE[1]: HOSTILE[2]}))
    html = page(folders)
    parsed, found = Page(html), Attributes(html).found
    for name in HOSTILE:
        assert name in parsed.text
    # no tag and no attribute that a page of harmless names has not
    assert {tag for tag, _ in found} <= {tag for tag, _ in plain}
    assert {name for _, attrs in found for name in attrs} <= {name for _, attrs in plain for name in attrs}
    # the one script is that of the page itself
    assert sum(tag == "script" for tag, _ in found) == sum(tag == "script" for tag, _ in plain) == 1
    assert not re.search(r"<script>alert|<img src=x", html)
    assert "&lt;script&gt;alert(1)" in html


@pytest.mark.parametrize(
    "name", [*HOSTILE, "a,b", 'say "hi"', "@SUM(A1)", "NA", "null", "\u202egpj.exe", "🦝", "C:\\x"]
)
def test_convert_writes_them_as_they_are(tmp_path, name):
    dataset = CocoDataset()
    for content in dataset.json.values():
        content["categories"][1]["name"] = name
    dataset.write(tmp_path / "raw")
    out = tmp_path / "out"
    paths = {"converted": out / "converted", "metrics": out / "dataset.json", "plots": out / "plots"}
    call(convert.run, load_params(), raw=tmp_path / "raw", **paths)
    assert (out / "converted" / "labels.txt").read_text().split("\n")[1] == name
    tables = [out / "converted" / "objects.csv", out / "plots" / "classes.csv", out / "plots" / "boxes.csv"]
    for path in tables:
        column = "class_name" if path.stem == "objects" else "class"
        assert set(pd.read_csv(path, keep_default_na=False)[column]) == {"cat", name}


@pytest.mark.parametrize(
    "name", ["line\nbreak", "line\r\n break", "line\u2028break", "line\x85break", " line\tbreak "]
)
def test_a_name_is_one_line(tmp_path, name):
    dataset = CocoDataset()
    for content in dataset.json.values():
        content["categories"][1]["name"] = name
    dataset.write(tmp_path / "raw")
    out = tmp_path / "out"
    paths = {"converted": out / "converted", "metrics": out / "dataset.json", "plots": out / "plots"}
    call(convert.run, load_params(), raw=tmp_path / "raw", **paths)
    assert (out / "converted" / "labels.txt").read_text() == "cat\nline break\n"
