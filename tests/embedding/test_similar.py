"""Embeddings of images and crops, similar ones, groups, and contact sheets."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.commands.clusters import clusters
from pipeline.commands.similar import similar
from pipeline.embedding.contact_sheet import CELL, Item, write_contact_sheet
from pipeline.embedding.index import read_index
from pipeline.embedding.neighbours import groups, nearest
from pipeline.errors import PipelineError
from pipeline.stage import call
from pipeline.stages import embed
from tests.support.small_project import write_small_project


def directions(*degrees: float) -> np.ndarray:
    """Return unit vectors in the plane, float32 [N, 2]."""
    radians = np.radians(degrees)
    return np.stack([np.cos(radians), np.sin(radians)], axis=1).astype(np.float32)


def test_the_nearest_vectors_come_first_with_their_cosines() -> None:
    indices, cosines = nearest(directions(0, 90, 20, 180), directions(10, 170), 2)
    assert indices[1, 0] == 3
    assert set(indices[0]) == {0, 2}
    np.testing.assert_allclose(cosines[0], np.cos(np.radians([10, 10])), atol=1e-5)
    np.testing.assert_allclose(cosines[1], np.cos(np.radians([10, 80])), atol=1e-5)


def test_groups_are_numbered_by_their_size() -> None:
    group, distance = groups(directions(0, 2, 4, 90, 91, 180), 3, seed=1)
    assert group.tolist() == [0, 0, 0, 1, 1, 2]
    assert distance[5] == pytest.approx(0, abs=1e-6)
    assert distance[1] == distance[:3].min()


def test_a_contact_sheet_has_a_cell_for_each_item(tmp_path: Path) -> None:
    Image.new("RGB", (40, 20), (255, 0, 0)).save(tmp_path / "a.png")
    encoded = (tmp_path / "a.png").read_bytes()
    items = [
        Item(encoded, None, "one\ntwo"),
        Item(b"", None, "a name " * 20),
        Item(encoded, (0, 0, 0.5, 0.25), ""),
    ]
    write_contact_sheet(items, 2, tmp_path / "new" / "sheet.png")
    sheet = np.array(Image.open(tmp_path / "new" / "sheet.png"))
    red = (sheet == (255, 0, 0)).all(axis=-1)
    assert int(red.sum()) == CELL * CELL // 2 + CELL * CELL


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in which the index was made."""
    home = tmp_path_factory.mktemp("home")
    params = write_small_project(home, 24, embed__image_size=32)
    data = home / "data"
    call(embed.run, params, converted=data / "converted", zoo=home / "models" / "zoo", index=data / "index")
    return home


def test_the_index_has_all_images_and_objects(home: Path) -> None:
    vectors, items = read_index(home / "data" / "index", "image")
    assert len(vectors) == len(items) == 24
    assert (items["class_name"] == "").all()
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)
    crops, objects = read_index(home / "data" / "index", "crop")
    assert len(crops) == len(objects) >= 24
    assert (objects["class_name"] != "").all()


def test_an_image_is_most_similar_to_itself(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(home)
    _, items = read_index(Path("data/index"), "image")
    file = items["file"][3]
    similar(Path("data/raw") / file, "image", 4, Path("sheet.png"))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:2] == ["1.000", file]
    assert len(lines) == 5
    assert Image.open("sheet.png").width > 4 * CELL


def test_groups_are_written(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(home)
    clusters("crop", 3, Path("groups"))
    assert sorted(path.name for path in Path("groups").iterdir()) == [
        "group_00.png",
        "group_01.png",
        "group_02.png",
        "groups.csv",
    ]
    assert capsys.readouterr().out.startswith("group 0: ")
    with pytest.raises(PipelineError, match="ask for fewer groups"):
        clusters("crop", 10_000, Path("groups"))


def test_errors_are_one_line(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    (home / "text.jpg").write_text("no image")
    with pytest.raises(PipelineError, match=r"text\.jpg: .*name a JPEG or PNG image"):
        similar(Path("text.jpg"), "image", 3, tmp_path / "a.png")
    with pytest.raises(PipelineError, match=r"missing\.jpg: No such file or directory; name an image file"):
        similar(Path("missing.jpg"), "image", 3, tmp_path / "a.png")
    with pytest.raises(PipelineError, match=r"run: dvc repro similar/dvc\.yaml"):
        read_index(tmp_path, "image")
