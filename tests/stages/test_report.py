"""The report: one page that needs nothing else, says what is missing, and shows hostile names, not runs them."""

import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from pipeline.artifacts import read_json, write_json
from pipeline.datasets.converted.ground_truth import read_ground_truth
from pipeline.evaluation.exported_files import ExportedFile
from pipeline.evaluation.predictions import read_detections
from pipeline.params.load import load_params
from pipeline.params.schema import Params
from pipeline.reporting.page import script_hash
from pipeline.stage import call
from pipeline.stages import evaluate, report
from tests.support.fake_run import add_masks, score_files, write_run, write_training
from tests.support.params_file import changed_params
from tests.support.project import ROOT

PARAMS = load_params(ROOT / "params.yaml")
VOID = {"meta", "img", "br", "input"}


class Page(HTMLParser):
    """Collects tags, addresses and text, and checks that every tag is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "action", "data")]
        assert not [name for name, _ in attrs if name.startswith("on")]
        if tag not in VOID and not self.get_starttag_text().endswith("/>"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("path", "rect"):
            assert self._open.pop() == tag
        elif self._open and self._open[-1] == tag:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        self.text += data


def scored(root: Path, *, masks: bool = False) -> dict[str, Path]:
    """Write a run that has been scored and trained."""
    folders = write_run(root)
    if masks:
        add_masks(folders)
    write_training(folders)
    metrics = folders["metrics"]
    call(
        evaluate.run,
        PARAMS,
        converted=folders["converted"],
        predictions=folders["predictions"],
        **score_files(metrics),
    )
    return folders


def page(folders: dict[str, Path], params: Params = PARAMS) -> str:
    output = folders["raw"].parent / "reports" / "index.html"
    call(report.run, params, **folders, output=output, card=output.with_name("model_card.md"))
    return output.read_text(encoding="utf-8")


def test_page_is_whole_and_needs_nothing_else(tmp_path: Path) -> None:
    html = page(scored(tmp_path))
    parsed = Page(html)
    assert all(address.startswith(("data:image/jpeg;base64,", "#")) for address in parsed.addresses)
    assert not {"link", "iframe", "object", "form"} & set(parsed.tags)
    assert not re.search(r"url\(|@import|https?://", html)
    (script,) = re.findall(r"<script>(.*?)</script>", html, flags=re.DOTALL)
    policy = f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{script_hash(script)}'"
    assert f'content="{policy}"' in html
    assert html.count("<img ") == html.count('alt="images/') == 16  # all 8 test images, 8 suspects
    for said in (
        "AP50",
        "resnet18",
        "Drawn by lot",
        "Most mistakes",
        "box-outside",
        "step",
        "Suspected label errors",
    ):
        assert said in parsed.text
    assert "there are no" not in parsed.text.lower()


def test_masks_are_scored_and_drawn_within_the_page(tmp_path: Path) -> None:
    plain, html = (page(scored(tmp_path / name, masks=name == "masks")) for name in ("plain", "masks"))
    drawn = re.findall(r'<path class="mask (\w+)" d="(M[^"]+Z)"[^>]*/>', html)
    assert {kind for kind, _ in drawn} == {"truth", "missed", "right", "wrong"}
    assert 'class="mask' not in plain
    assert "mask AP50" in Page(html).text and "mask AP50" not in Page(plain).text
    rest = re.sub(r'\s*<path class="mask [^>]*>', "", html)
    rest = re.sub(r"\s*<tr><th scope=\"row\">mask .*", "", rest)
    named = re.compile(r"Test set \w+")  # masks are a part of the test set
    assert named.findall(rest) != named.findall(plain)
    assert named.sub("", rest).split() == named.sub("", plain).split()
    assert not re.search(r"url\(|https?://", html)


def test_hostile_names_are_shown_and_not_run(tmp_path: Path) -> None:
    html = page(scored(tmp_path))
    assert html.count("<script") == 1  # the page's own
    assert "<b>bag" not in html
    assert "images/<script>alert(1)</script>.jpg" in Page(html).text
    assert "<b>bag</b>" in Page(html).text


def test_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    assert page(scored(tmp_path / "one")) == page(scored(tmp_path / "other"))


def test_a_run_without_a_classifier_says_so(tmp_path: Path) -> None:
    folders = scored(tmp_path)
    (folders["metrics"] / "classifier.json").write_text("{}")
    (folders["metrics"] / "plots" / "evaluate" / "classifier_confusion.csv").write_text("actual,predicted\n")
    said = Page(page(folders)).text
    assert said.count("No classifier was trained, because finetune.mode is none.") == 2
    assert "top‑1" not in said and "There are no detector scores" not in said


def test_exported_files_are_shown_where_they_were_measured(tmp_path: Path) -> None:
    folders = scored(tmp_path)
    assert "Exported files" not in page(folders)
    row = ExportedFile(
        "onnx", "detector.onnx", 15_400_000, 9.0, 80.0, 100.0, 180.0, 0.7848, 0.9709, -0.0004, "c" * 64
    )
    write_json(folders["metrics"] / "exports.json", {"files": [row._asdict()]})
    text = Page(page(folders)).text
    assert "Exported files" in text and "detector.onnx" in text and "-0.0004" in text


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    folders = scored(tmp_path)
    for name in ("metrics", "models"):
        shutil.rmtree(folders[name])
    (folders["converted"] / "issues.csv").unlink()
    said = Page(page(folders)).text
    for sentence in (
        "There are no detector scores",
        "There are no precision-recall curves",
        "There is no confusion matrix of the detector",
        "There is no confusion matrix of the classifier",
        "There are no learning curves",
        "The errors were not analysed",
        "No model says anything",
        "every image could be read",
    ):
        assert sentence in said


def test_one_score_for_all_classes_is_said_and_used(tmp_path: Path) -> None:
    folders = scored(tmp_path)
    assert "detections that reach the threshold of their class" in Page(page(folders)).text
    params = changed_params(tmp_path, evaluate__score=0.6, report__score=1.0)
    call(
        evaluate.run,
        params,
        converted=folders["converted"],
        predictions=folders["predictions"],
        **score_files(folders["metrics"]),
    )
    html = page(folders, params)
    said = Page(html).text
    assert (
        "counting detections scored 0.6 or more" in said
        and "Test images; detections scored 1.0 or more" in said
    )
    gallery = html[html.index('<section id="gallery">') : html.index('<section id="curves">')]
    assert 'rect class="right"' not in gallery and 'rect class="wrong"' not in gallery


def test_no_test_images_and_undefined_scores(tmp_path: Path) -> None:
    folders = write_run(tmp_path)
    path = folders["converted"] / "images.csv"
    pd.read_csv(path).assign(split="train").to_csv(path, index=False)
    for split in ("val", "test"):
        (folders["predictions"] / f"detections-{split}.json").write_text("[]")
        table = folders["predictions"] / f"classifier-{split}.csv"
        table.write_text(table.read_text().splitlines()[0] + "\n")
    metrics = folders["metrics"]
    call(
        evaluate.run,
        PARAMS,
        converted=folders["converted"],
        predictions=folders["predictions"],
        **score_files(metrics),
    )
    said = Page(page(folders)).text
    assert "There are no test images" in said
    assert "–" in said


def test_nothing_found_and_an_image_that_is_gone(tmp_path: Path) -> None:
    folders = scored(tmp_path)
    (folders["predictions"] / "detections-test.json").write_text("[]")
    for path in folders["raw"].rglob("*.jpg"):
        path.unlink()
    said = Page(page(folders)).text
    assert "This image could not be read" in said
    assert "0 of " in said


def test_many_large_images_stay_within_five_megabytes(tmp_path: Path) -> None:
    folders = scored(tmp_path)
    noise = Image.effect_noise((1200, 900), 120).convert("RGB")
    for path in folders["raw"].rglob("*.jpg"):
        noise.save(path, quality=95)
    assert len(page(folders)) < 5_000_000


def test_scores_have_the_interval_of_the_bootstrap_over_the_test_images(tmp_path: Path) -> None:
    folders = scored(tmp_path)
    test = read_ground_truth(folders["converted"]).split("test")
    detections = read_detections(folders["predictions"] / "detections-test.json", test)
    found = report.score_intervals(test, detections, 100)
    assert found["mAP"].value == pytest.approx(read_json(folders["metrics"] / "detector.json")["mAP"])
    assert f"95 % interval {found['mAP'].low:.3f} to {found['mAP'].high:.3f}" in page(folders)
    nothing = test.split("train")
    assert report.score_intervals(nothing, detections.iloc[:0], 100) == {}
