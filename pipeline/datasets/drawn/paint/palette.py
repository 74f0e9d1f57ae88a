"""Colours of objects and, less saturated, of backgrounds."""

import numpy as np
from numpy.typing import NDArray

Colour = NDArray[np.float32]  # [3], RGB in [0, 1]

DYES = [
    "1f2a44", "2f4b7c", "4a6fa5", "7fa3c7", "a9c5dd", "22577a", "38a3a5", "57cc99", "80a98f", "5b7553",
    "3a5a40", "6b705c", "8a8f5a", "b5b867", "e9c46a", "d9a441", "c98a2b", "f4a261", "e07a5f", "c8553d",
    "9b2226", "6d1a36", "8f2d56", "c9648a", "e5a4b4", "f2c6c2", "b79ad4", "7b5ea7", "4b3869", "2b2d33",
    "4a4e57", "7c828c", "b3b7bd", "dfe1e3", "f4f1ea", "efe3cf", "d6bf9c", "b08d62", "8a5a3b", "5a3a29",
    "3c2a21", "e63946", "ff7f50", "f28482", "f6bd60", "84a59d", "118ab2", "06d6a0", "ef476f", "577590",
    "43aa8b", "90be6d", "d8e2dc", "ffcad4", "9d8189", "bcb8b1",
]  # fmt: skip

GROUNDS = [
    "e8e2d6", "d9d2c5", "c9c1b1", "f2efe9", "dcd6cf", "b8a98f", "a58b6a", "8b6b4a", "6f5038", "54402f",
    "c7a77b", "d8bd94", "e3cfa9", "9aa3a7", "bfc6c9", "7d868b", "5d666b", "3f474d", "2e3338", "a9b7a6",
    "c8d1c0", "dccfd3", "c4b3bd", "b9c7d4", "93a7b8", "6c8396", "e9d8c7", "f0e4dc",
]  # fmt: skip


def rgb(code: str) -> Colour:
    """Return the colour of six hex digits, such as "1f2a44"."""
    return np.array([int(code[i : i + 2], 16) / 255 for i in (0, 2, 4)], np.float32)


_DYES = np.stack([rgb(code) for code in DYES])

_GROUNDS = np.stack([rgb(code) for code in GROUNDS])

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def luma(colour: Colour) -> float:
    """Return the perceived brightness of a colour in [0, 1]."""
    return float(colour @ _LUMA)


def tint(colour: Colour, amount: float) -> Colour:
    """Return a lighter or darker colour. An ``amount`` of 1 gives white, and -1 gives black."""
    return (colour + (np.float32(amount > 0) - colour) * np.float32(abs(amount))).astype(np.float32)


def ground(rng: np.random.Generator) -> Colour:
    """Return a random colour of a background."""
    return _jitter(rng, _GROUNDS[rng.integers(len(_GROUNDS))], 0.03)


def dye(rng: np.random.Generator, beside: Colour | None = None, contrast: float = 0.3) -> Colour:
    """Return a random colour of an object.

    Args:
        beside: A colour from which it must differ. None means that any colour will do.
        contrast: The wanted difference from ``beside``. If six tries do not reach it, the best of them is returned.
    """
    best, best_distance = _DYES[0], -1.0
    for _ in range(6):
        colour = _jitter(rng, _DYES[rng.integers(len(_DYES))], 0.04)
        if beside is None:
            return colour
        difference = colour - beside
        distance = float(np.sqrt(difference @ difference)) / 2 + abs(float(difference @ _LUMA))
        if distance > contrast:
            return colour
        if distance > best_distance:
            best, best_distance = colour, distance
    return best


def companion(rng: np.random.Generator, colour: Colour) -> Colour:
    """Return a second colour for an object: a lighter or darker one, nearly white or black, or another random one."""
    kind = rng.random()
    if kind < 0.4:
        return tint(colour, 0.55 if luma(colour) < 0.5 else -0.5)
    if kind < 0.7:
        return rgb("f6f3ec") if luma(colour) < 0.6 else rgb("26282e")
    return dye(rng, beside=colour, contrast=0.4)


def _jitter(rng: np.random.Generator, colour: Colour, amount: float) -> Colour:
    return np.clip(colour + rng.normal(0, amount, 3), 0.02, 0.98).astype(np.float32)
