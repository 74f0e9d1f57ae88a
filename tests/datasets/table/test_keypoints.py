"""The keypoints of a table: their rows, and the box around them."""

import numpy as np
import pytest

from pipeline.datasets.table.keypoints import KeypointsBuilder, extent


def test_rows_are_those_that_were_added_and_none_is_absent() -> None:
    builder = KeypointsBuilder(("a", "b"))
    assert [builder.add([(1, 2, 2), (3, 4, 1)]), builder.add([(5, 6, 2), (0, 0, 0)])] == [0, 1]
    found = builder.build().of(np.array([1, -1, 0]))
    assert found.tolist() == [[[5, 6, 2], [0, 0, 0]], [[0, 0, 0]] * 2, [[1, 2, 2], [3, 4, 1]]]


def test_another_number_of_keypoints_is_refused() -> None:
    with pytest.raises(ValueError, match="3 keypoints, but the dataset has 2"):
        KeypointsBuilder(("a", "b")).add([(1, 2, 2)] * 3)


def test_a_dataset_without_keypoints() -> None:
    assert KeypointsBuilder().build().of(np.array([-1, -1])).shape == (2, 0, 3)


def test_the_box_encloses_the_labelled_keypoints() -> None:
    points = np.array([[10.0, 20, 2], [40, 25, 1], [99, 99, 0]])
    assert extent(points) == (10, 20, 40, 25)
    assert extent(points[:1]) == (9.5, 19.5, 10.5, 20.5)
    assert extent(points[:1] / 100, 0.01) == pytest.approx((0.095, 0.195, 0.105, 0.205))
    assert np.isnan(extent(points[2:])).all()
