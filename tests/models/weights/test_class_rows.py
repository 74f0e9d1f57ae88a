import numpy as np

from pipeline.models.weights.class_rows import equal_names, with_kept_rows


def test_names_are_equal_but_for_case_and_blanks_and_the_same_name_is_preferred() -> None:
    assert equal_names(["Traffic-light", "ant", "dog"], ["traffic light", "Dog", "dog"]) == [(0, 0), (2, 2)]
    assert equal_names(["ant"], []) == []


def test_rows_of_each_anchor_are_kept() -> None:
    given = np.arange(2 * 3, dtype=np.float32)  # two anchors of three rows
    kept = with_kept_rows(np.full(4, -1, np.float32), given, [(0, 0), (1, 2)], rows=2, given_rows=3)
    assert kept is not None
    np.testing.assert_array_equal(kept, [0, 2, 3, 5])


def test_wide_rows_and_channels_before_them_are_kept() -> None:
    given = np.arange(1 + 2 * 2, dtype=np.float32)
    value = np.full(1 + 3 * 2, -1, np.float32)
    kept = with_kept_rows(value, given, [(2, 1)], rows=3, given_rows=2, before=1, width=2)
    assert kept is not None
    np.testing.assert_array_equal(kept, [0, -1, -1, -1, -1, 3, 4])


def test_other_shapes_are_left_alone() -> None:
    assert with_kept_rows(np.zeros(4), np.zeros(5), [], rows=2, given_rows=3) is None
    assert with_kept_rows(np.zeros([1, 4]), np.zeros([2, 6]), [], rows=2, given_rows=3) is None
