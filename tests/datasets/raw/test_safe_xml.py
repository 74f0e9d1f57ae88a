from pathlib import Path
from xml.etree.ElementTree import Element

import pytest

from pipeline.datasets.raw.safe_xml import outer_elements, parse_xml
from pipeline.datasets.raw.unreadable import UnreadableAnnotationError

BROKEN = [
    b"",
    b"text",
    b"<a>",
    b"<a></b>",
    b"<a/><a/>",
    b"<a>\0</a>",
    b'<?xml version="1.0" encoding="no-such"?><a/>',
]


def write(folder: Path, data: bytes) -> Path:
    path = folder / "a.xml"
    path.write_bytes(data)
    return path


def with_entity(declaration: str) -> bytes:
    return f"<!DOCTYPE a [<!ENTITY e {declaration}>]><a><b>&e;</b></a>".encode()


def test_the_outermost_element_is_returned() -> None:
    root = parse_xml(b"<a><b>1</b><b>2</b></a>")
    assert root.tag == "a"
    assert [child.text for child in root] == ["1", "2"]


def test_the_declared_encoding_is_used() -> None:
    assert parse_xml('<?xml version="1.0" encoding="latin-1"?><a>ä</a>'.encode("latin-1")).text == "ä"


@pytest.mark.parametrize("data", BROKEN)
def test_contents_that_are_not_well_formed_are_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(UnreadableAnnotationError):
        parse_xml(data)
    with pytest.raises(UnreadableAnnotationError):
        list(outer_elements(write(tmp_path, data)))


def test_entities_are_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    for data in (with_entity('"text"'), with_entity(f'SYSTEM "{secret.as_uri()}"')):
        with pytest.raises(UnreadableAnnotationError, match="it declares entities"):
            parse_xml(data)
        with pytest.raises(UnreadableAnnotationError, match="it declares entities"):
            list(outer_elements(write(tmp_path, data)))


def test_the_children_are_yielded_whole_and_then_removed(tmp_path: Path) -> None:
    children: list[Element] = []
    for child in outer_elements(write(tmp_path, b"<a><b><c>1</c></b><b><c>2</c></b></a>")):
        assert [len(earlier) for earlier in children] == [1] * len(children)
        children.append(child)
    assert [child.findtext("c") for child in children] == ["1", "2"]


def test_the_children_before_the_broken_part_are_yielded(tmp_path: Path) -> None:
    elements = outer_elements(write(tmp_path, b"<a><b/>" + b" " * 2**17 + b"<b></a>"))
    assert next(elements).tag == "b"
    with pytest.raises(UnreadableAnnotationError):
        list(elements)


@pytest.mark.parametrize("encoding", ["GB2312", "gbk", "GB18030", "big5", "shift_jis", "euc-kr"])
def test_encodings_of_several_bytes_a_letter_are_read(tmp_path: Path, encoding: str) -> None:
    word = "\u5927\u4eba"  # in all of these
    text = f"<?xml version='1.0' encoding='{encoding}' ?>\n<a><b n='{word}'>{word * 3000}</b><b/></a>"
    data = text.encode(encoding)
    assert parse_xml(data)[0].get("n") == word
    first, _ = ((element.get("n"), element.text) for element in outer_elements(write(tmp_path, data)))
    assert first == (word, word * 3000)


def test_letters_of_a_later_standard_are_read() -> None:
    text = "<?xml version='1.0' encoding='gb2312'?><a>\u9555</a>"  # in GBK, but not in GB2312
    assert parse_xml(text.encode("gbk")).text == "\u9555"


def test_bytes_that_the_declared_encoding_has_not_are_unreadable(tmp_path: Path) -> None:
    data = b'<?xml version="1.0" encoding="gbk"?><a><b>\xff\xff</b></a>'
    with pytest.raises(UnreadableAnnotationError, match="not in the encoding that it declares"):
        parse_xml(data)
    with pytest.raises(UnreadableAnnotationError, match="not in the encoding that it declares"):
        list(outer_elements(write(tmp_path, data)))


def test_text_that_is_not_in_utf_8_is_said() -> None:
    with pytest.raises(UnreadableAnnotationError, match="save it as UTF-8"):
        parse_xml("<a>\u00e4</a>".encode("latin-1"))
    with pytest.raises(UnreadableAnnotationError, match=r"its XML is broken: [^;]*$"):
        parse_xml(b"<a></b>")
