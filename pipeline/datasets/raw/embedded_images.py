"""Images within JSON files, in base64: the member ``imageData`` of LabelMe's."""

import base64
import re
from pathlib import Path

from pipeline.datasets.raw.safe_json import parse_json

JSON_FILE = re.compile(r"\.json$", re.IGNORECASE)


def read_embedded_image(container: Path, member: str) -> bytes:
    """Return the encoded image that the file's outermost object has as ``member``.

    Raises:
        OSError: the file cannot be read, or holds no such image.
    """
    try:
        contents = parse_json(container.read_bytes())
        return base64.b64decode(contents[member])
    except (ValueError, TypeError, KeyError) as error:
        raise OSError(f"{member} is no image in base64: {error}") from None
