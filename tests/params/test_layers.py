"""The list of layers in ``zoo.layers``."""

import pytest
from pydantic import TypeAdapter, ValidationError

from pipeline.params.layers import Layer

CONV = {"layer": "conv", "filters": 8, "kernel": 3, "stride": 2, "padding": 1, "activation": "relu"}
POOL = {"layer": "pool", "kind": "max", "kernel": 2, "stride": 2, "padding": 0}


def layers(*values: dict[str, object]) -> list[Layer]:
    return TypeAdapter(list[Layer]).validate_python(list(values), strict=True)


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({**CONV, "filters": 0}, "filters"),
        ({**CONV, "activation": "swish"}, "activation"),
        ({key: CONV[key] for key in CONV if key != "padding"}, "padding"),
        ({**POOL, "size": 3}, "size"),
        ({"layer": "recurrent"}, ""),
    ],
)
def test_a_wrong_layer_is_refused(given: dict[str, object], place: str) -> None:
    with pytest.raises(ValidationError) as raised:
        layers(CONV, given)
    location = raised.value.errors()[0]["loc"]
    assert location[0] == 1
    assert not place or location[-1] == place
