"""Conversion of a drawn picture to a photograph, with exposure, noise and JPEG compression."""

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.datasets.drawn.paint.drawing import Picture


def random_light(rng: np.random.Generator) -> tuple[float, float]:
    """Return a random unit vector in the picture towards the light, xy. It mostly points to the upper left."""
    angle = np.radians(rng.normal(-125, 30))
    return float(np.cos(angle)), float(np.sin(angle))


def expose(rng: np.random.Generator, picture: Picture) -> NDArray[np.uint8]:
    """Return a photograph, uint8 [H, W, 3], RGB, with random exposure, white balance, vignette and grain.

    Args:
        picture: The drawn picture, float32 [H, W, 3], RGB in [0, 1].
    """
    height, width = picture.shape[:2]
    gain = rng.uniform(0.9, 1.1) * rng.normal(1, 0.025, 3)
    y, x = np.linspace(-1, 1, height, dtype=np.float32)[:, None], np.linspace(-1, 1, width, dtype=np.float32)
    vignette = 1 - np.float32(rng.uniform(0, 0.14)) * (x * x + y * y)
    noise = (rng.random((height, width, 1), np.float32) - 0.5) * np.float32(rng.uniform(0, 0.05))
    exposed = picture * (vignette[..., None] * gain.astype(np.float32)) + noise
    return np.clip(exposed * 255 + 0.5, 0, 255).astype(np.uint8)


def encode(rng: np.random.Generator, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the bytes of a JPEG with a random quality of 60 to 90, uint8 [N].

    Args:
        image: uint8 [H, W, 3], RGB.
    """
    quality = int(rng.integers(60, 91))
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].ravel()


def develop(rng: np.random.Generator, picture: Picture) -> NDArray[np.uint8]:
    """Return a photograph after JPEG compression, uint8 [H, W, 3], RGB.

    Args:
        picture: The drawn picture, float32 [H, W, 3], RGB in [0, 1].
    """
    data = encode(rng, expose(rng, picture))
    return cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
