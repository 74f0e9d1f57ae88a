"""A table as text for the terminal."""

from collections.abc import Sequence


def text_table(lines: Sequence[Sequence[str]], *, left: int) -> str:
    """Return lines of cells as text, with two spaces between the columns.

    Args:
        lines: The cells of each line, as many in each.
        left: Number of columns, from the first, that are aligned to the left; the others are aligned to the right.
    """
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(_aligned(line, widths, left)).rstrip() for line in lines)


def _aligned(line: Sequence[str], widths: Sequence[int], left: int) -> list[str]:
    cells = zip(line, widths, strict=True)
    return [
        cell.ljust(width) if column < left else cell.rjust(width)
        for column, (cell, width) in enumerate(cells)
    ]
