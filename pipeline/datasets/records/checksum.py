"""CRC-32C, the checksum of TFRecord files, in NumPy: importing TensorFlow for it would cost seconds."""

import numpy as np

# Castagnoli's polynomial 0x1EDC6F41, bit-reversed as in RFC 3720, appendix B.4.
_POLYNOMIAL = np.uint32(0x82F63B78)


# Bytes that are looked up at once. The tables then take 1 MB, which stays in a core's cache.
_BLOCK = 1024

_ALL_ONES = 0xFFFFFFFF


def _tables() -> np.ndarray:
    """uint32 [_BLOCK, 256]: the remainder of byte ``b`` followed by ``j`` zero bytes stands at ``[j, b]``."""
    first = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        first = np.where(first & 1, (first >> np.uint32(1)) ^ _POLYNOMIAL, first >> np.uint32(1))
    tables = [first]
    for _ in range(_BLOCK - 1):
        previous = tables[-1]
        tables.append((previous >> np.uint32(8)) ^ first[previous & np.uint32(0xFF)])
    return np.stack(tables)


_TABLES = _tables()

_FLAT = _TABLES[::-1].ravel()  # the first byte of a block is followed by the most zero bytes

_OFFSETS = np.arange(_BLOCK) * 256

_FIRST = _TABLES[0].tolist()


# A 32-bit state is four bytes, so moving it over a block of zero bytes is four lookups.
_SKIP = [_TABLES[_BLOCK - 1 - byte].tolist() for byte in range(4)]


def crc32c(data: bytes) -> int:
    """Return the CRC-32C of ``data``.

    The checksum is linear over GF(2): each byte's remainder depends on its value and on how many bytes
    follow. So a whole block's remainders are looked up in one indexing operation and XORed together, and only
    the carry from block to block is a loop.
    """
    whole = len(data) - len(data) % _BLOCK
    state = _ALL_ONES
    if whole:
        blocks = np.frombuffer(data, np.uint8, count=whole).reshape(-1, _BLOCK)
        remainders = np.bitwise_xor.reduce(_FLAT.take(blocks + _OFFSETS, mode="clip"), axis=1)
        skip0, skip1, skip2, skip3 = _SKIP
        for remainder in remainders.tolist():
            state = (
                skip0[state & 255]
                ^ skip1[state >> 8 & 255]
                ^ skip2[state >> 16 & 255]
                ^ skip3[state >> 24]
                ^ remainder
            )
    for byte in data[whole:]:
        state = _FIRST[(state ^ byte) & 255] ^ (state >> 8)
    return state ^ _ALL_ONES


def masked_crc32c(data: bytes) -> int:
    """Return the checksum as TFRecord files store it: rotated and offset, as data may hold checksums."""
    checksum = crc32c(data)
    return ((checksum >> 15 | checksum << 17) + 0xA282EAD8) & _ALL_ONES
