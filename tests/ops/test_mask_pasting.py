import numpy as np

from pipeline.ops.mask_pasting import paste_mask


def test_a_mask_of_the_size_of_its_box_is_copied() -> None:
    mask = np.array([[1.0, 0.0], [0.4, 0.6]], np.float32)
    pasted = paste_mask(mask, np.array([1.0, 2.0, 3.0, 4.0]), 4, 5, threshold=0.5)
    assert pasted.dtype == np.uint8
    np.testing.assert_array_equal(pasted, [[0] * 5, [0, 0, 1, 0, 0], [0, 0, 0, 1, 0], [0] * 5])


def test_between_the_centers_of_two_cells_the_mask_is_linear() -> None:
    """The cells' centers are at 2 and 6 px. The pixels' centers at 2.5 to 5.5 have 1/8 to 7/8 of the second cell."""
    mask = np.array([[0.0, 1.0], [0.0, 1.0]], np.float32)
    for threshold, first in ((0.1, 2), (0.5, 4), (0.7, 5), (1.0, 6)):
        pasted = paste_mask(mask, np.array([0.0, 0.0, 1.0, 8.0]), 1, 8, threshold=threshold)
        np.testing.assert_array_equal(pasted, [[0] * first + [1] * (8 - first)])


def test_a_box_over_the_edge_is_pasted_as_far_as_there_is_an_image() -> None:
    mask = np.zeros((4, 4), np.float32)
    mask[:, 2:] = 1  # the right half of the box
    pasted = paste_mask(mask, np.array([-10.0, 70, 10, 90]), 60, 80, threshold=0.5)
    assert pasted.sum() == 0
    pasted = paste_mask(mask[:, ::-1], np.array([-10.0, 70, 10, 90]), 60, 80, threshold=0.5)
    assert pasted[:10, 70:].all() and pasted.sum() == 100


def test_boxes_without_a_pixel() -> None:
    ones = np.ones((4, 4), np.float32)
    for box in ([0, 0, 0, 0], [5, 5, 5.3, 30], [90, 90, 99, 99], [9, 9, 3, 3]):
        assert paste_mask(ones, np.array(box, float), 60, 80, threshold=0.5).sum() == 0
