import json
import tarfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from pipeline.errors import PipelineError
from pipeline.models.weights import coco_detector
from pipeline.models.weights.coco_detector import CLASS_IDS, class_rows, fetch_coco_detector, kept_rows
from pipeline.models.weights.garden_checkpoint import restore
from tests.models.weights.test_garden_checkpoint import garden_retinanet, ours, write


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that a local server serves in place of the published archive; the cache of Keras is empty."""
    folder = tmp_path / "served"
    folder.mkdir()
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(coco_detector, "URL", f"http://127.0.0.1:{server.server_port}/detector.tar.gz")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    yield folder
    server.shutdown()


def test_the_ids_are_those_of_coco() -> None:
    assert len(CLASS_IDS) == 80
    assert [CLASS_IDS[name] for name in ("person", "stop sign", "backpack", "tv", "toothbrush")] == [
        1,
        13,
        27,
        72,
        90,
    ]


@pytest.mark.real
def test_the_ids_are_those_of_its_annotations(real_data: Path) -> None:
    file = next((real_data / "tiny_coco_json").rglob("*.json"))
    categories = json.loads(file.read_text())["categories"]
    assert {each["name"]: each["id"] for each in categories} == CLASS_IDS


def test_names_are_compared_without_case_and_separators() -> None:
    assert class_rows(["Dog", "raccoon", "traffic_light", "Hot-Dog"]) == {1: 18, 3: 10, 4: 58}


def test_the_rows_of_known_classes_are_kept() -> None:
    """Two anchors, 91 rows each; the user has an unknown class and COCO's person."""
    checkpoint = np.arange(2 * 91, dtype=np.float32)
    fitted = kept_rows(["raccoon", "person"])(np.full(6, -1, np.float32), checkpoint)
    np.testing.assert_array_equal(fitted, [0, -1, 1, 91, -1, 92])


def test_other_layers_are_not_fitted() -> None:
    fit = kept_rows(["person"])
    assert fit(np.zeros([3, 4]), np.zeros([3, 91])) is None
    assert fit(np.zeros([3, 4]), np.zeros([3, 90])) is None


def test_the_published_detector_is_downloaded_once_and_loaded(served: Path, tmp_path: Path) -> None:
    theirs, detector = garden_retinanet(), ours("retinanet")  # of the classes cat and dog
    write(tmp_path / "garden", model=theirs, **theirs.checkpoint_items)
    with tarfile.open(served / "detector.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "garden", "retinanet")
    published = fetch_coco_detector()
    (served / "detector.tar.gz").unlink()
    assert fetch_coco_detector() == published
    assert len(published.sha256) == 64

    restored = restore(detector.garden_parts, published.folder, kept_rows(["cat", "dog"]))
    assert restored.loaded == len(detector.network.weights) and not restored.misfits
    mine, other = (
        next(
            weight for weight in head.weights if weight.shape[-1] == anchors and weight.shape.rank == 4
        ).numpy()
        for head, anchors in ((detector.head, 27), (theirs.head, 9 * 91))
    )
    split = mine.reshape(*mine.shape[:-1], 9, 3), other.reshape(*other.shape[:-1], 9, 91)
    np.testing.assert_array_equal(split[0], split[1][..., [0, 17, 18]])


def test_a_download_that_fails_is_one_line(served: Path) -> None:
    with pytest.raises(
        PipelineError, match=r"train.init is coco, but the detector cannot be downloaded: .*404"
    ):
        fetch_coco_detector()


def test_an_archive_without_a_checkpoint_is_one_line(served: Path, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("nothing")
    with tarfile.open(served / "detector.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "note.txt", "note.txt")
    with pytest.raises(PipelineError, match="the archive contains no checkpoint"):
        fetch_coco_detector()


def test_a_broken_archive_is_one_line(served: Path) -> None:
    (served / "detector.tar.gz").write_bytes(b"no archive")
    with pytest.raises(PipelineError, match="delete the file and run the stage again"):
        fetch_coco_detector()
