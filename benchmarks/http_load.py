"""Load on the server of the exported detector: clients in parallel, with hostile requests in between.

python -m benchmarks.http_load [--clients 64] [--seconds 120] [--model models/exported/detector]

It starts the server on a free port of this machine, sends it test images of data/converted, and prints the rate, the
latency, the errors, and the memory of the server along the way. It fails if an image is refused, or a hostile request
is answered with anything but 4xx.
"""

import argparse
import asyncio
import re
import subprocess
import sys
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
import numpy as np
import orjson
import psutil

import pipeline  # noqa: F401  -- chooses Keras 2, before TensorFlow is imported

CONVERTED = Path("data/converted")
HOSTILE_SHARE = 0.1
"""Of the requests of each client, how many are hostile."""
MEMORY_EVERY_S = 15


class Request(NamedTuple):
    """A request, and whether it is to be refused."""

    path: str
    body: bytes
    hostile: bool


class Result(NamedTuple):
    """How a request went."""

    hostile: bool
    code: int
    seconds: float


def main() -> None:
    """Run the load and print what was measured."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--model", type=Path, default=Path("models/exported/detector"))
    options = parser.parse_args()
    requests = [*_good_requests(), *_hostile_requests()]
    with _server(options.model) as (address, process):
        results, memory = asyncio.run(
            _load(address, process, requests, clients=options.clients, seconds=options.seconds)
        )
        batches = httpx.get(f"{address}/metrics").text
    _report(results, memory, batches, options.seconds)


def _good_requests() -> list[Request]:
    """Return a request in each form for each test image."""
    from pipeline.inputs.examples import records

    requests = []
    for example in records(CONVERTED, "test").as_numpy_iterator():
        instance = {"b64": b64encode(example.encoded).decode()}
        requests += [
            Request("/v1/models/detector:predict", orjson.dumps({"instances": [instance]}), hostile=False),
            Request("/predict", example.encoded, hostile=False),
        ]
    return requests


def _hostile_requests() -> list[Request]:
    """Return requests that a server has to refuse."""
    import cv2

    bomb = cv2.imencode(".png", np.zeros([10_000, 10_000, 3], np.uint8))[1].tobytes()
    truncated = cv2.imencode(".jpg", np.zeros([200, 200, 3], np.uint8))[1].tobytes()[:-100]
    bodies = [
        b"",
        b"no JSON",
        b"[" * 1_000_000,
        b"\0" * 40_000_000,
        orjson.dumps({"instances": "text"}),
        orjson.dumps({"instances": [{"b64": "%%%"}]}),
        orjson.dumps({"instances": [1e308] * 10_000}),
        orjson.dumps({"instances": [{"b64": b64encode(bomb).decode()}]}),
        orjson.dumps({"instances": [{"b64": b64encode(truncated).decode()}]}),
    ]
    return [
        *(Request("/v1/models/detector:predict", body, hostile=True) for body in bodies),
        *(Request("/predict", body, hostile=True) for body in (b"", b"no image", truncated, bomb)),
        Request("/v1/models/../../etc/passwd", b"", hostile=True),
    ]


@contextmanager
def _server(model: Path) -> Iterator[tuple[str, psutil.Process]]:
    """Start the server, and yield its address and its process."""
    command = [sys.executable, "-m", "pipeline", "serve", "--model", str(model), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = (re.search(r" at (http://[^ ]+)/;", line) for line in process.stdout)
        try:
            yield next(line[1] for line in lines if line), psutil.Process(process.pid)
        finally:
            process.terminate()


async def _load(
    address: str, process: psutil.Process, requests: list[Request], *, clients: int, seconds: float
) -> tuple[list[Result], list[int]]:
    """Send requests for some time. Return how they went, and the memory of the server along the way, in bytes."""
    end, memory, results = time.monotonic() + seconds, [], []
    good = [request for request in requests if not request.hostile]
    hostile = [request for request in requests if request.hostile]

    async def client(number: int, connection: httpx.AsyncClient) -> None:
        draw = np.random.default_rng(number)
        while time.monotonic() < end:
            kind = hostile if draw.random() < HOSTILE_SHARE else good
            request = kind[draw.integers(len(kind))]
            start = time.perf_counter()
            answer = await connection.post(request.path, content=request.body)
            results.append(Result(request.hostile, answer.status_code, time.perf_counter() - start))

    async def watch() -> None:
        while time.monotonic() < end:
            memory.append(process.memory_info().rss)
            await asyncio.sleep(MEMORY_EVERY_S)
        memory.append(process.memory_info().rss)

    limits = httpx.Limits(max_connections=clients)
    async with httpx.AsyncClient(base_url=address, timeout=60, limits=limits) as connection:
        await asyncio.gather(watch(), *(client(number, connection) for number in range(clients)))
    return results, memory


def _report(results: list[Result], memory: list[int], metrics: str, seconds: float) -> None:
    """Print the figures, and exit with 1 where a request went wrong."""
    good = [result for result in results if not result.hostile]
    hostile = [result for result in results if result.hostile]
    latencies = 1000 * np.percentile([result.seconds for result in good], [50, 95, 99])
    images, batches = (
        int(float(re.search(rf"^detector_batch_images_{what} (\S+)$", metrics, re.MULTILINE)[1]))  # type: ignore[index]
        for what in ("sum", "count")
    )
    print(f"{len(good) / seconds:.1f} images/s; {images / batches:.1f} images a batch")
    print("latency: p50 {:.0f} ms, p95 {:.0f} ms, p99 {:.0f} ms".format(*latencies))
    print(f"images: {_codes(good)}; hostile requests: {_codes(hostile)}")
    print("memory of the server, MB: " + ", ".join(f"{size / 1e6:.0f}" for size in memory))
    if any(result.code != 200 for result in good) or any(not 400 <= result.code < 500 for result in hostile):
        sys.exit("error: a request was not answered as it should be")


def _codes(results: list[Result]) -> str:
    counts = sorted(Counter(result.code for result in results).items())
    return ", ".join(f"{count} x {code}" for code, count in counts)


if __name__ == "__main__":
    main()
