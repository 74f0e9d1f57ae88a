"""The report in a real browser: it asks for nothing, and its gallery is filtered by clicks and by keys."""

from collections.abc import Iterator

import pytest

from pipeline.params.load import load_params
from pipeline.stage import call
from pipeline.stages import evaluate, report
from tests.support.browser import CHROMIUM, Page, browser
from tests.support.fake_run import score_files, write_run
from tests.support.project import ROOT

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")

SHOWN = "[...document.querySelectorAll('#gallery .picture')].filter((picture) => picture.checkVisibility()).length"
DETECTIONS = """[...document.querySelectorAll('#gallery rect[data-score]:not(.label)')]
  .filter((mark) => mark.checkVisibility() && mark.closest('.picture').checkVisibility())
  .map((mark) => ({...mark.dataset}))"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of the report of a run with hostile names."""
    root = tmp_path_factory.mktemp("run")
    folders = write_run(root)
    params = load_params(ROOT / "params.yaml")
    metrics = score_files(folders["metrics"])
    call(evaluate.run, params, converted=folders["converted"], predictions=folders["predictions"], **metrics)
    output = root / "reports" / "index.html"
    call(report.run, params, **folders, output=output, card=output.with_name("model_card.md"))
    return output.as_uri()


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("browser")) as page:
        yield page


@pytest.fixture(params=[1280, 420])
def page(chromium: Page, address: str, request: pytest.FixtureRequest) -> Page:
    chromium.open("about:blank")
    chromium.open(address, request.param)
    chromium.width = request.param  # type: ignore[attr-defined]
    return chromium


def click(page: Page, selector: str) -> None:
    """Click in the middle of an element, as a mouse does."""
    page.evaluate(
        f'document.querySelector(`{selector}`).scrollIntoView({{block: "center", behavior: "instant"}})'
    )
    box = page.evaluate(f"document.querySelector(`{selector}`).getBoundingClientRect().toJSON()")
    at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    for kind in ("mousePressed", "mouseReleased"):
        page.call("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **at)


def press(page: Page, key: str) -> None:
    """Press a key and let it go."""
    code = {"ArrowRight": 39, "ArrowDown": 40, "Enter": 13}[key]
    text = {"text": "\r"} if key == "Enter" else {}
    for kind in ("keyDown", "keyUp"):
        page.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **text)


def said(page: Page) -> str:
    return page.evaluate("document.querySelector('.shown').textContent")


def test_the_page_asks_for_nothing_and_fits_the_window(page: Page, address: str) -> None:
    assert page.faults == []
    asked = {name for name in page.requests if not name.startswith(("data:", "about:"))}
    assert asked == {address}
    assert page.evaluate("document.documentElement.scrollWidth") <= page.width  # type: ignore[attr-defined]
    assert page.evaluate("document.querySelector('main, .verdict').className") == "verdict unknown"


def test_pictures_are_filtered_by_type_by_click(page: Page) -> None:
    assert said(page) == f"{page.evaluate(SHOWN)} of 8 pictures shown." == "8 of 8 pictures shown."
    types = page.evaluate(
        "[...document.querySelectorAll('.filter [name=type]')].map((each) => [each.value, each.labels[0].innerText])"
    )
    assert {"correct", "missed"} <= {name for name, _ in types}
    for name, text in types[1:]:
        click(page, f'.filter [value="{name}"]')
        page.wait_for(f"""document.querySelector('.filter [value="{name}"]').checked""")
        assert text == f"{name} {page.evaluate(SHOWN)}"
        assert said(page).startswith(f"{page.evaluate(SHOWN)} of 8")
        assert all(mark["type"] == name for mark in page.evaluate(DETECTIONS))
    click(page, ".filter button")
    page.wait_for(f"{SHOWN} === 8")


def test_pictures_are_filtered_by_class_and_score_by_keys(page: Page) -> None:
    assert page.evaluate("document.querySelector('.filter select').innerText.includes('<b>bag</b>')")
    page.evaluate("document.querySelector('.filter select').focus()")
    press(page, "ArrowDown")
    page.wait_for("document.querySelector('.filter select').value === '1'")
    of_class = page.evaluate(DETECTIONS)
    assert of_class and {mark["label"] for mark in of_class} == {"1"}
    page.evaluate("document.querySelector('.filter [name=score]').focus()")
    for _ in range(14):
        press(page, "ArrowRight")
    page.wait_for("document.querySelector('.filter output').textContent === '0.70'")
    assert page.evaluate(DETECTIONS) == [mark for mark in of_class if float(mark["score"]) >= 0.7]
    assert said(page) == f"{page.evaluate(SHOWN)} of 8 pictures shown."
    page.evaluate("document.querySelector('.filter button').focus()")
    press(page, "Enter")
    page.wait_for(f"{SHOWN} === 8")
    assert len(page.evaluate(DETECTIONS)) > len(of_class)


def test_without_javascript_everything_is_shown(page: Page, address: str) -> None:
    page.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        page.call("Page.navigate", url=f"{address}#gallery")
        page.call("Page.reload")
        page.wait_for("document.readyState === 'complete' && document.querySelector('.filter').hidden")
        assert page.evaluate(SHOWN) == 8
    finally:
        page.call("Emulation.setScriptExecutionDisabled", value=False)
