"""The server of an exported detector: the model, its thread, and the socket that clients connect to."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import cv2
import numpy as np
import uvicorn
from fastapi import FastAPI
from PIL import Image

from pipeline.errors import PipelineError
from pipeline.serving.http.answers import Answers
from pipeline.serving.http.app import Service, create_app
from pipeline.serving.http.batching import Batcher
from pipeline.serving.http.limits import Limits
from pipeline.serving.http.metrics import Metrics
from pipeline.serving.predictor import Predictor

GREY, SIDE = 128, 256
"""The value and the side, px, of the picture that the model sees before the first client does."""

OPEN_CONNECTIONS = 1000
"""The server answers 503 to clients beyond these."""

IDLE_S = 30
"""After how long the server closes a connection without a request."""

STOP_S = 10
"""How long open requests may take when the server stops."""


@contextmanager
def app_of(predictor: Predictor, limits: Limits, largest_batch: int) -> Iterator[FastAPI]:
    """Make the app of a model. When the block ends, what waits for the model is answered first.

    Args:
        predictor: The model. It sees a grey picture first, because its first run takes longer than all others.
        limits: What the server takes from its clients.
        largest_batch: Most images that the model runs on at a time.
    """
    Image.MAX_IMAGE_PIXELS = None  # the limit of pixels is the server's own
    grey = cv2.imencode(".jpg", np.full([SIDE, SIDE, 3], GREY, np.uint8))[1].tobytes()
    [example] = predictor.predict_files([grey])
    metrics = Metrics()
    batcher = Batcher(predictor.predict_files, largest_batch, limits.pixels, limits.queue, metrics.ran)
    try:
        yield create_app(Service(batcher, Answers(predictor.config, example), limits, metrics), metrics)
    finally:
        batcher.close()


def listen(host: str, port: int) -> socket.socket:
    """Take the port that clients connect to.

    Raises:
        PipelineError: The port is taken, or the host is no address of this machine.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=OPEN_CONNECTIONS)
    except (OSError, OverflowError) as error:
        number = getattr(error, "errno", 0)  # negative where the host is unknown
        reason = os.strerror(number) if number > 0 else str(error)
        raise PipelineError(f"{host}:{port}: {reason}; name others with --host and --port") from None


def run(app: FastAPI, listener: socket.socket) -> None:
    """Answer requests until the process gets SIGINT or SIGTERM, then answer the open ones and return."""
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        limit_concurrency=OPEN_CONNECTIONS,
        timeout_keep_alive=IDLE_S,
        timeout_graceful_shutdown=STOP_S,
    )
    # Uvicorn raises the signal again when it has stopped.
    previous = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        uvicorn.Server(config).run(sockets=[listener])
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, previous)
