"""A dataset of drawn faces with five keypoints each, of varied pose, colours and light, listed in a CSV file."""

import math
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

NAMES = ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")
"""The keypoints. Left is the left side of the picture."""

_PLACES = np.array([(-0.32, -0.22), (0.32, -0.22), (0.0, 0.12), (-0.24, 0.46), (0.24, 0.46)])
"""The places of the keypoints in a frontal face, whose half height is 1."""


def write_faces(folder: Path, images: int, *, size: int = 96, seed: int = 0, hidden: float = 0.0) -> None:
    """Write pictures of one face each, and ``faces.csv`` with the columns image, and x, y and v of each keypoint.

    Args:
        folder: The folder to write to, which is created.
        images: Number of pictures.
        size: Side of the pictures, px.
        seed: Seed of all draws.
        hidden: Share of the faces with a patch over an eye, which is hidden then.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(images):
        picture, places = _face(rng, size)
        codes = np.full(len(NAMES), 2)
        if rng.random() < hidden:
            eye = int(rng.integers(2))
            codes[eye] = 1
            x, y = places[eye]
            half = 0.06 * size
            cv2.rectangle(picture, _pixel(x - half, y - half), _pixel(x + half, y + half), (30, 30, 30), -1)
        file = f"face_{number:04d}.png"
        cv2.imwrite(str(folder / file), picture)
        row: dict[str, object] = {"image": file}
        for name, (x, y), code in zip(NAMES, places, codes, strict=True):
            row |= {f"{name}_x": round(float(x), 2), f"{name}_y": round(float(y), 2), f"{name}_v": int(code)}
        rows.append(row)
    pd.DataFrame(rows).to_csv(folder / "faces.csv", index=False)


def _face(rng: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw a face: uint8 [size, size, 3], BGR, and its keypoints, float64 [5, 2], x and y in px."""
    low, high = rng.integers(0, 255, (2, 3))
    ramp = np.linspace(0, 1, size)[:, None, None] * (high - low) + low
    picture = np.repeat(ramp, size, axis=1)
    picture = np.clip(picture + rng.normal(0, 12, picture.shape), 0, 255).astype(np.uint8)
    radius = size * rng.uniform(0.24, 0.38)
    middle = np.array([size / 2, size / 2]) + rng.uniform(-0.1, 0.1, 2) * size
    turn, yaw = rng.uniform(-0.4, 0.4), rng.uniform(-0.3, 0.3)
    rotation = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    flat = _PLACES.copy()
    flat[:, 0] = flat[:, 0] * math.cos(yaw) + yaw * (1.0 - flat[:, 0] ** 2) * 0.6
    places = middle + radius * flat @ rotation.T
    skin = rng.integers(60, 230, 3).tolist()
    axes = (int(radius * 0.8), int(radius))
    cv2.ellipse(picture, _pixel(*middle), axes, math.degrees(turn), 0, 360, skin, -1, cv2.LINE_AA)
    for x, y in places[:2]:
        cv2.circle(picture, _pixel(x, y), max(2, int(radius * 0.13)), (245, 245, 245), -1, cv2.LINE_AA)
        cv2.circle(picture, _pixel(x, y), max(1, int(radius * 0.06)), (20, 20, 20), -1, cv2.LINE_AA)
    dark = (np.array(skin) * 0.5).astype(int).tolist()
    bridge = (places[0] + places[1]) / 2
    cv2.line(picture, _pixel(*bridge), _pixel(*places[2]), dark, max(1, int(radius * 0.07)), cv2.LINE_AA)
    red = (60, 50, int(rng.integers(140, 220)))
    cv2.line(picture, _pixel(*places[3]), _pixel(*places[4]), red, max(2, int(radius * 0.1)), cv2.LINE_AA)
    light = np.linspace(rng.uniform(0.5, 1.0), rng.uniform(0.5, 1.0), size)[None, :, None]
    return np.clip(picture * light, 0, 255).astype(np.uint8), places


def _pixel(x: float, y: float) -> tuple[int, int]:
    return round(x), round(y)
