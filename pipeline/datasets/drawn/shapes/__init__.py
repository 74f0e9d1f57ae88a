"""The shapes of the source task, by name. None of them is a garment."""

from collections.abc import Callable

import numpy as np

from pipeline.datasets.drawn.paint.drawing import Sheet
from pipeline.datasets.drawn.paint.fabrics import Style
from pipeline.datasets.drawn.shapes import objects, symbols

Draw = Callable[[Sheet, Style, np.random.Generator], None]

_SYMBOLS = (
    symbols.star,
    symbols.gear,
    symbols.cross,
    symbols.arrow,
    symbols.heart,
    symbols.crescent,
    symbols.ring,
    symbols.l_piece,
    symbols.t_piece,
    symbols.u_piece,
    symbols.y_piece,
)
_OBJECTS = (
    objects.leaf,
    objects.key,
    objects.bottle,
    objects.mug,
    objects.fish,
    objects.house,
    objects.umbrella,
    objects.mushroom,
    objects.bolt,
    objects.teapot,
    objects.cactus,
    objects.chair,
    objects.guitar,
    objects.hourglass,
    objects.bell,
    objects.butterfly,
    objects.rocket,
    objects.tree,
    objects.lamp,
    objects.pear,
)

SHAPES: dict[str, Draw] = {draw.__name__.replace("_piece", "-piece"): draw for draw in _SYMBOLS + _OBJECTS}
"""Name -> ``draw(sheet, style, rng)``, in the order of the class indices."""
