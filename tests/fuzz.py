"""Spoil sound datasets at random, and see that reading and checking them ends in a table or a PipelineError.

    python tests/fuzz.py --seconds 600
    python tests/fuzz.py --format coco --seed 1234    # one case again, its files kept

Each case must end within seconds, open no file outside the dataset's folder, write none, and start no process. A new
format is one function in GENERATORS.
"""

import argparse
import contextlib
import faulthandler
import io
import json
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import pandas as pd
from PIL import Image

from pipeline.datasets.checks import reason_to_refuse
from pipeline.datasets.class_checks import class_issues
from pipeline.datasets.conversion import check_images
from pipeline.datasets.faults import FAULTS
from pipeline.datasets.folder import DatasetFolder
from pipeline.datasets.formats import FORMATS
from pipeline.datasets.preparation import read_dataset
from pipeline.datasets.table import BOX, SPLITS, AnnotationTable, with_issues, write_table
from pipeline.datasets.workers import Workers
from pipeline.errors import PipelineError
from pipeline.params import load_params

ROOT = Path(__file__).parents[1]
PARAMS = load_params(ROOT / "params.yaml")
LIMIT = 5  # s, of a case
VARIANTS = 6  # sound datasets of each format
SIZE = (32, 24)
Files = dict[str, bytes]


# ------------------------------------------------------------------ sound datasets


def photo(rng: random.Random, format: str = "JPEG") -> bytes:
    """Give a small image."""
    pixels = np.random.default_rng(rng.randrange(2**32)).integers(0, 256, (*SIZE[::-1], 3))
    out = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(out, format)
    return out.getvalue()


def some_box(rng: random.Random) -> tuple[int, int, int, int]:
    """Choose corners within the image."""
    xmin, ymin = rng.randrange(SIZE[0] - 6), rng.randrange(SIZE[1] - 6)
    return xmin, ymin, rng.randrange(xmin + 4, SIZE[0]), rng.randrange(ymin + 4, SIZE[1])


def voc(rng: random.Random) -> Files:
    """Write an XML file an image, and lists for two variants of three."""
    files: Files = {}
    for number in range(6):
        objects = "".join(
            f"<object><name>{rng.choice(['cat', 'hat'])}</name><difficult>{rng.randrange(2)}</difficult><bndbox>"
            "<xmin>{}</xmin><ymin>{}</ymin><xmax>{}</xmax><ymax>{}</ymax></bndbox></object>\n".format(
                *some_box(rng)
            )
            for _ in range(rng.randrange(1, 4))
        )
        size = "<size><width>{}</width><height>{}</height><depth>3</depth></size>".format(*SIZE)
        head = rng.choice(["", '<?xml version="1.0" encoding="utf-8"?>\n', "<!DOCTYPE annotation>\n"])
        text = f"{head}<annotation>\n<filename>{number}.jpg</filename>\n{size}\n{objects}</annotation>\n"
        files[f"Annotations/{number}.xml"] = text.encode()
        files[f"JPEGImages/{number}.jpg"] = photo(rng)
    if rng.random() < 0.7:
        for split, numbers in {"train": "0123", "val": "4", "test": "5"}.items():
            files[f"ImageSets/Main/{split}.txt"] = "\n".join(numbers).encode()
    return files


def coco(rng: random.Random) -> Files:
    """Write one JSON file, or one a split, some with masks of each kind."""
    files: Files = {}
    splits = rng.choice([{"all": range(6)}, {"train": range(4), "val": [4], "test": [5]}])
    masks = rng.random() < 0.7
    for split, numbers in splits.items():
        content: dict[str, Any] = {"info": {"year": 2026}, "images": [], "annotations": []}
        content["categories"] = [{"id": 1, "name": "cat"}, {"id": 2, "name": "hat"}]
        for number in numbers:
            files[f"{split}/{number}.jpg"] = photo(rng)
            name = {"id": number, "file_name": f"{number}.jpg", "width": SIZE[0], "height": SIZE[1]}
            content["images"].append(name)
            for _ in range(rng.randrange(1, 4)):
                row = {
                    "id": len(content["annotations"]),
                    "image_id": number,
                    "category_id": rng.choice([1, 2]),
                }
                content["annotations"].append(row | coco_shape(rng, masks))
        files[f"annotations/instances_{split}.json"] = json.dumps(
            content, indent=rng.choice([None, 1])
        ).encode()
    return files


def coco_shape(rng: random.Random, masks: bool) -> dict[str, Any]:
    """Give bbox, area and segmentation of an object."""
    xmin, ymin, xmax, ymax = some_box(rng)
    width, height = xmax - xmin, ymax - ymin
    runs = [xmin * SIZE[1], width * SIZE[1], (SIZE[0] - xmax) * SIZE[1]]
    segmentations: list[Any] = [
        [[xmin, ymin, xmax, ymin, xmax, ymax]],
        {"size": list(SIZE[::-1]), "counts": runs},
        {"size": list(SIZE[::-1]), "counts": "fb0`0P1d0"},
    ]
    shape = {"bbox": [xmin, ymin, width, height], "area": width * height, "iscrowd": rng.randrange(2)}
    return shape | ({"segmentation": rng.choice(segmentations)} if masks else {})


GENERATORS: dict[str, Callable[[random.Random], Files]] = {
    "voc": voc,
    "coco": coco,
}


# ------------------------------------------------------------------ how they are spoilt

ODD = [
    *(
        "NaN",
        "Infinity",
        "-1",
        "1e308",
        "-1e308",
        "1e999",
        "1e-400",
        "9" * 400,
        "0",
        "-0",
        "0x10",
        "1_0",
        "2147483648",
    ),
    *(
        "9223372036854775807",
        "18446744073709551616",
        "true",
        "null",
        "None",
        "[]",
        "{}",
        '""',
        "[[[]]]",
        "[1]",
    ),
    *(
        "../../../etc/passwd",
        "..",
        "../..",
        "../x.jpg",
        ".",
        "/",
        "/etc/passwd.jpg",
        "C:\\\\x.jpg",
        "..\\\\..\\\\x.jpg",
        "\0",
        "\\u0000",
        "\\ud800",
        "a\\nb.jpg",
    ),
    *(
        "<!DOCTYPE a [<!ENTITY e 'x'>]>",
        "&e;",
        "&#0;",
        "&#x10FFFF;",
        "<![CDATA[",
        "]]>",
        "<a>",
        "</a>",
        "<!--",
        "?>",
    ),
    *(
        '"',
        "'",
        ",",
        ";",
        "\t",
        "\r",
        "\n",
        "\r\n",
        " ",
        "=",
        ":",
        "#",
        "%",
        "{",
        "}",
        "[",
        "]",
        "\\",
        "\ufeff",
    ),
    *(
        "\u202e",
        "é",
        "🦝",
        "\u2028",
        "\x85",
        "İ",
        "ß",
        "１２",
        "\u0000",
        "[" * 1200,
        "[" * 1000 + "]" * 1000,
        '"' + '\\"' * 30_000,
        "<a>" * 3000,
        '{"a":' * 1010,
    ),
    *(
        "x" * 70_000,
        '<?xml version="1.0" encoding="utf-16"?>',
        '<?xml version="1.0" encoding="cp037"?>',
        "train",
        "val",
    ),
]
NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")
WORD = re.compile(rb"[A-Za-z_][A-Za-z_0-9.]*")

Mutation = Callable[[random.Random, bytes], bytes]


def flip(rng: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice([1, 1, 4, 30])):
        if changed:
            changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def truncate(rng: random.Random, data: bytes) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def insert(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + odd(rng) + data[at:]


def delete(rng: random.Random, data: bytes) -> bytes:
    start, length = rng.randrange(len(data) + 1), rng.choice([1, 2, 5, 20, 200])
    return data[:start] + data[start + length :]


def repeat(rng: random.Random, data: bytes) -> bytes:
    start, end = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    return data[:end] + data[start:end] * rng.choice([1, 1, 3, 30]) + data[end:]


def swap_lines(rng: random.Random, data: bytes) -> bytes:
    separator = rng.choice([b"\n", b",", b"><"])
    lines = data.split(separator)
    first, second = (rng.randrange(len(lines)) for _ in range(2))
    lines[first], lines[second] = lines[second], lines[first]
    return separator.join(lines)


def replace_token(rng: random.Random, data: bytes) -> bytes:
    """Put something odd, or another token of the same file, in the place of a number or a word."""
    found = [match.span() for match in rng.choice([NUMBER, NUMBER, WORD]).finditer(data)]
    if not found:
        return insert(rng, data)
    start, end = rng.choice(found)
    other = rng.choice(found)
    new = odd(rng) if rng.random() < 0.7 else data[slice(*other)]
    return data[:start] + new + data[end:]


def reencode(rng: random.Random, data: bytes) -> bytes:
    return data.decode("utf-8", "replace").encode(
        rng.choice(["utf-16", "utf-8-sig", "utf-32", "cp037"]), "replace"
    )


def change_json(rng: random.Random, data: bytes) -> bytes:
    """Change, remove or wrap a value of a JSON file, so that it stays one."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return replace_token(rng, data)
    places = list(json_places(value))
    if not places:
        return insert(rng, data)
    parent, key = rng.choice(places)
    kind = rng.randrange(5)
    if kind == 0:
        del parent[key]
    elif kind == 1:
        parent[key] = rng.choice([[parent[key]], {"a": parent[key]}, str(parent[key]), None])
    elif kind == 2:
        other, at = rng.choice(places)
        parent[key] = json.loads(json.dumps(other[at]))
    else:
        parent[key] = rng.choice(
            [
                odd(rng).decode("utf-8", "surrogatepass"),
                None,
                True,
                -1,
                0,
                2**31,
                2**63,
                1e308,
                -1e308,
                "",
                "nan",
                "x" * 5000,
                [],
                {},
                [[]],
                "\0",
            ]
        )
    return json.dumps(value, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")


def json_places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every container with each key or index of it."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from json_places(value[key])


def change_xml(rng: random.Random, data: bytes) -> bytes:
    """Change a text of an XML file, or swap two, so that it stays one."""
    texts = [match.span(1) for match in re.finditer(rb">([^<>]+)<", data)]
    if not texts:
        return insert(rng, data)
    start, end = rng.choice(texts)
    new = escape(odd(rng).decode("utf-8", "surrogatepass")).encode("utf-8", "surrogatepass")
    return data[:start] + (new if rng.random() < 0.7 else data[slice(*rng.choice(texts))]) + data[end:]


def odd(rng: random.Random) -> bytes:
    return rng.choice(ODD).encode("utf-8", "surrogatepass")


MUTATIONS: list[Mutation] = [
    flip,
    truncate,
    insert,
    delete,
    repeat,
    swap_lines,
    replace_token,
    replace_token,
    replace_token,
    reencode,
    change_json,
    change_json,
]
IMAGES = (".jpg", ".jpeg", ".png")


def spoil(rng: random.Random, files: Files) -> Files:
    """Change one to three files, mostly annotations; now and then rename or remove one."""
    changed = dict(files)
    annotations = sorted(name for name in files if not name.endswith(IMAGES)) or sorted(files)
    for _ in range(rng.choice([1, 1, 2, 3])):
        name = rng.choice(annotations if rng.random() < 0.9 else sorted(files))
        if name not in changed:
            continue
        for _ in range(rng.choice([1, 1, 1, 2, 5])):
            # of a file that is broken as a whole little is read, so half of them stay what they are
            whole = {"json": change_json, "xml": change_xml}.get(name.rpartition(".")[2])
            mutate = whole if whole and rng.random() < 0.5 else rng.choice(MUTATIONS)
            changed[name] = mutate(rng, changed[name])[:2_000_000]
        if rng.random() < 0.03:
            data = changed.pop(name)
            if rng.random() < 0.5:
                changed[f"{name}.{rng.choice(['bak', 'json', 'xml', 'txt', 'jpg'])}"] = data
    return changed


# ------------------------------------------------------------------ the guard


class TooSlowError(BaseException):
    """A case took more than LIMIT; no Exception, or a decoder's handler would swallow it."""


class Guard:
    """Watches what is opened and started while a case runs."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        self.seen: list[str] = []
        code = (sys.prefix, sys.base_prefix, ROOT / "pipeline")
        self._ours = tuple(os.path.realpath(path) + os.sep for path in (*code, "/usr/lib"))
        sys.addaudithook(self._audit)
        signal.signal(signal.SIGALRM, self._alarm)
        self._since = 0.0
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        """End the process where a function of C never comes back to hear the alarm."""
        while True:
            time.sleep(LIMIT)
            if self.folder is not None and time.monotonic() - self._since > 4 * LIMIT:
                faulthandler.dump_traceback()
                print(f"HANGS: the dataset in {self.folder}", flush=True)
                os._exit(2)

    def _alarm(self, *_: object) -> None:
        raise TooSlowError(f"more than {LIMIT} s")

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.folder is None:
            return
        if event in (
            "subprocess.Popen",
            "os.system",
            "os.exec",
            "os.fork",
            "os.posix_spawn",
            "socket.connect",
        ):
            self.seen.append(f"{event} {arguments!r:.200}")
        elif event == "open" and isinstance(arguments[0], str | bytes):
            path = os.path.realpath(os.fsdecode(arguments[0]))
            writes = (
                arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) if isinstance(arguments[2], int) else 0
            )
            inside = path.startswith(f"{self.folder}{os.sep}")
            if writes or not (inside or path.startswith(self._ours)):
                self.seen.append(f"open {arguments!r:.200}")

    @contextlib.contextmanager
    def __call__(self, folder: Path) -> Iterator[None]:
        self.seen = []
        self.folder = folder.resolve()
        self._since = time.monotonic()
        signal.alarm(LIMIT)
        try:
            yield
        finally:
            signal.alarm(0)
            self.folder = None


# ------------------------------------------------------------------ a case


@dataclass
class Figures:
    """What came out of a format's cases."""

    runs: int = 0
    tables: int = 0
    refusals: int = 0
    failures: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    slowest: tuple[float, int] = (0.0, 0)


@dataclass
class Fuzzer:
    """Runs cases in a folder."""

    folder: Path
    kept: Path
    guard: Guard = field(default_factory=Guard)
    figures: dict[str, Figures] = field(default_factory=dict)
    _sound: dict[tuple[str, int], Files] = field(default_factory=dict)

    def run(self, format: str, seed: int) -> bool:
        """Run a case; say whether it ended as it must."""
        rng = random.Random(f"{format} {seed}")
        files = spoil(rng, self._files(format, rng.randrange(VARIANTS)))
        raw = self.folder / "raw"
        shutil.rmtree(raw, ignore_errors=True)
        for name, data in files.items():
            path = raw / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        figures = self.figures.setdefault(format, Figures())
        start = time.monotonic()
        try:
            self._judge(raw, rng.choice([format, format, "auto"]), figures)
            failed = ""
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            failed = "".join(traceback.format_exception(error))
        figures.runs += 1
        figures.slowest = max(figures.slowest, (time.monotonic() - start, seed))
        if failed:
            figures.failures += 1
            self._keep(raw, format, seed, failed)
        return not failed

    def _files(self, format: str, variant: int) -> Files:
        if (format, variant) not in self._sound:
            self._sound[format, variant] = GENERATORS[format](random.Random(variant))
        return self._sound[format, variant]

    def _judge(self, raw: Path, format: str, figures: Figures) -> None:
        """Read and check a dataset, and look at what comes out.

        Raises:
            AssertionError: the table or the refusal is not what it must be.
        """
        try:
            with self.guard(raw), contextlib.redirect_stdout(io.StringIO()):
                table = read_and_check(raw, format)
        except PipelineError as refusal:
            figures.refusals += 1
            assert str(refusal) and "\n" not in str(refusal), f"not one line: {refusal!r}"
        else:
            figures.tables += 1
            figures.faults.update({issue.fault for issue in table.issues})
            assert_sound(table)
            if figures.tables % 4 == 0:
                assert_rows(table, self.folder / "table")
        assert not self.guard.seen, f"outside of the folder: {self.guard.seen}"

    def _keep(self, raw: Path, format: str, seed: int, said: str) -> None:
        kept = self.kept / f"{format}-{seed}"
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(raw, kept)
        again = f"python tests/fuzz.py --format {format} --seed {seed}"
        print(f"FAILED: {again}; its files are in {kept}\n{said}", flush=True)


def read_and_check(raw: Path, format: str) -> AnnotationTable:
    """Do what ``inspect`` does."""
    dataset = PARAMS.dataset.model_copy(update={"format": format})
    with Workers(1) as workers:
        folder = DatasetFolder(raw)
        table = read_dataset(folder, dataset, PARAMS.convert, seed=PARAMS.seed, workers=workers)
        table = check_images(raw, table, PARAMS.convert, workers, None)
    table = with_issues(table, class_issues(table, PARAMS.convert.checks))
    if reason := reason_to_refuse(table, PARAMS.convert):
        assert "\n" not in reason and "\r" not in reason, f"not one line: {reason!r}"
    return table


def assert_sound(table: AnnotationTable) -> None:
    """Hold a table to its own description."""
    assert {issue.fault for issue in table.issues} <= set(FAULTS)
    assert all(issue.detail and issue.action for issue in table.issues)
    images, objects = table.images, table.objects
    assert images["file"].is_unique and set(images["split"]) <= set(SPLITS)
    assert objects["label"].between(1, len(table.class_names)).all()
    assert all(name == " ".join(name.split()) and name.encode() for name in table.class_names)
    sizes = images.set_index("id").loc[objects["image_id"], ["width", "height"]].to_numpy()
    boxes = objects[BOX].to_numpy()
    whole = np.isnan(boxes).all(axis=1)
    low, high = boxes[~whole, :2], boxes[~whole, 2:]
    assert (low >= 0).all() and (low < high).all() and (high <= sizes[~whole]).all()
    area = objects["area"].to_numpy()
    assert (np.isfinite(area[~whole]) & (area[~whole] >= 0)).all()


def assert_rows(table: AnnotationTable, folder: Path) -> None:
    """Write a table, and hold it to what is read back."""
    folder.mkdir(exist_ok=True)
    write_table(table, folder)
    for name, rows in {"images": table.images, "objects": table.objects, "issues": table.issues}.items():
        assert len(pd.read_csv(folder / f"{name}.csv", keep_default_na=False)) == len(rows), name
    assert len((folder / "labels.txt").read_text(encoding="utf-8").splitlines()) == len(table.class_names)


# ------------------------------------------------------------------ from the command line


def report(figures: dict[str, Figures]) -> None:
    for format, of in figures.items():
        seconds, seed = of.slowest
        print(
            f"{format}: {of.runs} runs, {of.tables} tables, {of.refusals} refusals, {of.failures} failures; "
            f"slowest {seconds:.2f} s (seed {seed})"
        )
        print(f"  faults: {', '.join(f'{name} {count}' for name, count in of.faults.most_common())}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--format", choices=sorted(GENERATORS), help="this one alone")
    parser.add_argument("--seed", type=int, help="this case alone")
    parser.add_argument("--first", type=int, default=0, metavar="SEED", help="begin with this case")
    parser.add_argument(
        "--kept", type=Path, default=Path(tempfile.gettempdir()) / "fuzz", help="for what failed"
    )
    options = parser.parse_args()
    formats = [options.format] if options.format else sorted(set(FORMATS) & set(GENERATORS))
    with tempfile.TemporaryDirectory() as folder:
        fuzzer = Fuzzer(Path(folder), options.kept)
        if options.seed is not None:
            for format in formats:
                fuzzer.run(format, options.seed)
                shutil.copytree(
                    Path(folder) / "raw", options.kept / f"{format}-{options.seed}", dirs_exist_ok=True
                )
        else:
            end, seed = time.monotonic() + options.seconds, options.first
            while time.monotonic() < end:
                for format in formats:
                    fuzzer.run(format, seed)
                seed += 1
        report(fuzzer.figures)
    sys.exit(any(of.failures for of in fuzzer.figures.values()))


if __name__ == "__main__":
    main()
