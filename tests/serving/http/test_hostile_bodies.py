"""Bodies that nobody should send. Each is refused with one clear line, and the server goes on."""

import json
import struct
import zlib
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from tests.support.http import LIMITS, in_base64, picture, served

PREDICT = "/v1/models/detector:predict"


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with served(limits=LIMITS._replace(body_bytes=300_000)) as client:
        yield client


def bomb(width: int, height: int) -> bytes:
    """Return a PNG file of a few hundred bytes, whose header announces a picture of the given size, px."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(100_000))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def many_scans() -> bytes:
    """Return a JPEG file with the headers of a thousand scans."""
    data = picture(kind="JPEG")
    start = data.index(b"\xff\xda")
    return data[:start] + data[start : start + 14] * 1000 + data[start:]


def instances(*elements: object) -> bytes:
    return json.dumps({"instances": elements}).encode()


@pytest.mark.parametrize(
    ("body", "code", "line"),
    [
        (b"", 400, "the body is not JSON"),
        (b"{", 400, "the body is not JSON"),
        (b"\xff\xfe\x00", 400, "the body is not JSON"),
        (picture(), 400, "the body is not JSON"),
        (b"[" * 200_000, 400, "the body is not JSON"),
        (b'{"instances": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400, "the body is not JSON"),
        (b'{"instances": [NaN]}', 400, "the body is not JSON"),
        (b'{"instances": [1e999]}', 400, ""),
        (b'{"instances": [' + b"9" * 10_000 + b"]}", 400, ""),
        (b"null", 400, "not a JSON object"),
        (b"[]", 400, "not a JSON object"),
        (b"{}", 400, "not one of the keys instances and inputs"),
        (b'{"instances": [], "inputs": []}', 400, "not one of the keys instances and inputs"),
        (b'{"instances": []}', 400, "instances is an empty list"),
        (b'{"instances": {"b64": ""}}', 400, "instances is not a list"),
        (b'{"inputs": "text"}', 400, "inputs is not a list"),
        (b'{"inputs": {}}', 400, "inputs has not the key image_bytes alone"),
        (b'{"inputs": {"b64": ""}}', 400, "inputs has not the key image_bytes alone"),
        (b'{"inputs": {"image_bytes": 7}}', 400, "inputs.image_bytes is not a list"),
        (
            b'{"signature_name": "from_tensor", "instances": [1]}',
            400,
            "signature_name is not serving_default",
        ),
        (b'{"signature_name": ["x"], "instances": [1]}', 400, "signature_name is not serving_default"),
        (instances(in_base64(picture()), "text"), 400, "instances[1] is not an image in base64"),
        (instances({"b64": 5}), 400, "instances[0] is not an image in base64"),
        (instances({"b64": "", "more": 1}), 400, "instances[0] is not an image in base64"),
        (instances({"image_bytes": None}), 400, "instances[0] is not an image in base64"),
        (instances({"b64": "====%%%"}), 400, "instances[0] is not valid base64"),
        (instances({"b64": "ÄÖÜ"}), 400, "instances[0] is not valid base64"),
        (instances({"b64": ""}), 400, "no element is a JPEG or PNG image"),
        (instances(in_base64(picture(kind="JPEG")[:-200])), 400, "no element is a JPEG or PNG image"),
        (instances(*[in_base64(picture())] * 5), 413, "instances has 5 elements; a request may have 4"),
        (instances(in_base64(bomb(10_000, 10_000))), 413, "instances[0] has 10000 x 10000 pixels"),
        (instances(in_base64(bomb(2**31 - 1, 2**31 - 1))), 413, "instances[0] has 2147483647 x"),
        (instances(in_base64(bomb(0, 10))), 400, "no element is a JPEG or PNG image"),
        (instances(in_base64(many_scans())), 413, "instances[0] has more than 100 scans"),
        (b" " * 300_001, 413, "the body is larger than 0.286102 MiB"),
        (b" " * 2_000_000, 413, "the body is larger than 0.286102 MiB"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_hostile_body_is_refused_in_one_line(client: TestClient, body: bytes, code: int, line: str) -> None:
    answer = client.post(PREDICT, content=body)
    assert answer.status_code == code
    error = answer.json()["error"]
    assert line in error and "\n" not in error and len(error) < 300
    assert client.post("/predict", content=picture()).status_code == 200


def test_a_body_in_parts_without_its_length_is_limited_too(client: TestClient) -> None:
    parts = (b" " * 10_000 for _ in range(100))
    assert client.post(PREDICT, content=parts).status_code == 413


def test_a_compressed_body_is_refused(client: TestClient) -> None:
    answer = client.post(PREDICT, content=b"x", headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 415 and answer.json()["error"].startswith("Content-Encoding is gzip")


def test_base64_in_lines_and_without_padding_is_read(client: TestClient) -> None:
    text = in_base64(picture())["b64"].rstrip("=")
    lines = "\n".join(text[start : start + 76] for start in range(0, len(text), 76))
    assert client.post(PREDICT, content=instances({"b64": lines})).status_code == 200
