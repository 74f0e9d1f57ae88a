"""The paths of the server, and what it does for each."""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as AnyHTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.serving.http.answers import Answers
from pipeline.serving.http.batching import Batcher, ModelError, QueueFullError
from pipeline.serving.http.bodies import Bodies, busy
from pipeline.serving.http.images import EncodedImage, checked_image
from pipeline.serving.http.limits import Limits
from pipeline.serving.http.metrics import CONTENT_TYPE, Metrics
from pipeline.serving.http.model_info import MODEL, metadata, status
from pipeline.serving.http.page import FILES, HEADERS
from pipeline.serving.http.predict_request import parse_predict_request
from pipeline.serving.prediction import Prediction
from pipeline.serving.saved_model import VERSION

Result = TypeVar("Result")

MODEL_PATH = f"/v1/models/{MODEL}"
VERSION_PATH = f"{MODEL_PATH}/versions/{VERSION}"
READ = ["GET", "HEAD"]


class Service:
    """Answers the requests for one model."""

    def __init__(self, batcher: Batcher, answers: Answers, limits: Limits, metrics: Metrics) -> None:
        self._batcher, self._answers, self._limits, self._metrics = batcher, answers, limits, metrics
        self._bodies = Bodies(limits)
        # One thread, so that one hostile body at a time takes up the memory that it unpacks to.
        self._parser = ThreadPoolExecutor(1, "bodies")

    async def predict(self, request: Request) -> Response:
        """Answer as TensorFlow Serving does for the signature ``serving_default``."""
        async with self._bodies.read(request) as body:
            parsed = await self._parse(lambda: parse_predict_request(body, self._limits))
            predictions = await self._detect(parsed.images)
        if predictions and not any(each.valid for each in predictions):
            raise HTTPException(400, "no element is a JPEG or PNG image that can be decoded")
        return _json(await self._parse(lambda: self._answers.predict_body(predictions, by_row=parsed.by_row)))

    async def predict_file(self, request: Request) -> Response:
        """Answer for an image file that is the body of the request, in a form for people."""
        if request.headers.get("content-type", "").startswith("multipart/"):
            raise HTTPException(
                415, "the body is a form; send the image file itself, as curl --data-binary does"
            )
        async with self._bodies.read(request) as body:
            image = await self._parse(lambda: checked_image(body, "the image", self._limits.pixels))
            [prediction] = await self._detect([image])
        if not prediction.valid:
            raise HTTPException(400, "the body is no JPEG or PNG image that can be decoded")
        return _json(self._answers.readable_body(prediction))

    async def health(self) -> Response:
        """Say whether the server takes images: 200, or 503 when it stops."""
        ready = self._batcher.alive
        return JSONResponse({"status": "ready" if ready else "stopping"}, 200 if ready else 503)

    async def metrics(self) -> Response:
        """Return the metrics in Prometheus' text format."""
        return Response(self._metrics.text(self._batcher.waiting), media_type=CONTENT_TYPE)

    async def model_status(self) -> Response:
        """Return the status of the model as TensorFlow Serving does."""
        return JSONResponse(status(available=self._batcher.alive))

    async def model_metadata(self) -> Response:
        """Return the signature of the model as TensorFlow Serving does."""
        return JSONResponse(metadata(self._answers.template))

    async def _parse(self, work: Callable[[], Result]) -> Result:
        """Run work on a whole body in the thread for that."""
        return await asyncio.get_running_loop().run_in_executor(self._parser, work)

    async def _detect(self, images: Sequence[EncodedImage | None]) -> list[Prediction]:
        """Return the predictions of images in their order; None stands for what is no image.

        Raises:
            HTTPException: The queue has no room (503), the model did not get to the images in time (504), or it
                failed on one (500).
        """
        try:
            results = self._batcher.submit([image for image in images if image is not None])
        except QueueFullError:
            raise busy("too many images wait for the model") from None
        try:
            async with asyncio.timeout(self._limits.seconds):
                found = iter(await asyncio.gather(*map(asyncio.wrap_future, results)))
        except TimeoutError:
            raise HTTPException(504, f"the model did not answer within {self._limits.seconds:g} s") from None
        except ModelError:
            raise HTTPException(500, "the model failed; the log of the server says why") from None
        predictions = [next(found) if image else self._answers.invalid for image in images]
        self._metrics.predicted([each.valid for each in predictions])
        return predictions


class Measured:
    """Counts each request by its path and status code, and measures its time."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request by the app, and count it."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        start, code = time.perf_counter(), 500

        async def note_code(message: Message) -> None:
            nonlocal code
            if message["type"] == "http.response.start":
                code = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, note_code)
        finally:
            path = scope["route"].path if "route" in scope else "other"
            self._metrics.answered(path, code, time.perf_counter() - start)


def create_app(service: Service, metrics: Metrics) -> FastAPI:
    """Return the app, which gives each path to the service."""
    app = FastAPI(openapi_url=None)  # its pages of documentation load scripts from the network
    for path in (MODEL_PATH, VERSION_PATH):
        app.add_api_route(f"{path}:predict", service.predict, methods=["POST"])
        app.add_api_route(path, service.model_status, methods=READ)
        app.add_api_route(f"{path}/metadata", service.model_metadata, methods=READ)
    app.add_api_route("/predict", service.predict_file, methods=["POST"])
    app.add_api_route("/health", service.health, methods=READ)
    app.add_api_route("/metrics", service.metrics, methods=READ)
    for path, (content, media_type) in FILES.items():
        app.add_api_route(path, _file(content, media_type), methods=READ)
    app.add_exception_handler(AnyHTTPException, _refusal)
    app.add_middleware(Measured, metrics=metrics)
    return app


def _file(content: bytes, media_type: str) -> Callable[[], Response]:
    """Return what answers with a file of the page."""

    def answer() -> Response:
        return Response(content, media_type=media_type, headers=HEADERS)

    return answer


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json")


async def _refusal(request: Request, error: Exception) -> Response:
    """Answer with the line of an error, as TensorFlow Serving does."""
    assert isinstance(error, AnyHTTPException)
    path = request.url.path[:80]
    lines = {
        404: f"{path} is no path of this server; the model is {MODEL_PATH}",
        405: f"{path} does not take {request.method}",
    }
    line = lines.get(error.status_code, error.detail)
    return JSONResponse({"error": line}, error.status_code, error.headers)
