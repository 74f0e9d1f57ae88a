"""Pascal VOC: an XML file an image, and the splits as lists of names.

The folders may be named as in VOC (``JPEGImages``, ``Annotations``, ``ImageSets/Main``, also for several
years below ``VOCdevkit``) or otherwise (``images``, ``annotations``): images are found by name.

VOC counts pixels from 1 and its corners belong to the box. They are taken as they are, as continuous
coordinates with width = xmax − xmin. So do the TF Object Detection API, Model Garden and the common
evaluation tools; a box is then up to one pixel smaller than VOC's own, and figures stay comparable with
everybody's.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator
from math import degrees, isnan, nan
from pathlib import Path
from xml.etree.ElementTree import Element

from pipeline.datasets.formats.shared.annotated_image import (
    AnnotatedImage,
    AnnotatedObject,
    add_all,
    left_out,
    parse_files,
)
from pipeline.datasets.formats.shared.extents import Box, of_points, of_rotated
from pipeline.datasets.formats.shared.split_words import splits_of_folders
from pipeline.datasets.raw.folder import IMAGE_SUFFIXES, DatasetFolder
from pipeline.datasets.raw.safe_xml import parse_xml
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.builder import TableBuilder
from pipeline.datasets.table.faults import Issue
from pipeline.params.dataset import DatasetFormat
from pipeline.workers import Workers

TITLE = "Pascal VOC (.xml with an <annotation>)"
# Files that matches() looks into; a folder of another format may hold a stray XML file or two.
_PEEKED_FILES = 20
_WHOLE_IMAGE = (nan, nan, nan, nan)
_SHOWN = 40  # letters of a corner that is no number
_FLAG = re.compile(r"\s+-?[01]\s*$")  # after a name in the lists of single classes
# trainval last: it counts for images that the others do not name
_SPLITS = {
    "train": "train",
    "val": "val",
    "validation": "val",
    "valid": "val",
    "test": "test",
    "trainval": "train",
}


def matches(folder: DatasetFolder) -> bool:
    """Say whether one of the first XML files holds an ``<annotation>``."""
    return any(_is_annotation(folder.root / file) for file in folder.with_suffix(".xml")[:_PEEKED_FILES])


def _is_annotation(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(4096)
    return b"<annotation>" in head or b"<annotation " in head


def read(folder: DatasetFolder, dataset: DatasetFormat, workers: Workers) -> AnnotationTable:
    """Read each XML file whose outermost element is ``<annotation>``.

    Class names are sorted. Of the split lists those called train, val, trainval and test count, not those of
    single classes; an image in trainval only is for training. Without lists the files' folders may say the split.
    """
    lists, files = _SplitLists(folder), folder.with_suffix(".xml")
    folders = splits_of_folders(files)
    builder = TableBuilder()
    found = parse_files(folder, files, parse, workers)
    add_all(builder, folder, (each for image in found for each in _listed(image, lists, folders)))
    return builder.build(sort_classes=True)


def _listed(
    image: AnnotatedImage | Issue, lists: "_SplitLists", folders: dict[str, str]
) -> Iterator[AnnotatedImage | Issue]:
    """Yield an image with its split; of one in several, once more without objects for each further one."""
    if isinstance(image, Issue):
        yield image
        return
    splits = lists.splits(image.annotation)
    yield image._replace(split=splits[0] or folders[image.annotation])
    for split in splits[1:]:
        yield image._replace(split=split, objects=(), faults=())


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
            if _integer(element.findtext("deleted")) > 0:  # LabelMe 3.0 keeps them
                continue
            box = _box(element) if name.strip() else _WHOLE_IMAGE
        except ValueError as error:
            faults.append(left_out(index, error))
            continue
        difficult = _integer(element.findtext("difficult")) > 0
        objects.append(AnnotatedObject(index, name, box, difficult))
    names = _image_names(file, annotation.findtext("filename") or "")
    return AnnotatedImage(file, names, width, height, tuple(objects), tuple(faults))


def _image_names(file: str, said: str) -> tuple[str, ...]:
    """Put the XML file's own name first, unless the one in it agrees and names a folder too."""
    stem = posixpath.splitext(posixpath.basename(file))[0]
    folder, name = posixpath.split(said)
    return (said, stem) if folder and posixpath.splitext(name)[0] == stem else (stem, said)


def _box(thing: Element) -> Box:
    """Return xmin, ymin, xmax, ymax as they stand; NaN for a label of the whole image, without box.

    roLabelImg has a box and its angle in radians, LabelMe 3.0 points; CVAT gives the angle of a box, in degrees, as
    an attribute.
    """
    if (box := thing.find("bndbox")) is not None:
        xmin, ymin, xmax, ymax = _numbers(box, ("xmin", "ymin", "xmax", "ymax"))
        return of_rotated((xmin, ymin, xmax, ymax), _rotation(thing), ((xmin + xmax) / 2, (ymin + ymax) / 2))
    if (box := thing.find("robndbox")) is not None:
        x, y, width, height, angle = _numbers(box, ("cx", "cy", "w", "h", "angle"))
        corners = x - width / 2, y - height / 2, x + width / 2, y + height / 2
        return of_rotated(corners, degrees(angle), (x, y))
    if (outline := thing.find("polygon")) is not None:
        return of_points([(point.findtext("x"), point.findtext("y")) for point in outline.iterfind("pt")])
    return _WHOLE_IMAGE


def _numbers(element: Element, names: tuple[str, ...]) -> tuple[float, ...]:
    texts = [element.findtext(name) for name in names]
    try:
        numbers = tuple(float(text or "") for text in texts)
    except ValueError:
        numbers = (nan,)
    if isnan(sum(numbers)):  # of NaN a label of the whole image would be made
        raise ValueError(f"its corners are {[text and text[:_SHOWN] for text in texts]}")
    return numbers


def _rotation(thing: Element) -> float:
    for attribute in thing.iterfind("attributes/attribute"):
        if attribute.findtext("name") == "rotation":
            return _numbers(attribute, ("value",))[0]
    return 0.0


def _integer(text: str | None) -> int:
    """Return the number in ``text``, or 0 where there is none."""
    try:
        return int(float(text or 0))
    except (ValueError, OverflowError):
        return 0


def _stem(name: str) -> str:
    """Leave out the suffix, which lists should not have; what follows another dot belongs to the name."""
    stem, suffix = posixpath.splitext(name.strip())
    return stem if suffix.lower() in IMAGE_SUFFIXES else name.strip()


class _SplitLists:
    """The lists of ``ImageSets/Main``, for the annotation folder that each stands beside."""

    def __init__(self, folder: DatasetFolder) -> None:
        self._lists: dict[str, dict[str, list[str]]] = {}
        for name, split in _SPLITS.items():
            for file in folder.with_suffix(f"imagesets/main/{name}.txt"):
                root = file[: -len(f"/ImageSets/Main/{name}.txt")]
                lines = (folder.root / file).read_text(encoding="utf-8-sig", errors="replace").splitlines()
                listed = self._lists.setdefault(root, {})
                for stem in {_stem(said) for line in lines for said in (line, _FLAG.sub("", line))}:
                    splits = listed.setdefault(stem, [])
                    if split not in splits and not (name == "trainval" and splits):
                        splits.append(split)
        # disks that do not mind the case of letters allow lists that do not either
        self._in_other_case = {root: _folded(listed) for root, listed in self._lists.items()}

    def splits(self, file: str) -> list[str]:
        """Return the splits of an annotation file's image: "" without lists, "unlisted" if none names it."""
        if not self._lists:
            return [""]
        parts = posixpath.splitext(file)[0].split("/")
        roots = [root for root in ("/".join(parts[:end]) for end in range(len(parts))) if root in self._lists]
        if not roots and len(self._lists) > 1:
            return [""]
        root = roots[-1] if roots else next(iter(self._lists))
        listed = self._lists[root]
        # lists name images below a folder of annotations by their paths
        names = ["/".join(parts[start:]) for start in range(len(parts))]
        names += [other for name in names if (other := self._in_other_case[root].get(name.lower()))]
        return next((listed[name] for name in names if name in listed), ["unlisted"])


def _folded(names: Iterable[str]) -> dict[str, str]:
    """Return each name by its lower case, but for those that share it."""
    folded: dict[str, str] = {}
    for name in names:
        folded[name.lower()] = "" if name.lower() in folded else name
    return folded
