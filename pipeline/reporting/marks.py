"""Boxes drawn on a picture, and the places of their labels."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mark:
    """A box on a picture with its label and its mask. All lengths are in px of the picture.

    Attributes:
        kind: ``truth``, ``missed``, ``right`` or ``wrong``.
        x: The left edge of the box.
        y: The upper edge of the box.
        text: The label. "" for an object that was found, because its detection is labelled.
        text_x: The left edge of the label.
        text_y: The upper edge of the label.
        text_width: The estimated width of the label.
        outline: The outline of the mask as SVG path data. "" if there is no mask.
        points: The places of the keypoints.
        type: ``correct`` or the type of error, by which the gallery is filtered. "" if it is not.
        label: The class, 1..K; 0 if there is no type.
        score: The score of a detection; None for an object.
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
    points: tuple[tuple[float, float], ...] = ()
    type: str = ""
    label: int = 0
    score: float | None = None


class LabelPlacer:
    """Places the labels of one picture so that they do not overlap, if there is room."""

    def __init__(self, width: int, height: int, font: float) -> None:
        """Start without labels.

        Args:
            width: The width of the picture, px.
            height: The height of the picture, px.
            font: The font size, in px of the picture.
        """
        self.font = font
        self._width, self._height = width, height
        self._taken: list[tuple[float, float, float]] = []  # (left, top, right) of each label, px

    def mark(
        self,
        kind: str,
        box: tuple[float, float, float, float],
        text: str,
        outline: str = "",
        points: tuple[tuple[float, float], ...] = (),
    ) -> Mark:
        """Return the mark of a box, and reserve the place of its label.

        Args:
            kind: ``truth``, ``missed``, ``right`` or ``wrong``.
            box: x, y, width and height, in px of the picture.
            text: The label. "" for none.
            outline: The outline of the mask as SVG path data. "" if there is no mask.
            points: The places of the keypoints.
        """
        x, y, width, height = (round(float(value), 1) for value in box)
        # The width of text is estimated: a letter is 0.6 times as wide as its font size, an ideograph as wide.
        span = self.font * (0.6 + sum(1.0 if ord(letter) > 0x2E80 else 0.6 for letter in text))
        left = max(min(x, self._width - span), 0.0)
        top = self._top(y, y + height, left, left + span) if text else y
        place = round(left, 1), round(top, 1), round(span, 1)
        return Mark(kind, x, y, width, height, text, *place, outline, points)

    def _top(self, upper: float, lower: float, left: float, right: float) -> float:
        """Return the upper edge of a label.

        It is the first free place of four: above the box, inside its upper edge, below it, and inside its lower edge.
        If none is free, it is the first that lies in the picture.

        Args:
            upper: The upper edge of the box.
            lower: The lower edge of the box.
            left: The left edge of the label.
            right: The right edge of the label.
        """
        line = 1.4 * self.font
        places = [upper - line, upper, lower, lower - line]
        inside = [place for place in places if 0 <= place <= self._height - line] or [0.0]
        top = next((place for place in inside if self._free(place, left, right, line)), inside[0])
        self._taken.append((left, top, right))
        return top

    def _free(self, top: float, left: float, right: float, line: float) -> bool:
        return not any(abs(top - t) < line and left < r and right > x for x, t, r in self._taken)
