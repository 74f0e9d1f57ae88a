"""The command ``serve``: answer requests for detections over HTTP."""

from importlib.util import find_spec
from pathlib import Path

from pipeline.errors import PipelineError

PACKAGES = ("fastapi", "uvicorn")
"""What the server needs beyond the project's other dependencies: its extra ``serve``."""


def serve(
    *,
    model: Path,
    host: str,
    port: int,
    batch: int,
    body_mib: int,
    instances: int,
    megapixels: int,
    queue: int,
    seconds: int,
) -> None:
    """Serve an exported detector until the process gets SIGINT or SIGTERM.

    Args:
        host: The address to listen at.
        port: The port; 0 stands for any free one.
        batch: Most images that the model runs on at a time.
        body_mib: Most MiB in the body of a request.
        instances: Most images in a request.
        megapixels: Most million pixels of an image, and of all images of a batch together.
        queue: Most images that wait for the model.
        seconds: Most seconds until the body of a request has arrived, and then until its images are answered.

    Raises:
        PipelineError: The packages are not installed, there is no such detector, or the port is taken.
    """
    if missing := [name for name in PACKAGES if find_spec(name) is None]:
        raise PipelineError(
            f"{' and '.join(missing)} not installed, which serve needs; install {' and '.join(PACKAGES)} with pip"
        )
    from pipeline.serving import load_predictor
    from pipeline.serving.http.limits import Limits
    from pipeline.serving.http.server import app_of, listen, run

    limits = Limits(body_mib * 2**20, instances, megapixels * 1_000_000, queue, float(seconds))
    with (
        listen(host, port) as listener,
        app_of(load_predictor(model, batch_size=batch), limits, batch) as app,
    ):
        place = f"[{host}]" if ":" in host else host
        print(f"{model} at http://{place}:{listener.getsockname()[1]}/; Ctrl-C stops it", flush=True)
        run(app, listener)
    print("stopped")
