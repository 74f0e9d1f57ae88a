import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.datasets.records.checksum import crc32c


def bit_by_bit(data: bytes) -> int:
    state = 0xFFFFFFFF
    for byte in data:
        state ^= byte
        for _ in range(8):
            state = state >> 1 ^ (0x82F63B78 if state & 1 else 0)
    return state ^ 0xFFFFFFFF


@pytest.mark.parametrize(
    ("data", "expected"),  # RFC 3720, appendix B.4, and the check value of the CRC catalogue
    [
        (b"", 0),
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
    ],
)
def test_published_values(data, expected):
    assert crc32c(data) == expected


@pytest.mark.parametrize("length", [1, 1023, 1024, 1025, 3000])
@settings(max_examples=5, deadline=None)
@given(seed=st.binary(min_size=1, max_size=8))
def test_agrees_with_the_definition_on_both_sides_of_a_block(length, seed):
    data = (seed * length)[:length]
    assert crc32c(data) == bit_by_bit(data)
