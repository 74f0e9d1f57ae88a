"""The command ``predict``, with a predictor that finds coloured rectangles in place of an exported detector."""

import csv
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO

import pipeline.commands.predict.command as command
import pipeline.serving
from pipeline.cli import main
from pipeline.commands.predict.exit_codes import FINE, INTERRUPTED, SOME_FAILED
from pipeline.errors import PipelineError
from pipeline.serving import Prediction
from pipeline.serving.tiles import with_tiles
from tests.support.dataset_files import read
from tests.support.predictors import COLOURS, ColouredRectangles

Predict = Callable[..., int]

BOX = (20, 10, 60, 40)
"""Left, top, right and lower edge of the rectangle in each picture, px."""

SIZE = (64, 80)


def pixels(colour: str = "red") -> np.ndarray:
    picture = np.zeros((*SIZE, 3), np.uint8)
    left, top, right, lower = BOX
    picture[top:lower, left:right] = COLOURS[colour]
    return picture


def write_image(path: Path, picture: np.ndarray | None = None, **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels() if picture is None else picture).save(path, **options)
    return path


def write_video(path: Path, frames: int, *, fps: float = 10.0) -> Path:
    """Write a video of the rectangle, with noise at the right side."""
    height, width = SIZE
    noise = np.random.default_rng(0)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), fps, (width, height))
    for _ in range(frames):
        frame = pixels()
        frame[:, 68:] = noise.integers(0, 90, (height, 12, 1))
        writer.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
    writer.release()
    return path


@pytest.fixture
def predictor(monkeypatch: pytest.MonkeyPatch) -> ColouredRectangles:
    """Return what the command is given in place of an exported detector."""
    coloured = ColouredRectangles()
    monkeypatch.setattr(
        pipeline.serving, "load_predictor", lambda path, **tiles: with_tiles(coloured, **tiles)
    )
    return coloured


@pytest.fixture
def predict(predictor: ColouredRectangles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Predict:
    """Return the command, which runs in ``tmp_path``."""
    monkeypatch.chdir(tmp_path)

    def run(*paths: Path | str, **changes: Any) -> int:
        options: dict[str, Any] = {
            "model": Path("model"),
            "output": Path("out"),
            "formats": ["drawn", "coco", "csv", "yolo", "voc"],
            "threshold": [],
            "batch_size": 8,
            "tile": None,
            "overlap": None,
        }
        return command.predict([str(path) for path in paths], **options | changes)

    return run


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_of_200_images_with_three_broken_197_are_drawn_and_three_named(
    predict: Predict, predictor: ColouredRectangles, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "photos"
    for number in range(200):
        write_image(folder / f"{number:03d}.png")
    (folder / "007.png").write_bytes(b"this is no picture")
    (folder / "070.png").write_bytes((folder / "071.png").read_bytes()[:90])
    (folder / "170.png").write_bytes(b"")
    assert predict("photos") == SOME_FAILED
    printed = capsys.readouterr()
    lines = printed.err.splitlines()
    assert len(lines) == 3
    for line, name, reason in zip(
        lines, ("007", "070", "170"), ("not an image", "ends before", "empty"), strict=True
    ):
        assert line.startswith(f"error: photos/{name}.png: ") and reason in line
    assert len(list((tmp_path / "out" / "drawn").iterdir())) == 197
    assert "197 of 200 files, 197 objects, in out" in printed.out
    assert "detection" in printed.out and "images/s" in printed.out
    assert max(predictor.batches) == 8 and sum(predictor.batches) == 197


def test_all_files_done_is_code_0_and_none_is_one_error(predict: Predict, tmp_path: Path) -> None:
    write_image(tmp_path / "a.jpg")
    (tmp_path / "b.jpg").write_bytes(b"no picture")
    assert predict("a.jpg") == FINE
    with pytest.raises(PipelineError, match="none of 1 files could be read; nothing was written"):
        predict("b.jpg", output=Path("none"))
    assert not any((tmp_path / "none").iterdir())


def test_a_drawn_picture_has_the_box_and_keeps_the_size_and_the_rest(
    predict: Predict, tmp_path: Path
) -> None:
    large = cv2.resize(pixels(), (800, 640), interpolation=cv2.INTER_NEAREST)
    write_image(tmp_path / "a.png", large)
    predict("a.png", formats=["drawn"])
    drawn = np.asarray(Image.open(tmp_path / "out" / "drawn" / "a.png"))
    changed = (drawn != large).any(axis=-1)
    assert drawn.shape == large.shape
    assert changed[100:400, 200].all() and changed[399, 200:600].all(), "the left and the lower line"
    assert not changed[150:380, 230:580].any() and not changed[450:].any()
    assert not (tmp_path / "out" / "coco").exists()


def test_an_image_is_read_as_convert_reads_it(predict: Predict, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees to the left, as a phone stores it
    turned = np.rot90(pixels())
    write_image(tmp_path / "phone.jpg", turned, exif=exif, quality=95, subsampling=0)
    write_image(tmp_path / "lossless.webp", lossless=True)
    write_image(tmp_path / "deep.png", np.zeros((9, 9), np.uint16))
    assert predict("phone.jpg", "lossless.webp", "deep.png") == FINE
    drawn = {path.name: Image.open(path).size for path in (tmp_path / "out" / "drawn").iterdir()}
    assert drawn == {"phone.jpg": SIZE[::-1], "lossless.jpg": SIZE[::-1], "deep.png": (9, 9)}
    found = rows(tmp_path / "out" / "detections.csv")
    assert [row["file"] for row in found] == ["phone.jpg", "lossless.webp"]
    for row in found:
        corners = [float(row[side]) for side in ("xmin", "ymin", "xmax", "ymax")]
        np.testing.assert_allclose(corners, BOX, atol=1)


def test_coco_results_are_joined_to_their_images_by_pycocotools(predict: Predict, tmp_path: Path) -> None:
    write_image(tmp_path / "b" / "a.png")
    write_image(tmp_path / "c.png", pixels("green"))
    predict("c.png", "b")
    truth = COCO(str(tmp_path / "out" / "coco" / "images.json"))
    results = truth.loadRes(str(tmp_path / "out" / "coco" / "results.json"))
    files = {image["id"]: image["file_name"] for image in truth.loadImgs(truth.getImgIds())}
    assert files == {1: "c.png", 2: "b/a.png"}
    names = {category["id"]: category["name"] for category in truth.loadCats(truth.getCatIds())}
    boxes = {
        files[found["image_id"]]: (names[found["category_id"]], found["bbox"])
        for found in results.loadAnns(results.getAnnIds())
    }
    left, top, right, lower = BOX
    box = [left, top, right - left, lower - top]
    assert boxes == {"c.png": ("green", box), "b/a.png": ("red", box)}


def test_no_detection_leaves_complete_files(predict: Predict, tmp_path: Path) -> None:
    write_image(tmp_path / "a.png", np.zeros((9, 9, 3), np.uint8))
    assert predict("a.png") == FINE
    out = tmp_path / "out"
    assert json.loads((out / "coco" / "results.json").read_text()) == []
    assert rows(out / "detections.csv") == []
    assert (out / "yolo" / "labels" / "a.txt").read_text() == ""
    assert "<object>" not in (out / "voc" / "Annotations" / "a.xml").read_text()


@pytest.mark.parametrize(
    ("format", "labels", "images"), [("yolo", "yolo", "yolo/images"), ("voc", "voc", "voc/JPEGImages")]
)
def test_labels_are_read_back_as_a_dataset(
    predict: Predict, tmp_path: Path, format: str, labels: str, images: str
) -> None:
    write_image(tmp_path / "in" / "x" / "a.png")
    write_image(tmp_path / "in" / "y" / "a.png", pixels("green"))
    predict("in", formats=[format])
    (tmp_path / "in").rename(tmp_path / "out" / images)
    table = read(tmp_path / "out" / labels, format)
    names = [table.class_names[label - 1] for label in table.objects["label"]]
    assert sorted(names) == ["green", "red"] and not table.issues
    scale = [SIZE[1], SIZE[0]] * 2 if format == "yolo" else [1] * 4
    corners = table.objects[["xmin", "ymin", "xmax", "ymax"]].to_numpy() * scale
    np.testing.assert_allclose(corners, [BOX, BOX], atol=1e-3)


def test_inputs_of_the_same_name_do_not_overwrite_each_other(predict: Predict, tmp_path: Path) -> None:
    for path in ("x/a.png", "y/a.png", "y/a.jpg", "y/A.png"):
        write_image(tmp_path / path)
    assert predict("x/a.png", "y", tmp_path / "y" / "a.png") == FINE
    out = tmp_path / "out"
    drawn = [path.relative_to(out / "drawn").as_posix().lower() for path in (out / "drawn").rglob("*.*")]
    assert len(set(drawn)) == 4
    assert len(list((out / "yolo" / "labels").rglob("*.txt"))) == 4
    assert len(json.loads((out / "coco" / "images.json").read_text())["images"]) == 4


def test_folders_are_searched_with_their_subfolders_and_patterns_are_matched(
    predict: Predict, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in ("in/a.png", "in/b/c/d.PNG", "in/b/.hidden.png", "in/.cache/e.png", "other/f[1].png"):
        write_image(tmp_path / path)
    for path in ("in/notes.txt", "in/empty/notes.txt"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text("notes")

    def found(*paths: str) -> list[str]:
        folder = Path(f"out{len(list(tmp_path.iterdir()))}")
        predict(*paths, output=folder, formats=["csv"])
        return [row["file"] for row in rows(tmp_path / folder / "detections.csv")]

    assert found("in") == ["in/a.png", "in/b/c/d.PNG"]
    assert (
        "left out of the folders, as their names are of no image or video: 2 files" in capsys.readouterr().out
    )
    assert found("in/**/*.png", "other/f[1].png", "in/a.png") == ["in/a.png", "other/f[1].png"]
    assert found("in/b/*", "in/e*") == ["in/b/c/d.PNG"]
    assert capsys.readouterr().err == ""
    assert found("in/a.png", "in/empty", "none/*.png", "absent.png") == ["in/a.png"]
    assert capsys.readouterr().err.splitlines() == [
        "error: in/empty: the folder has no image and no video",
        "error: none/*.png: no file has a name of this pattern",
        "error: absent.png: not found",
    ]
    with pytest.raises(PipelineError, match=r"absent.png: not found\nno.jpg: not found"):
        predict("absent.png", "no.jpg")


def test_thresholds_of_all_and_of_single_classes(predict: Predict, tmp_path: Path) -> None:
    both = pixels("red")
    both[44:64, :] = COLOURS["green"]
    write_image(tmp_path / "a.png", both)

    def found(*threshold: str) -> list[str]:
        folder = Path(f"out{len(list(tmp_path.iterdir()))}")
        predict("a.png", threshold=threshold, output=folder, formats=["csv"])
        return sorted(row["class"] for row in rows(tmp_path / folder / "detections.csv"))

    assert found() == found("0.3") == ["green", "red"]
    assert found("green=0.95") == ["red"]
    assert found("0.95", "green=0.1") == ["green"]
    assert found("0.95") == []


def test_the_default_thresholds_are_those_that_the_project_chose(predict: Predict, tmp_path: Path) -> None:
    both = pixels("red")
    both[44:64, :] = COLOURS["green"]
    write_image(tmp_path / "a.png", both)
    chosen = {"green": {"score": 0.99}, "red": {"score": 0.001}}
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics" / "thresholds.json").write_text(json.dumps({"per_class": chosen}))
    for model, threshold, expected in (
        ("models/exported/detector", [], ["red"]),
        ("models/exported/detector.onnx", [], ["red"]),
        ("models/exported/detector", ["0.3"], ["green", "red"]),
        ("elsewhere/in/another/project/detector", [], ["green", "red"]),
    ):
        output = tmp_path / f"out{len(list(tmp_path.iterdir()))}"
        predict("a.png", model=Path(model), threshold=threshold, output=output, formats=["csv"])
        assert sorted(row["class"] for row in rows(output / "detections.csv")) == expected


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"threshold": ["blue=0.5"]},
            "threshold of 'blue': no class of the detector; its classes are red, green",
        ),
        ({"threshold": ["1.5"]}, "threshold 1.5: not from 0 to 1"),
        ({"threshold": ["red=nan"]}, "--threshold red=nan: not from 0 to 1"),
        ({"threshold": ["0.001"]}, "threshold 0.001: the exported detector returns no score below 0.01"),
        (
            {"threshold": ["a.png"]},
            "--threshold a.png: no number, and not CLASS=NUMBER; paths stand before the opt",
        ),
        ({"threshold": ["0.5", "0.6"]}, "--threshold 0.6: the second one of all classes; give one"),
        ({"threshold": ["red=.5", "red=.6"]}, "--threshold red=.6: the second one of red; give one"),
        ({"overlap": 0.2}, "--overlap is that of tiles; give --tile as well"),
        ({"output": Path("full")}, "full: exists and is not empty; name a new or an empty folder"),
        ({"output": Path("a.png/x")}, "a.png/x: Not a directory; name another folder"),
    ],
)
def test_a_wrong_option_is_one_line(
    predict: Predict, tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    write_image(tmp_path / "full" / "a.png")
    write_image(tmp_path / "a.png")
    with pytest.raises(PipelineError) as error:
        predict("a.png", **changes)
    assert message in str(error.value) and "\n" not in str(error.value)
    assert not (tmp_path / "out").exists() or not any((tmp_path / "out").iterdir())


def test_without_output_the_folder_is_numbered_and_an_old_one_is_left_alone(
    predict: Predict, tmp_path: Path
) -> None:
    write_image(tmp_path / "a.png")
    for _ in range(3):
        assert predict("a.png", output=None, formats=["csv"]) == FINE
    assert sorted(path.name for path in tmp_path.glob("predictions*")) == [
        "predictions",
        "predictions-2",
        "predictions-3",
    ]


def test_a_video_is_drawn_frame_by_frame_and_its_rate_is_said(
    predict: Predict, predictor: ColouredRectangles, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_video(tmp_path / "clip.avi", 21)
    assert predict("clip.avi") == FINE
    drawn = cv2.VideoCapture(str(tmp_path / "out" / "drawn" / "clip.mp4"))
    assert drawn.get(cv2.CAP_PROP_FPS) == 10
    frames = []
    while (read_frame := drawn.read())[0]:
        frames.append(read_frame[1])
    assert len(frames) == 21 and frames[0].shape[:2] == SIZE
    assert (frames[20][50:60, 5:15] < 60).all(), "the black ground"
    found = rows(tmp_path / "out" / "detections.csv")
    assert [int(row["frame"]) for row in found] == list(range(1, 22)) and found[0]["file"] == "clip.avi"
    images = json.loads((tmp_path / "out" / "coco" / "images.json").read_text())["images"]
    assert [(image["id"], image["frame"]) for image in images] == [(n, n) for n in range(1, 22)]
    assert (tmp_path / "out" / "yolo" / "labels" / "clip_frames" / "000021.txt").is_file()
    printed = capsys.readouterr().out
    assert "clip.avi: detection" in printed and printed.count("frames/s") == 2
    assert predictor.batches == [8, 8, 5]


def test_a_broken_video_is_one_line_and_a_cut_one_keeps_its_frames(
    predict: Predict, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + b"\0" * 500)
    whole_file = write_video(tmp_path / "whole.avi", 30).read_bytes()
    (tmp_path / "whole.avi").unlink()
    (tmp_path / "cut.avi").write_bytes(whole_file[: len(whole_file) * 2 // 3])
    assert predict("broken.mp4", "cut.avi") == SOME_FAILED
    lines = capfd.readouterr().err.splitlines()
    assert lines[0] == "error: broken.mp4: not a video that can be read"
    assert lines[1].startswith("error: cut.avi: only ") and "of its 30 frames can be read" in lines[1]
    assert len(lines) == 2
    assert (tmp_path / "out" / "drawn" / "cut.mp4").is_file()


def test_an_interruption_keeps_what_is_done(
    predict: Predict,
    predictor: ColouredRectangles,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for number in range(6):
        write_image(tmp_path / "in" / f"{number}.png")
    look, calls = predictor.predict_files, []

    def interrupted(encoded: Any) -> list[Prediction]:
        calls.append(len(encoded))
        if len(calls) == 3:
            raise KeyboardInterrupt
        return look(encoded)

    monkeypatch.setattr(predictor, "predict_files", interrupted)
    assert predict("in", batch_size=2) == INTERRUPTED
    assert "interrupted; 4 of 6 files were done before, in out" in capsys.readouterr().err
    out = tmp_path / "out"
    assert len(json.loads((out / "coco" / "results.json").read_text())) == 4
    assert len(rows(out / "detections.csv")) == len(list((out / "drawn").iterdir())) == 4


def test_small_objects_of_a_large_picture_are_found_by_tiles(
    predict: Predict, predictor: ColouredRectangles, tmp_path: Path
) -> None:
    large = np.zeros((700, 1000, 3), np.uint8)
    large[300:330, 500:530] = COLOURS["green"]
    write_image(tmp_path / "a.png", large)
    predict("a.png", output=Path("plain"), formats=["csv"])
    predict("a.png", output=Path("tiled"), formats=["csv"], tile=256, batch_size=4)
    assert rows(tmp_path / "plain" / "detections.csv") == []
    assert [row["class"] for row in rows(tmp_path / "tiled" / "detections.csv")] == ["green"]
    assert max(predictor.batches) == 4


def test_the_tiles_of_the_training_are_used_unless_others_are_given(
    predict: Predict, predictor: ColouredRectangles, tmp_path: Path
) -> None:
    large = np.zeros((700, 1000, 3), np.uint8)
    large[300:330, 500:530] = COLOURS["green"]
    write_image(tmp_path / "a.png", large)
    predictor.config = predictor.config.model_copy(update={"tile": 256, "tile_overlap": 0.0})
    for name, options, pictures in (
        ("own", {}, 13),
        ("more", {"overlap": 0.5}, 36),
        ("given", {"tile": 400}, 7),
    ):
        predictor.batches.clear()
        predict("a.png", output=Path(name), formats=["csv"], **options)
        assert sum(predictor.batches) == pictures, name  # the whole picture and its tiles
        assert [row["class"] for row in rows(tmp_path / name / "detections.csv")] == ["green"]


def test_the_command_line(
    predict: Predict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_image(tmp_path / "a.png")
    arguments = "predict a.png b.png --format drawn csv --threshold 0.5 red=0.3 --batch-size 2 --output o"
    monkeypatch.setattr(sys, "argv", ["pipeline", *arguments.split()])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 3
    assert sorted(path.name for path in (tmp_path / "o").iterdir()) == ["detections.csv", "drawn"]
    assert capsys.readouterr().err == "error: b.png: not found\n"


def test_masks_and_keypoints_are_drawn_and_written(
    predict: Predict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        pipeline.serving, "load_predictor", lambda path, **tiles: ColouredRectangles(parts=True)
    )
    large = cv2.resize(pixels(), (800, 640), interpolation=cv2.INTER_NEAREST)
    data = io.BytesIO()
    Image.fromarray(large).save(data, "PNG")
    (tmp_path / "a.png").write_bytes(data.getvalue())
    predict("a.png")
    drawn = np.asarray(Image.open(tmp_path / "out" / "drawn" / "a.png"))
    assert (drawn[150:380, 230:380] != large[150:380, 230:380]).any(axis=-1).all(), (
        "the mask on the left half"
    )
    assert (drawn[150:380, 440:580] == large[150:380, 440:580]).all(), "no mask on the right half"
    assert (drawn[250, 400] != large[250, 400]).any(), "the keypoint in the middle"
    [found] = json.loads((tmp_path / "out" / "coco" / "results.json").read_text())
    assert found["segmentation"]["size"] == [640, 800] and found["keypoints"] == [400, 250, 0.8]


@pytest.mark.parametrize("size", [(1, 1), (300, 2)])
def test_the_smallest_pictures_are_drawn(predict: Predict, tmp_path: Path, size: tuple[int, int]) -> None:
    Image.new("RGB", size, "red").save(tmp_path / "a.png")
    assert predict("a.png", formats=["drawn"]) == FINE
    with Image.open(tmp_path / "out" / "drawn" / "a.png") as drawn:
        assert drawn.size == size
