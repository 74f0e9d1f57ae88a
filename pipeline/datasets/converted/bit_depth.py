"""``bit_depth.txt``: the bits that the dataset's grey images of 16 bits use, if they use fewer.

The stage convert writes it, and the stages that export read it, so that the exported models scale such images alike.
"""

from pathlib import Path

_FILE = "bit_depth.txt"

ALL_BITS = 16


def write_bit_depth(depth: int, converted: Path) -> None:
    """Write the number of bits: 10, 12, 14 or 16. For 16, which needs no scaling, there is no file."""
    if depth < ALL_BITS:
        (converted / _FILE).write_text(f"{depth}\n", encoding="utf-8")


def read_bit_depth(converted: Path) -> int:
    """Return the number of bits: 10, 12, 14 or 16."""
    path = converted / _FILE
    return int(path.read_text(encoding="utf-8")) if path.is_file() else ALL_BITS
