"""The worst images: those with the gravest and most faults, pictured on a contact sheet."""

import io
from collections import Counter, defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from pipeline.commands.inspect.annotated import Annotated, annotated_image
from pipeline.commands.inspect.finding import Finding, Inspection
from pipeline.datasets.table.faults import FAULTS, Fault
from pipeline.embedding.contact_sheet import DrawnBox, Item, write_contact_sheet
from pipeline.reporting.thumbnails import thumbnail

WORST = 10
"""So many images are shown."""

COLUMNS, CELL, LINES = 5, 300, 3


class BadImage(NamedTuple):
    """An image and its faults."""

    file: str
    faults: list[Fault]

    @property
    def badness(self) -> tuple[int, int]:
        """The number of faults that cost data, and the number of all faults."""
        return sum(FAULTS[fault.name] for fault in self.faults), len(self.faults)

    @property
    def counts(self) -> dict[str, int]:
        """The number of faults of each kind, the grave kinds first, then the frequent ones."""
        counts = Counter(fault.name for fault in self.faults)
        return dict(sorted(counts.items(), key=lambda pair: (not FAULTS[pair[0]], -pair[1], pair[0])))


def worst_images(inspection: Inspection) -> list[BadImage]:
    """Return at most ten images with faults, the worst first. Faults of files that are no images do not count."""
    faults: defaultdict[str, list[Fault]] = defaultdict(list)
    known = set(inspection.given.images["file"])
    for file, fault in inspection.checked.issues:
        if file in known:
            faults[file].append(fault)
    bad = [BadImage(file, of_file) for file, of_file in faults.items()]
    return sorted(bad, key=lambda image: (*(-number for number in image.badness), image.file))[:WORST]


def picture_worst(inspection: Inspection, sheet: Path) -> Finding:
    """Write the contact sheet, and return which images are on it. Nothing is written if no image has a fault.

    Args:
        sheet: The PNG to write.
    """
    images = worst_images(inspection)
    value = [{"file": image.file, "faults": image.counts} for image in images]
    if not images:
        return Finding("worst_images", {"sheet": None, "images": value}, [])
    write_contact_sheet(
        [_item(image, inspection) for image in images], COLUMNS, sheet, cell=CELL, lines=LINES
    )
    number = "worst image" if len(images) == 1 else f"{len(images)} worst images"
    line = f"pictures: the {number} with boxes and faults: {sheet}"
    return Finding("worst_images", {"sheet": str(sheet), "images": value}, [line])


def _item(image: BadImage, inspection: Inspection) -> Item:
    annotated = annotated_image(
        inspection.path, image.file, inspection.given, {fault.name for fault in image.faults}
    )
    named = [f"{count} × {name}" if count > 1 else name for name, count in image.counts.items()]
    lines = [image.file, *named[: LINES - 2], ", ".join(named[LINES - 2 :])]
    return Item(
        thumbnail(annotated.encoded, CELL),
        None,
        "\n".join(" ".join(line.split()) for line in lines),
        _boxes(annotated, {fault.object for fault in image.faults}),
    )


def _boxes(annotated: Annotated, faulty: set[int | None]) -> tuple[DrawnBox, ...]:
    """Return the boxes as shares of the upright image. Boxes that are no numbers are left out.

    Args:
        faulty: The indices of the objects with a fault.
    """
    sides = np.ones(2) if annotated.normalised else np.array(_upright_size(annotated.encoded), float)
    shares = annotated.boxes / np.tile(sides, 2)
    return tuple(
        DrawnBox((xmin, ymin, xmax, ymax), int(number) in faulty)
        for (xmin, ymin, xmax, ymax), number in zip(shares.tolist(), annotated.numbers, strict=True)
        if np.isfinite([xmin, ymin, xmax, ymax]).all()
    )


def _upright_size(encoded: bytes) -> tuple[int, int]:
    """Return width and height of the upright image, px; 1 if it cannot be read."""
    try:
        with Image.open(io.BytesIO(encoded)) as image:
            turned = image.getexif().get(0x0112, 1) >= 5  # the EXIF tag of the orientation
            return image.size[::-1] if turned else image.size
    except Exception:  # Pillow's readers raise many kinds of error on damaged bytes
        return 1, 1
