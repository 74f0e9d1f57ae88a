"""Finds the names that an image may have from the URL by which a labelling tool knows it."""

import posixpath
import re
from urllib.parse import unquote, urlsplit

_UPLOAD_PREFIX = re.compile(r"[0-9a-f]{8}-(?=.)")


def image_names(url: str) -> tuple[str, ...]:
    """Return possible names of a URL's image in the dataset, the likeliest first.

    Args:
        url: A URL such as ``/data/upload/1/0123abcd-name.jpg``, ``/data/local-files/?d=path/name.jpg`` or
            ``s3://bucket/path/name.jpg``. A "data:" URL has no names.
    """
    try:
        parts = urlsplit(url)
    except ValueError:  # for example, a bracket in the host is not closed
        return (url,)
    if parts.scheme == "data":
        return ()
    local = re.search(r"(?:^|&)d=([^&]*)", parts.query)
    path = (local[1] if local else parts.path).lstrip("/")
    name = posixpath.basename(unquote(path))
    stripped = _UPLOAD_PREFIX.sub("", name, count=1) if _UPLOAD_PREFIX.match(name) else name
    return tuple(dict.fromkeys((unquote(path), path, stripped)))
