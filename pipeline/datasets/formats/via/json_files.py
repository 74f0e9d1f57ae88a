"""Parses the JSON files of the VGG Image Annotator: projects and exported annotations of the versions 1, 2 and 3."""

from collections import defaultdict
from typing import Any

from pipeline.datasets.formats.via.regions import Entry, Region, values_of
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.raw.safe_json import parse_json
from pipeline.datasets.raw.unreadable import UnreadableAnnotationError
from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.errors import PipelineError

_SHOWN = 80  # characters of wrong input that a message quotes

_CHECKBOX = 2  # the type of an attribute in version 3 of which several options can be ticked

# The shape of each number in version 3, and the keys of its coordinates. Polygons have any number of them.
_SHAPES: dict[Any, tuple[str, tuple[str, ...]]] = {
    1: ("point", ("cx", "cy")),
    2: ("rect", ("x", "y", "width", "height")),
    3: ("circle", ("cx", "cy", "r")),
    4: ("ellipse", ("cx", "cy", "rx", "ry")),
    5: ("line", ()),
    6: ("polyline", ()),
    7: ("polygon", ()),
    8: ("four edges", ()),  # of a box, with a point on each
    9: ("circle by three points", ()),
}


def is_via(text: bytes) -> bool:
    """Return whether a part of a JSON file looks like a project or an export of the VGG Image Annotator."""
    return (
        b'"shape_attributes"' in text
        or b'"_via_img_metadata"' in text
        or (b'"vid_list"' in text and b'"fid_list"' in text)
    )


def json_entries(folder: DatasetFolder, file: str, issues: list[Issue]) -> list[Entry]:
    """Return the images of a file. List the issues of entries that cannot be used.

    Raises:
        PipelineError: The file is not JSON, or is not of the VGG Image Annotator.
    """
    try:
        contents = parse_json((folder.root / file).read_bytes())
    except (UnreadableAnnotationError, OSError) as error:
        raise PipelineError(f"{folder.root / file}: {error}; repair or replace the file") from None
    if not isinstance(contents, dict):
        raise PipelineError(
            f"{folder.root / file}: it holds no images of the VGG Image Annotator; remove the file"
        )
    if "file" in contents and "view" in contents:
        return _of_version_3(file, contents, issues)
    images = contents.get("_via_img_metadata", contents)
    entries = []
    for key, image in images.items() if isinstance(images, dict) else ():
        name = image.get("filename") if isinstance(image, dict) else None
        if isinstance(name, str):
            entries.append(Entry(file, name, _regions(file, name, image.get("regions"), issues)))
        elif not key.startswith("_via"):
            issues.append(_unusable(file, f"the image {key[:_SHOWN]!r} has no filename"))
    return entries


def _unusable(file: str, detail: str) -> Issue:
    return Issue(file, Fault(None, "unreadable-annotation", detail, Action.DROP))


def _regions(file: str, name: str, regions: Any, issues: list[Issue]) -> list[Region]:
    """Return the regions of an image: a list in version 2, and an object with numbers as keys in version 1."""
    if isinstance(regions, dict):
        regions = list(regions.values())
    if not isinstance(regions, list):
        issues.append(_unusable(file, f"the regions of {name[:_SHOWN]!r} are {str(regions)[:_SHOWN]}"))
        return []
    found = [region if isinstance(region, dict) else {"shape_attributes": region} for region in regions]
    return [
        Region(region.get("shape_attributes"), values_of(region.get("region_attributes"))) for region in found
    ]


def _of_version_3(file: str, contents: dict[str, Any], issues: list[Issue]) -> list[Entry]:
    """Return the images of a project of version 3: its files, which views show, to which metadata belong."""
    files, views, attributes, metadata = (
        value if isinstance(value := contents.get(key), dict) else {}
        for key in ("file", "view", "attribute", "metadata")
    )
    regions = defaultdict[str, list[Region]](list)
    for key, region in metadata.items():
        view = str(region.get("vid")) if isinstance(region, dict) else ""
        if view not in views:
            issues.append(_unusable(file, f"the metadata {key[:_SHOWN]!r} are of no view"))
        elif region.get("xy"):  # others are about the whole file
            regions[view].append(Region(_shape(region["xy"]), _values(region.get("av"), attributes)))
    entries = []
    for key, view in views.items():
        name = _name_in_view(view, files)
        if name:
            entries.append(Entry(file, name, regions[key]))
        else:
            issues.append(_unusable(file, f"the view {key[:_SHOWN]!r} does not show one file"))
    return entries


def _name_in_view(view: Any, files: dict[str, Any]) -> str:
    """Return the name of the file that a view shows; "" if it shows none or several."""
    shown = view.get("fid_list") if isinstance(view, dict) else None
    described = files.get(str(shown[0])) if isinstance(shown, list) and len(shown) == 1 else None
    if not isinstance(described, dict):
        return ""
    names = (described.get(key) for key in ("fname", "src"))
    return next((name for name in names if isinstance(name, str) and name), "")


def _shape(coordinates: Any) -> Any:
    """Return the shape of version 3 as version 2 has it: a number for its kind is first, then the coordinates."""
    if not isinstance(coordinates, list):
        return coordinates
    number, *values = coordinates
    kind, keys = _SHAPES.get(number if isinstance(number, int) else None, (f"number {number}", ()))
    points = {"all_points_x": values[::2], "all_points_y": values[1::2]}
    return {"name": kind, **points, **dict(zip(keys, values, strict=False))}


def _values(given: Any, attributes: dict[str, Any]) -> dict[str, list[str]]:
    """Return the values of each attribute by its name. Numbers of options are replaced by the texts of the options."""
    found: dict[str, list[str]] = {}
    for key, (value, *_) in values_of(given).items():
        described = attributes.get(key)
        attribute = described if isinstance(described, dict) else {}
        options = attribute.get("options")
        options = options if isinstance(options, dict) else {}
        texts = value.split(",") if attribute.get("type") == _CHECKBOX else [value]
        name = attribute.get("aname")
        name = name if isinstance(name, str) and name else key
        found[name] = [str(options.get(text, text)).strip() for text in texts if text]
    return {name: texts for name, texts in found.items() if any(texts)}
