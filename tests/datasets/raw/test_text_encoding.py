from pathlib import Path

import pytest

from pipeline.datasets.raw.text_encoding import decoded, decodes, encoding_of, peeked_text
from pipeline.errors import PipelineError

TEXT = "Bär,1\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_is_decoded_in_the_encodings_that_are_recognised(tmp_path: Path, encoding: str) -> None:
    data = TEXT.encode(encoding)
    assert decoded(data, tmp_path / "a.csv") == peeked_text(data) == TEXT


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
def test_the_byte_order_mark_of_utf_16_is_recognised(mark: bytes) -> None:
    assert encoding_of(mark) == "utf-16"
    assert encoding_of(b"a" + mark) == "utf-8-sig"


def test_another_encoding_is_refused() -> None:
    with pytest.raises(PipelineError, match=r"a\.csv: its text is not in UTF-8; save it as UTF-8"):
        decoded(TEXT.encode("latin-1"), Path("a.csv"))


def test_a_character_that_is_cut_off_is_replaced() -> None:
    assert peeked_text("Bä".encode()[:-1]) == "B\ufffd"


def test_a_whole_file_is_tried(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"a" * (3 * 2**20) + TEXT.encode("latin-1"))
    assert decodes(path, "latin-1")
    assert not decodes(path, "utf-8")
