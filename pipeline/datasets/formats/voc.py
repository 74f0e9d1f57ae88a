"""Pascal VOC: an XML file an image, and the splits as lists of names.

The folders may be named as in VOC (``JPEGImages``, ``Annotations``, ``ImageSets/Main``, also for several
years below ``VOCdevkit``) or otherwise (``images``, ``annotations``): images are found by name.

VOC counts pixels from 1 and its corners belong to the box. They are taken as they are, as continuous
coordinates with width = xmax − xmin. So do the TF Object Detection API, Model Garden and the common
evaluation tools; a box is then up to one pixel smaller than VOC's own, and figures stay comparable with
everybody's.
"""

import posixpath
from collections.abc import Iterator
from math import isnan, nan
from pathlib import Path
from xml.etree.ElementTree import Element

from pipeline.datasets.folder import DatasetFolder
from pipeline.datasets.formats.annotated_image import (
    AnnotatedImage,
    AnnotatedObject,
    ObjectFault,
    add_all,
    parse_files,
)
from pipeline.datasets.formats.xml import parse_xml
from pipeline.datasets.table import AnnotationTable, Issue, TableBuilder
from pipeline.datasets.workers import Workers
from pipeline.params import Dataset

TITLE = "Pascal VOC (.xml with an <annotation>)"
# Files that matches() looks into; a folder of another format may hold a stray XML file or two.
_PEEKED_FILES = 20
_SHOWN = 40  # letters of a corner that is no number
# trainval first, so that train and val overrule it
_SPLITS = {"trainval": "train", "train": "train", "val": "val", "test": "test"}


def matches(folder: DatasetFolder) -> bool:
    """Say whether one of the first XML files holds an ``<annotation>``."""
    return any(_is_annotation(folder.root / file) for file in folder.with_suffix(".xml")[:_PEEKED_FILES])


def _is_annotation(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(4096)
    return b"<annotation>" in head or b"<annotation " in head


def read(folder: DatasetFolder, dataset: Dataset, workers: Workers) -> AnnotationTable:
    """Read each XML file whose outermost element is ``<annotation>``.

    Class names are sorted. Of the split lists those called train, val, trainval and test count, not those of
    single classes; an image in trainval only is for training. An image file without XML file is left out.
    """
    lists = _SplitLists(folder)
    builder = TableBuilder()
    found = parse_files(folder, folder.with_suffix(".xml"), parse, workers)
    listed = (image if isinstance(image, Issue) else lists.settle(image) for image in found)
    add_all(builder, folder, listed)
    return builder.build(sort_classes=True)


def parse(root: Path, file: str) -> AnnotatedImage | None:
    """Read one XML file; its image is the one of the same name, as VOC has it, else the one it names."""
    annotation = parse_xml((root / file).read_bytes())
    if annotation.tag != "annotation":
        return None
    size = annotation.find("size")
    width, height = (
        (0, 0) if size is None else (_integer(size.findtext(side)) for side in ("width", "height"))
    )
    objects, faults = [], []
    for index, element in enumerate(annotation.iterfind("object")):
        name = element.findtext("name") or ""
        try:
            box = _box(element.find("bndbox") if name.strip() else None)
        except ValueError as error:
            faults.append(ObjectFault(index, "box-unreadable", str(error), "object dropped"))
            continue
        difficult = _integer(element.findtext("difficult")) > 0
        objects.append(AnnotatedObject(index, name, box, difficult))
    names = (posixpath.splitext(posixpath.basename(file))[0], annotation.findtext("filename") or "")
    return AnnotatedImage(file, names, width, height, tuple(objects), tuple(faults))


def _box(element: Element | None) -> tuple[float, float, float, float]:
    """Return xmin, ymin, xmax, ymax as they stand; NaN for a label of the whole image, without box."""
    if element is None:
        return nan, nan, nan, nan
    texts = [element.findtext(corner) for corner in ("xmin", "ymin", "xmax", "ymax")]
    try:
        xmin, ymin, xmax, ymax = (float(text or "") for text in texts)
    except ValueError:
        xmin = ymin = xmax = ymax = nan
    if isnan(xmin + ymin + xmax + ymax):  # of NaN a label of the whole image would be made
        raise ValueError(f"its corners are {[text and text[:_SHOWN] for text in texts]}")
    return xmin, ymin, xmax, ymax


def _integer(text: str | None) -> int:
    """Return the number in ``text``, or 0 where there is none."""
    try:
        return int(float(text or 0))
    except (ValueError, OverflowError):
        return 0


class _SplitLists:
    """The lists of ``ImageSets/Main``, for the annotation folder that each stands beside."""

    def __init__(self, folder: DatasetFolder) -> None:
        self._lists: dict[str, dict[str, list[str]]] = {}  # root: stem: the lists that name it
        for name in _SPLITS:
            for file in folder.with_suffix(f"imagesets/main/{name}.txt"):
                root = file[: -len(f"/ImageSets/Main/{name}.txt")]
                listed = self._lists.setdefault(root, {})
                for stem in _listed(folder.root / file):
                    others = [each for each in listed.get(stem, ()) if each not in (name, "trainval")]
                    # a test image in trainval is in two splits; train and val only say more than trainval
                    both = ["trainval"] if name == "test" and listed.get(stem) == ["trainval"] else []
                    listed[stem] = [*both, *others, name]

    def settle(self, image: AnnotatedImage) -> AnnotatedImage:
        """Give an image its split: "" without lists, "unlisted" if none names it, of several the last."""
        listed = self._beside(image.annotation)
        if listed is None:
            return image
        stem = posixpath.splitext(posixpath.basename(image.annotation))[0]
        names = listed.get(stem, [])
        split = _SPLITS[names[-1]] if names else "unlisted"
        if len(names) > 1:
            detail = f"the lists {' and '.join(names)} all name it"
            fault = ObjectFault(None, "image-in-two-splits", detail, f"kept in {split} only")
            image = image._replace(faults=(*image.faults, fault))
        return image._replace(split=split)

    def _beside(self, annotation: str) -> dict[str, list[str]] | None:
        """Return the lists that count for an annotation file; None for none."""
        root = posixpath.dirname(posixpath.dirname(annotation))
        if not self._lists or (root not in self._lists and len(self._lists) > 1):
            return None
        return self._lists.get(root) or next(iter(self._lists.values()))


def _listed(path: Path) -> Iterator[str]:
    """Yield the stems of a list; a line may go on with a flag, as those of single classes do."""
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.strip():
            yield posixpath.splitext(line.split()[0])[0]
