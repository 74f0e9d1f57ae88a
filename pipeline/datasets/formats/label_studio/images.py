"""Says which image of a Label Studio task a result is of.

A result names the object tag of the labelling interface that it is of, in ``to_name``. The interface is not in the
export. The tag is usually named like the key of the task's data that has the image, and a task usually has one image.
"""

import posixpath
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from pipeline.datasets.raw.folder import IMAGE_SUFFIXES
from pipeline.datasets.table.faults import Action, Fault

_NO_FAULT = Fault(None, "annotation-without-image", "", Action.DROP)


class ImageResults(NamedTuple):
    """The results of one image of a task.

    Attributes:
        url: The image's URL; None if it is unknown.
        results: The results of the image.
        fault: What is wrong if the image is unknown.
    """

    url: str | None
    results: list[dict[str, Any]]
    fault: Fault = _NO_FAULT


def results_by_image(data: dict[str, Any], results: list[dict[str, Any]]) -> list[ImageResults]:
    """Group the results of a task by image. A task without results has its first image."""
    images = {key: value for key, value in data.items() if isinstance(value, str) and _is_image(value)}
    names = {str(result["to_name"]) for result in results if result.get("to_name")}
    if len(images) < 2 or not names:
        return [ImageResults(_url(data), results)]
    if len(names) == 1 and not names & images.keys():
        return [ImageResults(_url(data), results)]
    groups: dict[str, list[dict[str, Any]]] = {}
    for result in results:
        if name := result.get("to_name"):  # a relation between results is of no image
            groups.setdefault(str(name), []).append(result)
    return [
        ImageResults(images[name], group) if name in images else _unknown(name, group, images)
        for name, group in groups.items()
    ]


def _unknown(name: str, group: list[dict[str, Any]], images: dict[str, str]) -> ImageResults:
    detail = f"{len(group)} results are of {name!r}, which is none of the task's images {', '.join(images)}"[
        :200
    ]
    fault = Fault(None, "annotation-without-image", detail, Action.DROP, "objects dropped")
    return ImageResults(None, group, fault)


def _is_image(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:  # for example, a bracket in the host is not closed
        return False
    return any(posixpath.splitext(part)[1].lower() in IMAGE_SUFFIXES for part in (parts.path, parts.query))


def _url(data: dict[str, Any]) -> str:
    """Return the image's URL: the value of ``image``, else the first value with a suffix of images, else ""."""
    texts = [text for text in (data.get("image"), *data.values()) if isinstance(text, str)]
    urls = (text for text in texts if posixpath.splitext(text)[1].lower() in IMAGE_SUFFIXES)
    return texts[0] if isinstance(data.get("image"), str) else next(urls, "")
