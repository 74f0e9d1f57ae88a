import io
from pathlib import Path

import numpy as np
from PIL import Image

from pipeline.commands.inspect.finding import Inspection
from pipeline.commands.inspect.worst_images import CELL, WORST, picture_worst, worst_images
from pipeline.datasets.conversion.inspection import inspect_folder
from pipeline.embedding.contact_sheet import FAULTY_COLOUR, GAP, SOUND_COLOUR
from tests.support.dataset_files import make, make_yolo
from tests.support.project import PARAMS


def inspected(folder: Path) -> Inspection:
    found = inspect_folder(folder, PARAMS.dataset, PARAMS.convert, seed=1)
    return Inspection(folder, found.format, found.given, found.checked, PARAMS)


def test_the_gravest_and_then_the_most_faulty_images_come_first(tmp_path: Path) -> None:
    files = {f"{number:02d}.txt": "0 0.5 0.5 0.01 0.01\n" for number in range(WORST + 3)}  # tiny
    files["20.txt"] = "0 0.9 0.5 0.4 0.4\n"  # outside
    files["21.txt"] = "0 0.9 0.5 0.4 0.4\n0 0.1 0.5 0.4 0.4\n1 0.5 0.5 0.3 0.3\n"  # two are outside
    files["05.txt"] = "0 0.5 0.5 0.01 0.01\n0 0.2 0.5 0.01 0.01\n"
    worst = worst_images(inspected(make(make_yolo(tmp_path, 30), files)))
    assert [image.file for image in worst[:4]] == ["21.png", "20.png", "05.png", "00.png"]
    assert len(worst) == WORST
    assert worst[0].counts == {"box-outside": 2}
    assert worst[2].counts == {"box-tiny": 2}


def test_the_boxes_are_drawn_the_faulty_ones_in_their_colour(tmp_path: Path) -> None:
    folder = make(make_yolo(tmp_path / "data", 30), {"05.txt": "0 0.9 0.5 0.4 0.4\n1 0.25 0.5 0.2 0.2\n"})
    sheet = tmp_path / "sheet.png"
    finding = picture_worst(inspected(folder), sheet)
    assert finding.value["images"] == [{"file": "05.png", "faults": {"box-outside": 1}}]
    pixels = np.asarray(Image.open(sheet).convert("RGB"))
    height = CELL * 48 // 64
    top = GAP + (CELL - height) // 2
    for colour, share_x in ((FAULTY_COLOUR, 0.7), (SOUND_COLOUR, 0.15)):
        rows, columns = np.nonzero((pixels == colour).all(axis=-1))
        assert abs(columns.min() - (GAP + share_x * CELL)) <= 1
        assert rows.min() >= top and rows.max() < top + height


def test_a_grey_image_of_16_bits_is_not_white(tmp_path: Path) -> None:
    pixels = np.full((48, 64), 32_000, np.uint16)
    pixels[:, 32:] = 34_000
    encoded = io.BytesIO()
    Image.fromarray(pixels).save(encoded, "PNG")
    folder = make(make_yolo(tmp_path / "data", 30), {"05.png": encoded.getvalue()})
    picture_worst(inspected(folder), tmp_path / "sheet.png")
    grey = np.asarray(Image.open(tmp_path / "sheet.png").convert("L"), int)
    assert abs(grey[GAP + CELL // 2, GAP + 10] - 125) < 5


def test_an_image_that_cannot_be_read_has_its_place(tmp_path: Path) -> None:
    folder = make(make_yolo(tmp_path / "data", 30), {"05.png": b"no image"})
    finding = picture_worst(inspected(folder), tmp_path / "sheet.png")
    assert finding.value["images"] == [{"file": "05.png", "faults": {"unreadable-image": 1}}]


def test_without_a_fault_nothing_is_written(tmp_path: Path) -> None:
    finding = picture_worst(inspected(make_yolo(tmp_path / "data", 30)), tmp_path / "sheet.png")
    assert finding.lines == [] and not (tmp_path / "sheet.png").exists()
