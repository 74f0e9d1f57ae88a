"""The bodies of requests in TensorFlow Serving's REST format."""

from base64 import b64decode
from typing import Any, NamedTuple

import orjson
from fastapi import HTTPException

from pipeline.serving.http.images import EncodedImage, checked_image
from pipeline.serving.http.limits import Limits

INPUT = "image_bytes"
"""The name of the input of the signature."""

SIGNATURE = "serving_default"
"""The signature that the server has."""

FORM = '{"instances": [{"b64": "..."}]} or {"inputs": {"image_bytes": [{"b64": "..."}]}}'
"""The two forms of a body, for messages."""


class PredictRequest(NamedTuple):
    """The images of a request.

    Attributes:
        images: None for an element that is no JPEG or PNG image.
        by_row: Whether the answer is a list of predictions, and not a list for each output.
    """

    images: list[EncodedImage | None]
    by_row: bool


def parse_predict_request(body: bytes, limits: Limits) -> PredictRequest:
    """Parse the body of a request.

    Raises:
        HTTPException: The body is not of this form (400), or too large in some way (413).
    """
    content = _parse_json(body)
    signature = content.get("signature_name") or SIGNATURE
    if signature != SIGNATURE:
        raise HTTPException(400, f"signature_name is not {SIGNATURE}, the only signature of this server")
    if ("instances" in content) == ("inputs" in content):
        raise HTTPException(400, f"the body has not one of the keys instances and inputs; send {FORM}")
    by_row = "instances" in content
    key, elements = ("instances", content["instances"]) if by_row else _column(content["inputs"])
    if not isinstance(elements, list):
        raise HTTPException(400, f"{key} is not a list; send {FORM}")
    if by_row and not elements:
        raise HTTPException(400, "instances is an empty list; send one image at least")
    if len(elements) > limits.instances:
        raise HTTPException(413, f"{key} has {len(elements)} elements; a request may have {limits.instances}")
    images = [
        checked_image(_image_bytes(element, f"{key}[{index}]", by_row), f"{key}[{index}]", limits.pixels)
        for index, element in enumerate(elements)
    ]
    return PredictRequest(images, by_row)


def _parse_json(body: bytes) -> dict[str, Any]:
    """Return the object that a body holds."""
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise HTTPException(400, f"the body is not JSON: {error}; send {FORM}") from None
    if not isinstance(content, dict):
        raise HTTPException(400, f"the body is not a JSON object; send {FORM}")
    return content


def _column(inputs: Any) -> tuple[str, Any]:
    """Return the name and the value of the only input, which may stand without its name."""
    if not isinstance(inputs, dict):
        return "inputs", inputs
    if set(inputs) != {INPUT}:
        raise HTTPException(400, f"inputs has not the key {INPUT} alone; send {FORM}")
    return f"inputs.{INPUT}", inputs[INPUT]


def _image_bytes(element: Any, where: str, by_row: bool) -> bytes:
    """Return the bytes of an element, which in a row may stand under the name of the input."""
    if by_row and isinstance(element, dict) and set(element) == {INPUT}:
        element = element[INPUT]
    if not isinstance(element, dict) or set(element) != {"b64"} or not isinstance(element["b64"], str):
        raise HTTPException(400, f'{where} is not an image in base64; send it as {{"b64": "..."}}')
    text = "".join(element["b64"].split())  # base64 comes in lines from many a program
    try:
        return b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        raise HTTPException(400, f"{where} is not valid base64") from None
