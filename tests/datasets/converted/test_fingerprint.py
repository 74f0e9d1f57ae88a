"""The fingerprint tells test sets apart."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.datasets.converted.fingerprint import fingerprint, with_fingerprint
from pipeline.datasets.converted.ground_truth import GroundTruth
from tests.support.truths import truth_of

BOX = {"xmin": 10.0, "ymin": 20.0, "xmax": 50.0, "ymax": 60.0}
OTHER = {**BOX, "image_id": 2, "label": 2, "xmin": 1.5}


def truth(*boxes: dict[str, object]) -> GroundTruth:
    return truth_of(list(boxes), images=3, classes=2)


PLAIN = fingerprint(truth(BOX, OTHER))


def test_it_is_twelve_hex_digits_and_does_not_depend_on_the_order() -> None:
    assert len(PLAIN) == 12 and int(PLAIN, 16)
    assert fingerprint(truth(OTHER, BOX)) == PLAIN
    given = truth(BOX, OTHER)
    ids = {1: 7, 2: 5, 3: 6}  # the dataset has other images before these
    images = given.images.assign(id=given.images["id"].map(ids))[::-1]
    objects = given.objects.assign(image_id=given.objects["image_id"].map(ids))
    assert fingerprint(replace(given, images=images, objects=objects)) == PLAIN


@pytest.mark.parametrize(
    "boxes",
    [
        [BOX],
        [BOX, {**OTHER, "xmin": 2.0}],
        [BOX, {**OTHER, "label": 1}],
        [BOX, {**OTHER, "image_id": 3}],
        [BOX, {**OTHER, "difficult": 1}],
        [BOX, {**OTHER, "crowd": 1}],
        [BOX, {**OTHER, "mask": "T3T3"}],
    ],
)
def test_each_change_of_an_object_changes_it(boxes: list[dict[str, object]]) -> None:
    assert fingerprint(truth(*boxes)) != PLAIN


def test_other_images_and_other_keypoints_change_it() -> None:
    given = truth(BOX, OTHER)
    renamed = given.images.assign(file=["1.jpg", "2.jpg", "4.jpg"])
    assert fingerprint(replace(given, images=renamed)) != PLAIN
    points = [np.zeros([2, 3]), np.ones([2, 3])]
    one, other = (
        replace(given, objects=given.objects.assign(keypoints=order)) for order in (points, points[::-1])
    )
    assert len({fingerprint(one), fingerprint(other), PLAIN}) == 3


def test_only_the_test_split_counts_and_no_metrics_stay_none() -> None:
    given = truth(BOX, OTHER)
    val = given.images.assign(split=["test", "val", "val"])
    parted = replace(given, images=val)
    moved = replace(parted, objects=given.objects.assign(xmax=[50.0, 51.0]))
    assert with_fingerprint({"mAP": 0.5}, parted) == with_fingerprint({"mAP": 0.5}, moved)
    assert list(with_fingerprint({"mAP": 0.5}, parted)) == ["test_set", "mAP"]
    assert with_fingerprint({}, parted) == {}
