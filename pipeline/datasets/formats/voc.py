"""Pascal VOC: an XML file an image, and the splits as lists of names.

The folders may be named as in VOC (``JPEGImages``, ``Annotations``, ``ImageSets/Main``, also for several
years below ``VOCdevkit``) or otherwise (``images``, ``annotations``): images are found by name.

VOC counts pixels from 1 and its corners belong to the box. They are taken as they are, as continuous
coordinates with width = xmax − xmin. So do the TF Object Detection API, Model Garden and the common
evaluation tools; a box is then up to one pixel smaller than VOC's own, and figures stay comparable with
everybody's.
"""

import posixpath
from math import nan
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

import defusedxml.ElementTree
from defusedxml import DefusedXmlException

from pipeline.datasets.folder import DatasetFolder, OutsideFolderError
from pipeline.datasets.table import AnnotationTable, Issue, TableBuilder

# Files that matches() looks into; a folder of another format may hold a stray XML file or two.
_PEEKED_FILES = 20
_SPLITS = {"trainval": "train", "train": "train", "val": "val", "test": "test"}


def matches(folder: DatasetFolder) -> bool:
    """Say whether one of the first XML files holds an ``<annotation>``."""
    return any(_is_annotation(folder.root / file) for file in folder.with_suffix(".xml")[:_PEEKED_FILES])


def _is_annotation(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(4096)
    return b"<annotation>" in head or b"<annotation " in head


def read(folder: DatasetFolder) -> AnnotationTable:
    """Read each XML file whose outermost element is ``<annotation>``.

    Class names are sorted. Of the split lists those called train, val, trainval and test count, not those of
    single classes; an image in trainval only is for training. An image file without XML file is left out.
    """
    lists = _SplitLists(folder)
    builder = TableBuilder()
    for file in folder.with_suffix(".xml"):
        annotation = _parse(folder, file, builder.issues)
        if annotation is None:
            continue
        image = _image(folder, file, annotation, builder.issues)
        if image is not None:
            width, height = (_integer(annotation.findtext(f"size/{side}")) for side in ("width", "height"))
            _add_objects(builder, builder.image(image, width, height, lists.split(file)), image, annotation)
    return builder.build(sort_classes=True)


def _parse(folder: DatasetFolder, file: str, issues: list[Issue]) -> Element | None:
    """Parse one XML file; None for one that is of another format, or broken, which is then an issue."""
    try:
        root = defusedxml.ElementTree.parse(folder.root / file, forbid_dtd=False).getroot()
    except (
        ParseError,
        DefusedXmlException,
        ValueError,
        LookupError,
    ) as error:  # the last for unknown encodings
        fault = "it declares entities, which are never expanded" if _is_hostile(error) else str(error)
        issues.append(Issue(file, None, "unreadable-annotation", fault, "image left out"))
        return None
    return root if root is not None and root.tag == "annotation" else None


def _is_hostile(error: Exception) -> bool:
    return isinstance(error, DefusedXmlException)


def _image(folder: DatasetFolder, file: str, annotation: Element, issues: list[Issue]) -> str | None:
    """Find the image of an XML file: the one of the same name, as VOC has it, else the one it names."""
    stem = posixpath.splitext(posixpath.basename(file))[0]
    if image := folder.find_image_by_stem(stem, annotation=file):
        return image
    name = annotation.findtext("filename") or ""
    try:
        if name.strip() and (image := folder.find_image(name, annotation=file)):
            return image
    except OutsideFolderError:
        detail = f"it names {name!r}, outside the dataset's folder"
        issues.append(Issue(file, None, "path-outside-folder", detail, "image left out"))
        return None
    detail = f"neither an image called {stem} nor {name!r} is there"
    issues.append(Issue(file, None, "missing-image", detail, "image left out"))
    return None


def _add_objects(builder: TableBuilder, row: int, image: str, annotation: Element) -> None:
    for index, element in enumerate(annotation.iterfind("object")):
        name = (element.findtext("name") or "").strip()
        if not name:
            builder.issues.append(
                Issue(image, index, "unknown-class", "the object has no name", "object dropped")
            )
            continue
        try:
            box = _box(element.find("bndbox"))
        except ValueError as error:
            builder.issues.append(Issue(image, index, "box-unreadable", str(error), "object dropped"))
            continue
        difficult = _integer(element.findtext("difficult")) > 0
        builder.object(row, index, builder.label(name), box, difficult=difficult)


def _box(element: Element | None) -> tuple[float, float, float, float]:
    """Return xmin, ymin, xmax, ymax as they stand; NaN for a label of the whole image, without box."""
    if element is None:
        return nan, nan, nan, nan
    texts = [element.findtext(corner) for corner in ("xmin", "ymin", "xmax", "ymax")]
    try:
        xmin, ymin, xmax, ymax = (float(text or "") for text in texts)
    except ValueError:
        raise ValueError(f"its corners are {texts}") from None
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
        self._lists: dict[str, dict[str, str]] = {}
        for name, split in _SPLITS.items():  # trainval first, so that train and val overrule it
            for file in folder.with_suffix(f"imagesets/main/{name}.txt"):
                root = file[: -len(f"/ImageSets/Main/{name}.txt")]
                names = (folder.root / file).read_text(encoding="utf-8", errors="replace").splitlines()
                listed = self._lists.setdefault(root, {})
                # a line may go on with a flag, as those of single classes do
                listed.update(
                    (posixpath.splitext(line.split()[0])[0], split) for line in names if line.strip()
                )

    def split(self, file: str) -> str:
        """Return the split of an annotation file's image: "" without lists, "unlisted" if none names it."""
        if not self._lists:
            return ""
        stem = posixpath.splitext(posixpath.basename(file))[0]
        root = posixpath.dirname(posixpath.dirname(file))
        if root not in self._lists and len(self._lists) > 1:
            return ""
        listed = self._lists.get(root) or next(iter(self._lists.values()))
        return listed.get(stem, "unlisted")
