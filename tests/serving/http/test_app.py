import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest
from fastapi.testclient import TestClient

from pipeline.serving import Prediction
from pipeline.serving.http.limits import Limits
from tests.support.http import LIMITS, KnownPredictor, in_base64, picture, served

PREDICT = "/v1/models/detector:predict"


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with served() as client:
        yield client


def test_rows_are_answered_with_the_outputs_of_the_savedmodel(client: TestClient) -> None:
    body = {"instances": [in_base64(picture()), in_base64(picture(20, 10))]}
    first, second = client.post(PREDICT, json=body).json()["predictions"]
    assert first == {
        "boxes": [[0, 0, 30, 40], [0, 0, 0, 0], [0, 0, 0, 0]],
        "scores": [0.7, 0, 0],
        "classes": [2, 0, 0],
        "class_names": ["dog", "", ""],
        "num_detections": 1,
        "sizes": [30, 40],
        "valid": True,
        "keypoints": [[[20, 15, 0.9]], [[0, 0, 0]], [[0, 0, 0]]],
    }
    assert second["sizes"] == [10, 20]
    named = {"signature_name": "serving_default", "instances": [{"image_bytes": in_base64(picture())}]}
    assert client.post("/v1/models/detector/versions/1:predict", json=named).json() == {
        "predictions": [first]
    }


@pytest.mark.parametrize("inputs", [{"image_bytes": [in_base64(picture())]}, [in_base64(picture())]])
def test_columns_are_answered_by_output(client: TestClient, inputs: object) -> None:
    outputs = client.post(PREDICT, json={"inputs": inputs}).json()["outputs"]
    assert outputs["num_detections"] == [1] and outputs["boxes"][0][0] == [0, 0, 30, 40]
    assert client.post(PREDICT, json={"inputs": []}).json()["outputs"]["boxes"] == []


def test_a_bad_element_is_flagged_and_the_others_are_answered(client: TestClient) -> None:
    damaged = picture(kind="JPEG")[:-200]
    body = {"instances": [in_base64(b"no image"), in_base64(picture()), in_base64(damaged)]}
    found = client.post(PREDICT, json=body).json()["predictions"]
    assert [each["valid"] for each in found] == [False, True, False]
    assert found[0]["num_detections"] == 0 and found[0]["sizes"] == [0, 0]


def test_a_file_is_answered_for_people(client: TestClient) -> None:
    assert client.post("/predict", content=picture()).json() == {
        "width": 40,
        "height": 30,
        "detections": [
            {
                "class": "dog",
                "score": 0.7,
                "box": {"xmin": 0, "ymin": 0, "xmax": 40, "ymax": 30},
                "keypoints": [{"name": "nose", "x": 20, "y": 15, "visible": 0.9}],
            }
        ],
    }


@pytest.mark.parametrize("data", [b"", b"no image", picture(kind="JPEG")[:-200], picture(kind="GIF")])
def test_a_file_that_is_no_image_is_one_line(client: TestClient, data: bytes) -> None:
    answer = client.post("/predict", content=data)
    assert answer.status_code == 400
    assert answer.json() == {"error": "the body is no JPEG or PNG image that can be decoded"}


def test_a_form_is_refused(client: TestClient) -> None:
    answer = client.post("/predict", files={"file": picture()})
    assert answer.status_code == 415 and "--data-binary" in answer.json()["error"]


def test_the_model_says_its_status_and_its_signature(client: TestClient) -> None:
    [version] = client.get("/v1/models/detector").json()["model_version_status"]
    assert (version["version"], version["state"]) == ("1", "AVAILABLE")
    signatures = client.get("/v1/models/detector/versions/1/metadata").json()["metadata"]["signature_def"]
    outputs = signatures["signature_def"]["serving_default"]["outputs"]
    assert outputs["boxes"]["dtype"] == "DT_FLOAT" and outputs["class_names"]["dtype"] == "DT_STRING"
    assert [each["size"] for each in outputs["keypoints"]["tensor_shape"]["dim"]] == ["-1", "3", "1", "3"]


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/v1/models/other", 404),
        ("POST", "/v1/models/detector/versions/2:predict", 404),
        ("GET", "/page.css/..%2fapp.py", 404),
        ("GET", "/docs", 404),
        ("GET", PREDICT, 405),
    ],
)
def test_other_paths_are_refused_in_one_line(client: TestClient, method: str, path: str, code: int) -> None:
    answer = client.request(method, path)
    assert answer.status_code == code
    assert list(answer.json()) == ["error"]


def test_health_and_the_counts_of_what_was_answered() -> None:
    with served() as client:
        assert client.get("/health").json() == {"status": "ready"}
        assert client.head("/health").status_code == 200
        client.post(PREDICT, json={"instances": [in_base64(picture()), in_base64(b"no image")]})
        client.post(PREDICT, content=b"no JSON")
        client.get("/an/unknown/path")
        answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    for line in (
        f'http_requests_total{{path="{PREDICT}",code="200"}} 1',
        f'http_requests_total{{path="{PREDICT}",code="400"}} 1',
        'http_requests_total{path="other",code="404"} 1',
        "http_request_duration_seconds_count 5",
        'detector_images_total{valid="true"} 1',
        'detector_images_total{valid="false"} 1',
        'detector_batch_images_bucket{le="1"} 1',
        "detector_queue_images 0",
    ):
        assert f"\n{line}\n" in answer.text, line


class FailingPredictor(KnownPredictor):
    """Fails on batches with a picture of one pixel."""

    def predict_files(self, encoded: Sequence[bytes]) -> list[Prediction]:
        predictions = super().predict_files(encoded)
        if any(prediction.size_px == (1, 1) for prediction in predictions):
            raise RuntimeError("a fault of the model")
        return predictions


def test_an_image_that_the_model_fails_on_fails_its_own_request_only() -> None:
    with served(FailingPredictor()) as client, ThreadPoolExecutor(4) as clients:
        client = TestClient(client.app, raise_server_exceptions=False)
        pictures = [picture(), picture(1, 1), picture(), picture()]
        answers = list(clients.map(lambda data: client.post("/predict", content=data), pictures))
    assert [answer.status_code for answer in answers] == [200, 500, 200, 200]
    assert answers[1].json() == {"error": "the model failed; the log of the server says why"}


class HeldPredictor(KnownPredictor):
    """Takes the first batch of the clients, and then waits until it may go on."""

    def __init__(self) -> None:
        super().__init__()
        self.holds, self.may_go_on = threading.Event(), threading.Event()

    def predict_files(self, encoded: Sequence[bytes]) -> list[Prediction]:
        if self.batches:  # the first picture is the server's own
            self.holds.set()
            assert self.may_go_on.wait(30)
        return super().predict_files(encoded)


@contextmanager
def held(limits: Limits = LIMITS) -> Iterator[tuple[TestClient, HeldPredictor, Future[httpx.Response]]]:
    """Serve a predictor that holds the first picture, and yield the answer to come."""
    predictor = HeldPredictor()
    with ThreadPoolExecutor(1) as asking, served(predictor, limits) as client:
        try:
            answer = asking.submit(client.post, "/predict", content=picture())
            assert predictor.holds.wait(30)
            yield client, predictor, answer
        finally:
            predictor.may_go_on.set()


def wait_for_queue(client: TestClient, images: int) -> None:
    while f"\ndetector_queue_images {images}\n" not in client.get("/metrics").text:
        time.sleep(0.01)


def test_requests_that_come_while_the_model_runs_share_batches() -> None:
    with ThreadPoolExecutor(7) as clients, held() as (client, predictor, first):
        pictures = [picture(10 + index) for index in range(7)]
        answers = clients.map(lambda data: client.post("/predict", content=data).json(), pictures)
        wait_for_queue(client, 7)
        predictor.may_go_on.set()
        assert [answer["width"] for answer in answers] == [10 + index for index in range(7)]
        assert first.result().json()["width"] == 40
    assert predictor.batches == [1, 1, 4, 3]


def test_a_batch_has_no_more_pixels_than_the_largest_image() -> None:
    with ThreadPoolExecutor(3) as clients, held() as (client, predictor, _):
        answers = clients.map(lambda data: client.post("/predict", content=data), [picture(80, 60)] * 3)
        wait_for_queue(client, 3)
        predictor.may_go_on.set()
        assert [answer.status_code for answer in answers] == [200] * 3
    assert predictor.batches == [1, 1, 2, 1]


def test_a_full_queue_is_refused_until_later() -> None:
    with held(LIMITS._replace(queue=3)) as (client, _, _):
        answer = client.post(PREDICT, json={"instances": [in_base64(picture())] * 4})
    assert answer.status_code == 503 and answer.headers["retry-after"] == "1"
    assert answer.json() == {"error": "too many images wait for the model; try again later"}


def test_a_model_that_is_too_slow_is_said() -> None:
    with held(LIMITS._replace(seconds=0.5)) as (_, predictor, first):
        answer = first.result()
        assert answer.status_code == 504 and "within 0.5 s" in answer.json()["error"]
        predictor.may_go_on.set()


def test_the_server_answers_what_it_has_taken_before_it_ends() -> None:
    with held() as (client, _, first):
        assert not first.done()
    assert first.result().status_code == 200
    assert client.get("/health").status_code == 503
    assert client.post("/predict", content=picture()).status_code == 503
