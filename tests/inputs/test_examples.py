import numpy as np
import pytest
import tensorflow as tf

from pipeline.datasets.checks.masks import encode_png, fill_box
from pipeline.datasets.records.schema import RecordImage, RecordObjects, detection_example
from pipeline.inputs.examples import Example, batched, counted_boxes, epochs_of, parse_record


def record(*has_mask: bool) -> bytes:
    """Make a record of 20 x 10 px with one box per entry. If no box has a mask, no mask is written."""
    boxes = np.array([[number, 1, number + 4, 6] for number in range(len(has_mask))], float).reshape(-1, 4)
    return detection_example(
        RecordImage(encoded=b"bytes", format="png", file="a.png", id=7, width=20, height=10, sha256="00"),
        RecordObjects(
            boxes=boxes,
            labels=np.ones(len(boxes), np.int64),
            difficult=np.zeros(len(boxes), bool),
            crowd=np.zeros(len(boxes), bool),
            area=np.ones(len(boxes)),
            masks=[encode_png(fill_box(box, 20, 10)) for box in boxes] if any(has_mask) else [],
            has_mask=np.array(has_mask, bool),
        ),
        ["cat"],
    )


def test_masks_are_read_when_asked_for() -> None:
    example = parse_record(record(True, False, True), masks=True)
    np.testing.assert_array_equal(example.has_mask, [True, False, True])
    np.testing.assert_array_equal(example.size_px, [10, 20])
    pixels = tf.io.decode_png(example.encoded_masks[2])[..., 0].numpy()
    assert pixels.shape == (10, 20) and pixels[1:6, 2:6].all() and pixels.sum() == 20


def test_masks_are_not_read_unasked() -> None:
    example = parse_record(record(True))
    assert example.encoded_masks is None and example.has_mask is None and example.seed is None


@pytest.mark.parametrize("objects", [0, 3])
def test_objects_of_a_record_without_masks_get_placeholders(objects: int) -> None:
    for masks in (True, False):
        example = parse_record(record(*[False] * objects), masks=masks)
        assert example.boxes.shape == (objects, 4)
    example = parse_record(record(*[False] * objects), masks=True)
    assert example.encoded_masks.shape == example.has_mask.shape == (objects,)
    assert not example.has_mask.numpy().any()
    for png in example.encoded_masks:
        assert tf.io.decode_png(png).numpy().sum() == 0


def dataset() -> tf.data.Dataset:
    """Make images 0 to 5, of which image i has i objects; the first object of each is ignored."""

    def example(number: tf.Tensor) -> Example:
        return Example(
            encoded=tf.constant(b"bytes"),
            image_id=number,
            size_px=tf.constant([10, 20]),
            boxes=tf.fill([number, 4], tf.cast(number, tf.float32)),
            labels=tf.ones([number], tf.int32),
            ignored=tf.range(number) == 0,
        )

    return tf.data.Dataset.range(6).map(example)


def test_the_objects_of_a_batch_are_padded_to_its_longest() -> None:
    batches = list(
        batched(dataset(), lambda example: (example.boxes, example.labels), 4, drop_remainder=False)
    )
    assert [boxes.shape for boxes, _ in batches] == [(4, 3, 4), (2, 5, 4)]
    np.testing.assert_array_equal(batches[0][1], [[0, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1]])
    np.testing.assert_array_equal(batches[1][0][0, :, 0], [4, 4, 4, 4, 0])


def stream(seed: int, **options: object) -> list[tuple[int, int]]:
    """List image id and seed of two epochs."""
    tf.random.set_seed(1)  # tf.data refuses the computed seed of a shuffle if the global seed is 0
    examples = epochs_of(lambda order: dataset(), seed=seed, epochs=2, **options)
    return [(int(example.image_id), int(example.seed[0])) for example in examples]


def test_epochs_differ_and_repeat() -> None:
    first = stream(1)
    assert first == stream(1)
    assert first != stream(2)
    assert [image for image, _ in first[:6]] != [image for image, _ in first[6:]]
    assert (
        sorted(image for image, _ in first[:6]) == sorted(image for image, _ in first[6:]) == list(range(6))
    )
    assert len({seed for _, seed in first}) == 2  # one number per epoch, which the image's id follows


def test_each_repetition_has_another_seed() -> None:
    def repeats(example: Example, epoch: tf.Tensor) -> tf.Tensor:
        return tf.where(example.image_id == 3, tf.constant(2, tf.int64), epoch)

    images = stream(1, repeats=repeats)
    assert [image for image, _ in images[:2]] == [3, 3]  # the first epoch repeats the others 0 times
    assert sorted(image for image, _ in images[2:]) == [0, 1, 2, 3, 3, 4, 5]
    assert len({seed for image, seed in images if image == 3}) == 4


def test_counted_boxes_are_those_that_are_not_ignored() -> None:
    boxes, labels = counted_boxes(dataset())
    assert len(labels) == len(boxes)
    np.testing.assert_array_equal(boxes[:, 0], [2, 3, 3, 4, 4, 4, 5, 5, 5, 5])
    assert counted_boxes(dataset().take(1))[0].shape == (0, 4)


@pytest.mark.parametrize(("drop_remainder", "sizes"), [(True, [4]), (False, [4, 2])])
def test_batches_keep_the_order(drop_remainder: bool, sizes: list[int]) -> None:
    batches = list(batched(dataset(), lambda example: example.image_id, 4, drop_remainder=drop_remainder))
    assert [len(batch) for batch in batches] == sizes
    np.testing.assert_array_equal(tf.concat(batches, axis=0), np.arange(sum(sizes)))
