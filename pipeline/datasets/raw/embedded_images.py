"""Images that are stored in JSON files in base64, as LabelMe stores them in the member ``imageData``."""

import base64
import re
from pathlib import Path

from pipeline.datasets.raw.safe_json import parse_json

JSON_FILE = re.compile(r"\.json$", re.IGNORECASE)


def read_embedded_image(container: Path, member: str) -> bytes:
    """Return the encoded image of a JSON file.

    Args:
        member: The member of the outermost object that holds the image in base64.

    Raises:
        OSError: The file cannot be read, or the member is missing or is not in base64.
    """
    try:
        contents = parse_json(container.read_bytes())
        return base64.b64decode(contents[member])
    except (ValueError, TypeError, KeyError) as error:
        raise OSError(f"{member} is no image in base64: {error}") from None
