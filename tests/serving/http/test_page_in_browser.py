"""The page in a real browser: an image is dropped or chosen, and boxes are drawn."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support.browser import CHROMIUM, Page, browser
from tests.support.http import LIMITS, listening, picture

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")

DRAWN_PIXELS = """(() => {
  const canvas = document.getElementById("picture");
  const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  let count = 0;
  for (let at = 0; at < data.length; at += 4) count += Math.abs(data[at] - 128) > 10;
  return count;
})()"""
"""How many pixels of the canvas are not the grey of the picture."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with listening(limits=LIMITS._replace(pixels=1_000_000)) as address:
        yield address


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("browser")) as page:
        yield page


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "dog.jpg"
    path.write_bytes(picture(400, 200, "JPEG"))
    return path


def said(page: Page) -> str:
    return page.evaluate("document.getElementById('said').textContent")


@pytest.mark.parametrize("width", [1280, 420])
def test_a_chosen_image_is_drawn_with_its_boxes(page: Page, address: str, image: Path, width: int) -> None:
    page.open(address, width)
    page.choose_file("#file", image)
    page.wait_for("document.querySelectorAll('#rows tr').length === 1")
    assert said(page).startswith("dog.jpg: 400 × 200 px, answered in ")
    cells = page.evaluate("[...document.querySelectorAll('#rows td')].map((cell) => cell.textContent)")
    assert cells == ["dog", "0.70", "0, 0, 400, 200"]
    assert page.evaluate(DRAWN_PIXELS) > 1000
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    screen = np.asarray(Image.open(io.BytesIO(page.screenshot())))
    assert screen.shape[1] == width
    assert page.faults == []
    assert all(request.startswith((address, "data:", "blob:")) for request in page.requests)


def test_the_slider_hides_low_scores(page: Page, address: str, image: Path) -> None:
    page.open(address)
    page.choose_file("#file", image)
    page.wait_for("document.querySelectorAll('#rows tr').length === 1")
    page.evaluate("least.value = 0.8, least.dispatchEvent(new Event('input'))")
    assert page.evaluate("document.getElementById('count').textContent") == "0 of 1 detection"
    assert page.evaluate("document.getElementById('shown').textContent") == "0.80"
    assert page.evaluate("document.querySelectorAll('#rows tr').length") == 0
    assert page.evaluate(DRAWN_PIXELS) == 0


def test_a_dropped_image_is_drawn(page: Page, address: str, image: Path) -> None:
    page.open(address)
    page.drop_file(image, 600, 500)
    page.wait_for("document.querySelectorAll('#rows tr').length === 1")


def test_what_is_no_image_and_a_server_that_is_gone_are_said(page: Page, tmp_path: Path, image: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no image")
    with listening() as address:
        page.open(address)
        page.choose_file("#file", text)
        page.wait_for("document.getElementById('said').className === 'fault'")
        assert said(page) == "the body is no JPEG or PNG image that can be decoded."
    page.choose_file("#file", image)
    page.wait_for("document.getElementById('said').textContent.startsWith('The server does not answer')")
    assert page.evaluate("document.getElementById('result').hidden")
