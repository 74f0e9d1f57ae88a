import pytest

from pipeline.datasets.raw.safe_json import parse_json
from pipeline.datasets.raw.unreadable import UnreadableAnnotationError


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_json_is_parsed_with_and_without_a_byte_order_mark(mark: bytes) -> None:
    assert parse_json(mark + '{"ä": [1, 2.5, null]}'.encode()) == {"ä": [1, 2.5, None]}


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[1,]", b"[1] 2", b"\xff\xfe[\0]\0", b'"\xff"', b"[" * 100_000, b"[" * 5000 + b"]" * 5000],
)
def test_contents_that_are_not_json_are_refused(data: bytes) -> None:
    with pytest.raises(UnreadableAnnotationError, match="not readable as JSON: "):
        parse_json(data)
