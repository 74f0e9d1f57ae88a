"""Numbers among the arguments of commands. What is none of the wanted kind is said by argparse."""

import argparse
from math import inf, nan


def positive(text: str) -> int:
    """Return a whole number of 1 or more."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text} is no whole number of 1 or more")
    return int(text)


def tile_side(text: str) -> int:
    """Return a whole number of 32 or more."""
    if (number := positive(text)) < 32:
        raise argparse.ArgumentTypeError(f"{text} px are too few for a tile; give 32 or more")
    return number


def port(text: str) -> int:
    """Return a whole number from 0 to 65535."""
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port, a whole number from 0 to 65535")
    return int(text)


def folds(text: str) -> int:
    """Return a whole number of 2 or more."""
    if (number := positive(text)) < 2:
        raise argparse.ArgumentTypeError(f"{text} fold is not enough; give 2 or more")
    return number


def minutes(text: str) -> float:
    """Return a positive number of minutes."""
    value = _number(text)
    if not 0 < value < inf:
        raise argparse.ArgumentTypeError(f"{text} is no positive number of minutes")
    return value


def overlap(text: str) -> float:
    """Return a share from 0 to 0.9."""
    value = _number(text)
    if not 0 <= value <= 0.9:
        raise argparse.ArgumentTypeError(f"{text} is not from 0 to 0.9")
    return value


def precision(text: str) -> float:
    """Return a share above 0, of at most 1."""
    value = _number(text)
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not above 0 and at most 1")
    return value


def _number(text: str) -> float:
    """Return a number; NaN if the text is none."""
    try:
        return float(text)
    except ValueError:
        return nan
