import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.datasets.raw.json_stream import (
    JsonStreamError,
    iterate_arrays,
    iterate_elements,
    outermost_value,
)

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.text(max_size=6)
    | st.sampled_from(['}"{', "\\", "]["]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)


@settings(deadline=None, max_examples=200)
@given(
    st.lists(JSON, max_size=4), st.lists(JSON, max_size=4), JSON, st.sampled_from([None, 2]), st.booleans()
)
def test_elements_are_those_that_json_parses(tmp_path_factory, images, annotations, other, indent, ascii):
    value = {"info": other, "images": images, 'odd "}': [other], "annotations": annotations, "type": "x"}
    path = tmp_path_factory.mktemp("json") / "x.json"
    path.write_text(json.dumps(value, indent=indent, ensure_ascii=ascii), encoding="utf-8")
    found = list(iterate_arrays(path, frozenset({"images", "annotations"})))
    wanted = [("images", each) for each in images] + [("annotations", each) for each in annotations]
    assert [(element.key, element.value) for element in found] == wanted
    data = path.read_bytes()
    assert [json.loads(data[element.start : element.end]) for element in found] == [
        each for _, each in wanted
    ]


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"images": [1', '{"images": [{"a": 1}', '{"images" 1}', '{"images": [nul]}']
)
def test_what_is_not_json_is_an_error(tmp_path, text):
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(JsonStreamError):
        list(iterate_arrays(path, frozenset({"images"})))


def test_every_truncation_is_an_error(tmp_path):
    text = json.dumps(
        {"images": [{"id": 1, "rle": {"counts": "}"}}], "annotations": [[1], 2], "info": {"a": "]"}}
    )
    path = tmp_path / "x.json"
    for length in range(len(text)):
        path.write_text(text[:length])
        with pytest.raises(JsonStreamError):
            list(iterate_arrays(path, frozenset({"images", "annotations"})))


def test_a_byte_order_mark_is_passed_over(tmp_path):
    path = tmp_path / "x.json"
    path.write_text('{"images": [1]}', encoding="utf-8-sig")
    assert list(iterate_arrays(path, frozenset({"images"}))) == [("images", 1, 15, 16)]


def test_the_outermost_value_may_be_an_array(tmp_path):
    path = tmp_path / "x.json"
    for text in ('[{"a": 1}, 2, [3]]', ' [\n{"a": 1} ,2,[3]]'):
        path.write_text(text)
        assert [element.value for element in iterate_elements(path)] == [{"a": 1}, 2, [3]]
    path.write_text("[]")
    assert not list(iterate_elements(path))
    for text in ("", "{}", "[1", "[1 2]", '[{"a": 1'):
        path.write_text(text)
        with pytest.raises(JsonStreamError):
            list(iterate_elements(path))


def test_one_value_of_the_outermost_object(tmp_path):
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"items": [{"b": 9}], "b": {"c": "}"}, "d": 1}))
    assert outermost_value(path, "b") == {"c": "}"}
    assert outermost_value(path, "e") is None
    path.write_text("{}")
    assert outermost_value(path, "b") is None
    path.write_text('{"a": 1, "b": ')
    with pytest.raises(JsonStreamError):
        outermost_value(path, "b")
