"""Datasets of TFDS, prepared from a server on this machine and read as the convert stage reads them."""

import functools
import hashlib
import http.server
import logging
import socket
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.datasets.raw.containers import read_image
from pipeline.datasets.sources.fetch import fetch
from pipeline.datasets.sources.tfds.features import find_annotation
from pipeline.errors import PipelineError
from pipeline.params.load import load_params
from tests.support.dataset_files import picture, read

tfds = pytest.importorskip("tensorflow_datasets")

DATASET = load_params().dataset
CORNERS = ["xmin", "ymin", "xmax", "ymax"]
JPEG = picture(40, 20, 1, "JPEG")
PNG = picture(30, 30, 2)
SERVED: dict[str, str] = {}  # url and sha256 of what the builders download


class Scenes(tfds.core.GeneratorBasedBuilder):
    """Two images with boxes; a test set without any; and a split that is neither."""

    VERSION = tfds.core.Version("1.0.0")
    pkg_dir_path = Path(__file__).parent

    @tfds.core.utils.classproperty
    @classmethod
    def url_infos(cls) -> dict[str, Any]:
        if not SERVED.get("sha256"):
            return {}
        info = tfds.core.download.checksums.UrlInfo(
            size=tfds.core.units.Size(1), checksum=SERVED["sha256"], filename="data.zip"
        )
        return {SERVED["url"]: info}

    def _info(self) -> Any:
        objects = tfds.features.Sequence(
            {
                "bbox": tfds.features.BBoxFeature(),
                "label": tfds.features.ClassLabel(names=["cat", "two words"]),
                "is_crowd": np.bool_,
                "is_difficult": np.bool_,
            }
        )
        features = {"image": tfds.features.Image(), "objects": objects, "id": np.int64}
        return self.dataset_info_from_configs(features=tfds.features.FeaturesDict(features))

    def _split_generators(self, dl_manager: Any) -> dict[str, Any]:
        folder = dl_manager.download_and_extract(SERVED["url"])
        return {
            split: self._generate_examples(Path(folder), split)
            for split in ("train", "test", "extra", "validation")
        }

    def _generate_examples(self, folder: Path, split: str) -> Iterator[tuple[str, dict[str, Any]]]:
        box = tfds.features.BBox(ymin=0.25, xmin=0.125, ymax=0.5, xmax=0.75)
        whole = tfds.features.BBox(ymin=0.0, xmin=0.0, ymax=1.0, xmax=1.0)
        flags = {"is_crowd": False, "is_difficult": False}
        yield (
            "a",
            {
                "image": folder / "a.jpg",
                "objects": [
                    {"bbox": box, "label": 1, **flags, "is_crowd": True},
                    {"bbox": whole, "label": 0, **flags, "is_difficult": True},
                ]
                if split != "test"
                else [],
                "id": 1,
            },
        )
        yield "b", {"image": folder / "b.png", "objects": [], "id": 2}


class Digits(tfds.core.GeneratorBasedBuilder):
    """Arrays with a class."""

    VERSION = tfds.core.Version("1.0.0")
    pkg_dir_path = Path(__file__).parent

    def _info(self) -> Any:
        features = {
            "image": tfds.features.Image(shape=(4, 5, 1)),
            "label": tfds.features.ClassLabel(names=["no", "one"]),
        }
        return self.dataset_info_from_configs(features=tfds.features.FeaturesDict(features))

    def _split_generators(self, dl_manager: Any) -> dict[str, Any]:
        return {"train": self._generate_examples()}

    def _generate_examples(self) -> Iterator[tuple[int, dict[str, Any]]]:
        for number in range(3):
            yield number, {"image": np.full((4, 5, 1), number, np.uint8), "label": number % 2}


class Pets(tfds.core.GeneratorBasedBuilder):
    """A box and a class an image, as in oxford_iiit_pet, whose test set has no boxes."""

    VERSION = tfds.core.Version("1.0.0")
    pkg_dir_path = Path(__file__).parent

    def _info(self) -> Any:
        features = {
            "image": tfds.features.Image(),
            "head_bbox": tfds.features.BBoxFeature(),
            "species": tfds.features.ClassLabel(names=["dog", "cat"]),
            "label": tfds.features.ClassLabel(names=["beagle", "sphynx"]),
        }
        return self.dataset_info_from_configs(features=tfds.features.FeaturesDict(features))

    def _split_generators(self, dl_manager: Any) -> dict[str, Any]:
        return {split: self._generate_examples(split) for split in ("train", "test")}

    def _generate_examples(self, split: str) -> Iterator[tuple[str, dict[str, Any]]]:
        boxes = [tfds.features.BBox(0.25, 0.125, 0.5, 0.75), tfds.features.BBox(0.0, 0.0, 0.0, 0.0)]
        for number, box in enumerate(boxes if split == "train" else boxes[1:]):
            image = np.full((20, 40, 3), 90 * number, np.uint8)
            yield number, {"image": image, "head_bbox": box, "species": 0, "label": 1}


class Dogs(tfds.core.GeneratorBasedBuilder):
    """Boxes without a class in images that have one, as in stanford_dogs."""

    VERSION = tfds.core.Version("1.0.0")
    pkg_dir_path = Path(__file__).parent

    def _info(self) -> Any:
        features = {
            "image": tfds.features.Image(),
            "label": tfds.features.ClassLabel(names=["beagle", "whippet"]),
            "objects": tfds.features.Sequence({"bbox": tfds.features.BBoxFeature()}),
        }
        return self.dataset_info_from_configs(features=tfds.features.FeaturesDict(features))

    def _split_generators(self, dl_manager: Any) -> dict[str, Any]:
        return {"train": self._generate_examples()}

    def _generate_examples(self) -> Iterator[tuple[str, dict[str, Any]]]:
        box = tfds.features.BBox(0.25, 0.125, 0.5, 0.75)
        yield (
            0,
            {"image": np.zeros((20, 40, 3), np.uint8), "label": 1, "objects": [{"bbox": box}, {"bbox": box}]},
        )


class Words(tfds.core.GeneratorBasedBuilder):
    """No images."""

    VERSION = tfds.core.Version("1.0.0")
    pkg_dir_path = Path(__file__).parent

    def _info(self) -> Any:
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict({"text": tfds.features.Text()})
        )

    def _split_generators(self, dl_manager: Any) -> dict[str, Any]:
        raise AssertionError("is refused before")

    def _generate_examples(self) -> Iterator[tuple[str, dict[str, Any]]]:
        yield from ()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "tfds"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    served = tmp_path / "served"
    served.mkdir()
    with zipfile.ZipFile(served / "data.zip", "w") as archive:
        archive.writestr("a.jpg", JPEG)
        archive.writestr("b.png", PNG)
    handler = functools.partial(Quiet, directory=served)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        SERVED.clear()
        SERVED["url"] = f"http://127.0.0.1:{running.server_address[1]}/data.zip"
        yield served / "data.zip"
        running.shutdown()


def fetch_from(name: str, folder: Path) -> Path:
    folder.mkdir()
    fetch(DATASET.model_copy(update={"source": f"tfds:{name}"}), folder, seed=1)
    return folder


def test_boxes_are_those_of_the_dataset(
    server: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="pipeline.datasets.sources")
    raw = fetch_from("scenes", tmp_path / "raw")
    assert (raw / "labels.txt").read_text() == "cat\ntwo words\n"
    assert "split test is left out, because none of its 2 images has an annotation" in caplog.text
    assert "split extra is left out, because it is neither train, validation nor test" in caplog.text
    table = read(raw)
    assert table.class_names == ("cat", "two words") and not table.issues
    assert table.images["split"].value_counts().to_dict() == {"train": 2, "val": 2}
    encoded = {file: read_image(raw, file) for file in table.images["file"]}
    assert sorted(encoded.values()) == sorted([JPEG, PNG] * 2)
    for row in table.images.itertuples():
        objects = table.objects[table.objects["image_id"] == row.id]
        if encoded[row.file] == PNG:
            assert objects.empty and (row.width, row.height) == (30, 30)
            continue
        assert (row.width, row.height) == (40, 20)
        np.testing.assert_allclose(objects[CORNERS], [[0.125, 0.25, 0.75, 0.5], [0, 0, 1, 1]], atol=1e-7)
        assert objects["label"].tolist() == [2, 1]
        assert objects["crowd"].tolist() == [True, False]
        assert objects["difficult"].tolist() == [False, True]


def test_what_is_prepared_needs_no_network(
    server: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = fetch_from("scenes", tmp_path / "first")

    def refuse(*args: object) -> None:
        raise AssertionError(f"the network was asked for: {args}")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    again = fetch_from("scenes", tmp_path / "again")
    assert {path.name: path.read_bytes() for path in first.iterdir()} == {
        path.name: path.read_bytes() for path in again.iterdir()
    }


def test_arrays_become_png_with_a_label_of_the_whole_image(server: Path, tmp_path: Path) -> None:
    raw = fetch_from("digits", tmp_path / "raw")
    table = read(raw)
    assert table.class_names == ("no", "one") and len(table.images) == 3
    assert table.objects["xmin"].isna().all() and sorted(table.objects["label"]) == [1, 1, 2]
    assert read_image(raw, table.images["file"][0]).startswith(b"\x89PNG")
    assert table.images["file"][0].endswith(".png")


def test_one_box_of_an_image_has_the_class_of_the_image(
    server: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="pipeline.datasets.sources")
    raw = fetch_from("pets", tmp_path / "raw")
    assert "split test is left out, because none of its 1 images has an annotation" in caplog.text
    table = read(raw)
    assert table.class_names == ("beagle", "sphynx")
    boxes = table.objects.sort_values("xmin")[[*CORNERS, "label"]].to_numpy()
    np.testing.assert_allclose(boxes[0], [0.125, 0.25, 0.75, 0.5, 2])
    assert np.isnan(boxes[1, :4]).all() and boxes[1, 4] == 2


def test_boxes_without_a_class_have_that_of_the_image(server: Path, tmp_path: Path) -> None:
    table = read(fetch_from("dogs", tmp_path / "raw"))
    assert table.class_names == ("beagle", "whippet")
    np.testing.assert_allclose(table.objects[CORNERS], [[0.125, 0.25, 0.75, 0.5]] * 2)
    assert table.objects["label"].tolist() == [2, 2]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("voc/2007", ("objects", "bbox", "label", False, 20)),
        ("coco/2017", ("objects", "bbox", "label", False, 80)),
        ("kitti", ("objects", "bbox", "type", False, 8)),
        ("wider_face", ("faces", "bbox", "", True, 1)),
        ("oxford_iiit_pet", ("", "head_bbox", "label", True, 37)),
        ("cars196", ("", "bbox", "label", True, 196)),
        ("stanford_dogs", ("objects", "bbox", "label", True, 120)),
    ],
)
def test_published_datasets_are_understood(name: str, expected: tuple[object, ...], tmp_path: Path) -> None:
    found = find_annotation(name, tfds.builder(name, data_dir=tmp_path).info.features)
    assert (found.objects, found.box, found.label, found.labels_image, len(found.class_names)) == expected


def refusal(name: str, folder: Path) -> str:
    with pytest.raises(PipelineError) as error:
        fetch_from(name, folder)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_faults_are_one_line(server: Path, tmp_path: Path) -> None:
    assert refusal("scenez", tmp_path / "1").endswith("no dataset of that name; did you mean scenes or scan?")
    assert "Parsing builder name" in refusal("a b/c", tmp_path / "2")
    assert "configurations: 2007, 2012" in refusal("voc/1999", tmp_path / "3")
    assert refusal("words", tmp_path / "4").startswith("tfds:words: the dataset has no images; ")


def test_a_file_of_another_checksum_is_refused(server: Path, tmp_path: Path) -> None:
    SERVED["sha256"] = hashlib.sha256(b"another").hexdigest()
    assert "the checksum of a downloaded file is not the one that TFDS expects" in refusal(
        "scenes", tmp_path / "raw"
    )


def test_a_server_that_is_not_there_is_said(
    server: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("urllib3.util.retry.Retry.sleep", lambda *args: None)  # between TFDS's ten attempts
    SERVED["url"] = "http://127.0.0.1:9/data.zip"
    assert "tfds:scenes: no connection to 127.0.0.1" in refusal("scenes", tmp_path / "raw")


def test_a_file_that_is_not_there_is_said(server: Path, tmp_path: Path) -> None:
    server.unlink()
    assert "cannot be downloaded" in refusal("scenes", tmp_path / "raw")
