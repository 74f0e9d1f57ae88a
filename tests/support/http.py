"""A server of a predictor whose answers are known, in the process of the test."""

import io
import threading
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import uvicorn
from fastapi.testclient import TestClient
from PIL import Image

from pipeline.serving import Prediction, Predictor
from pipeline.serving.exported_config import ExportedDetector
from pipeline.serving.http.limits import Limits
from pipeline.serving.http.server import app_of, listen
from tests.support.exports import export

CONFIG = ExportedDetector(
    architecture="gfl",
    classes=["cat", "dog"],
    image_size=32,
    export=export(),
    keypoint_names=["nose"],
)
LIMITS = Limits(body_bytes=100_000, instances=4, pixels=10_000, queue=16, seconds=5.0)


class KnownPredictor(Predictor):
    """Finds a dog in the whole of every picture that Pillow decodes, with its nose in the middle."""

    def __init__(self) -> None:
        self.config = CONFIG
        self.batches: list[int] = []
        """The number of images of each batch."""

    def predict_files(self, encoded: Sequence[bytes]) -> list[Prediction]:
        self.batches.append(len(encoded))
        return [self._predict(data) for data in encoded]

    def predict_pixels(self, images: Sequence[np.ndarray]) -> list[Prediction]:
        raise NotImplementedError

    def _predict(self, data: bytes) -> Prediction:
        try:
            width, height = Image.open(io.BytesIO(data)).convert("RGB").size
        except OSError:
            return Prediction(
                (0, 0),
                np.zeros([0, 4], np.float32),
                np.zeros([0], np.float32),
                np.zeros([0], np.int32),
                valid=False,
            )
        return Prediction(
            (height, width),
            np.array([[0, 0, height, width]], np.float32),
            np.array([0.7], np.float32),
            np.array([2], np.int32),
            keypoints=np.array([[[width / 2, height / 2, 0.9]]], np.float32),
        )


@contextmanager
def served(
    predictor: Predictor | None = None, limits: Limits = LIMITS, largest_batch: int = 4
) -> Iterator[TestClient]:
    """Serve a predictor, :class:`KnownPredictor` if there is none, and yield a client of the server."""
    with app_of(predictor or KnownPredictor(), limits, largest_batch) as app:
        yield TestClient(app)


@contextmanager
def listening(predictor: Predictor | None = None, limits: Limits = LIMITS) -> Iterator[str]:
    """Serve a predictor at a free port of this machine, and yield the server's address."""
    with (
        listen("127.0.0.1", 0) as listener,
        app_of(predictor or KnownPredictor(), limits, largest_batch=4) as app,
    ):
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        finally:
            server.should_exit = True
            thread.join()


def picture(width: int = 40, height: int = 30, kind: str = "PNG", **options: object) -> bytes:
    """Return a grey picture as the contents of an image file."""
    stream = io.BytesIO()
    Image.new("RGB", (width, height), (128, 128, 128)).save(stream, kind, **options)
    return stream.getvalue()


def in_base64(data: bytes) -> dict[str, str]:
    """Return bytes as TensorFlow Serving takes them in JSON."""
    return {"b64": b64encode(data).decode()}
