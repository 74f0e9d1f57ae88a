"""Which limits on detections are said to be reached."""

from pipeline.evaluation.limits import limit_messages
from tests.support.truths import found, truth_of


def box(image: int, number: int, label: int = 1, **flags: int) -> dict[str, int]:
    x = 10 * number
    return {"image_id": image, "label": label, "xmin": x, "ymin": 0, "xmax": x + 8, "ymax": 8, **flags}


def detection(image: int, number: int, score: float, label: int = 1) -> tuple[float, ...]:
    return image, label, 10 * number, 0, 8, 8, score


def test_below_all_limits_nothing_is_said() -> None:
    truth = truth_of([box(1, 0), box(1, 1)])
    assert limit_messages(truth, found(detection(1, 0, 0.9)), "test", returned=2, counted=2) == []
    assert limit_messages(truth_of([]), found(), "val", returned=1, counted=1) == []


def test_images_with_more_objects_than_can_be_found() -> None:
    crowd = [box(3, number, crowd=1) for number in range(9)]
    truth = truth_of(
        [*(box(1, number) for number in range(4)), *(box(2, n, label=1 + n % 2) for n in range(3)), *crowd],
        images=5,
        classes=2,
    )
    assert limit_messages(truth, found(), "test", returned=2, counted=3) == [
        "export.max_detections is 2, but 2 of 5 test images have more objects, up to 4, which cannot all be found; "
        "set it to 4 or more",
        "evaluate.max_detections is 3, but 1 of 5 test images have more objects of one class, up to 4, which "
        "cannot all be found; set it to 4 or more",
    ]


def test_images_whose_detections_were_cut_off() -> None:
    rows = [detection(1, number, 0.9 - 0.1 * number) for number in range(3)]
    rows += [detection(2, 0, 0.5, label=2), detection(2, 1, 0.4), detection(2, 2, 0.3)]
    truth = truth_of([box(1, 0)], images=2, classes=2)
    assert limit_messages(truth, found(*rows), "val", returned=3, counted=2) == [
        "2 of 2 val images have as many detections as export.max_detections lets through, 3; the last of them "
        "scores up to 0.70",
        "1 of 2 val images have as many detections of one class as evaluate.max_detections lets through, 2; the "
        "last of them scores up to 0.80",
    ]
