"""Boxes drawn on a picture, and where their labels find room."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mark:
    """A box, and a mask where there is one, on a picture, in the picture's px.

    Attributes:
        kind: ``truth``, ``missed``, ``right`` or ``wrong``.
        x: Of the left edge.
        y: Of the upper edge.
        width: Of the box.
        height: Of the box.
        text: Its label; empty for a truth that was found, whose detection is labelled.
        text_x: Left edge of the label.
        text_y: Upper edge of the label.
        text_width: Estimated, of the label.
        outline: Of the mask, an SVG path; empty for none.
    """

    kind: str
    x: float
    y: float
    width: float
    height: float
    text: str
    text_x: float
    text_y: float
    text_width: float
    outline: str


class LabelPlacer:
    """Finds room for labels within one picture."""

    def __init__(self, width: int, height: int, font: float) -> None:
        """Take the picture's size, and the letters' in the same px."""
        self.font = font
        self._width, self._height = width, height
        self._taken: list[tuple[float, float, float]] = []  # left, top, right; all are as high as a line

    def mark(self, kind: str, box: tuple[float, float, float, float], text: str, outline: str = "") -> Mark:
        """Give a box (x, y, width, height), its label and the outline of its mask."""
        x, y, width, height = (round(float(value), 1) for value in box)
        # nothing measures text here: a letter is a little over half its size wide, an ideograph as wide as high
        span = self.font * (0.6 + sum(1.0 if ord(letter) > 0x2E80 else 0.6 for letter in text))
        left = max(min(x, self._width - span), 0.0)
        top = self._top(y, y + height, left, left + span) if text else y
        return Mark(kind, x, y, width, height, text, round(left, 1), round(top, 1), round(span, 1), outline)

    def _top(self, upper: float, lower: float, left: float, right: float) -> float:
        """Choose above the box, within its top, below it or within its bottom: the first that is free."""
        line = 1.4 * self.font
        places = [upper - line, upper, lower, lower - line]
        inside = [place for place in places if 0 <= place <= self._height - line] or [0.0]
        top = next((place for place in inside if self._free(place, left, right, line)), inside[0])
        self._taken.append((left, top, right))
        return top

    def _free(self, top: float, left: float, right: float, line: float) -> bool:
        return not any(abs(top - t) < line and left < r and right > x for x, t, r in self._taken)
