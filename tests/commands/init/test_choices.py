import numpy as np
import pytest

from pipeline.commands.init.choices import Contents, model_choices, small_side, training_choices
from pipeline.commands.init.machine import Machine

LAPTOP = Machine(cores=2, gpus=0, memory=16.0)
PHOTOGRAPHS = Contents(
    train_images=160,
    train_objects=400,
    val_images=20,
    val_objects=20,
    classes=("cat", "dog"),
    small_side=0.25,
    most_objects=7,
    picture_side=640.0,
)


FACES = PHOTOGRAPHS._replace(keypoints=("left_eye", "right_eye"), most_objects=1)


def chosen(contents: Contents = PHOTOGRAPHS, machine: Machine = LAPTOP) -> dict[str, object]:
    return {choice.key: choice.value for choice in model_choices(contents, machine)}


def trained(
    contents: Contents = PHOTOGRAPHS, *, affordable: int = 400, minutes: float = 10
) -> dict[str, object]:
    choices = training_choices(contents, batch=16, affordable_steps=affordable, seconds=1.0, minutes=minutes)
    return {choice.key: choice.value for choice in choices}


@pytest.mark.parametrize(
    ("side", "size"),
    [(0.25, 320), (0.05, 320), (0.04, 416), (0.001, 512)],
)
def test_the_input_is_so_large_that_small_boxes_have_two_cells(side: float, size: int) -> None:
    assert chosen(PHOTOGRAPHS._replace(small_side=side))["train.image_size"] == size


def test_small_pictures_are_enlarged_only_for_small_boxes() -> None:
    thumbnails = PHOTOGRAPHS._replace(picture_side=200.0)
    assert chosen(thumbnails)["train.image_size"] == 256
    assert chosen(thumbnails._replace(small_side=0.05))["train.image_size"] == 320


def test_a_few_tiny_boxes_do_not_decide_the_size_but_a_class_of_small_ones_does() -> None:
    sides = np.concatenate([np.full(180, 0.2), np.full(12, 0.05)])
    assert small_side(sides, np.ones(192, int)) == pytest.approx(0.2)
    assert small_side(sides, np.repeat([1, 2], [180, 12])) == pytest.approx(0.05)
    assert small_side(sides, np.repeat([1, 2, 3], [180, 6, 6])) == pytest.approx(0.2)


def test_tiles_are_chosen_with_a_reason_and_taken_back() -> None:
    tiled = {choice.key: choice for choice in model_choices(PHOTOGRAPHS._replace(tile=640), LAPTOP)}
    assert tiled["convert.tile"].value == 640
    assert tiled["convert.tile"].reason == "whole pictures would show small boxes with less than 8 px"
    assert chosen()["convert.tile"] is None


def test_the_third_stage_stays_frozen_where_objects_are_few() -> None:
    assert chosen(PHOTOGRAPHS._replace(train_objects=299))["train.frozen_stages"] == 3
    assert chosen(PHOTOGRAPHS._replace(train_objects=300))["train.frozen_stages"] == 2


def test_the_finest_level_is_left_out_where_no_box_is_small() -> None:
    assert chosen()["train.gfl.min_level"] == 4
    assert chosen(PHOTOGRAPHS._replace(small_side=0.1))["train.gfl.min_level"] == 3


def test_with_a_gpu_the_network_and_the_input_are_larger() -> None:
    on_gpu = chosen(machine=LAPTOP._replace(gpus=1))
    assert (on_gpu["zoo.backbone"], on_gpu["train.image_size"]) == ("efficientnet_lite2", 480)


def test_little_memory_makes_a_small_batch() -> None:
    assert chosen()["train.batch_size"] == 16
    assert chosen(machine=LAPTOP._replace(memory=1.5))["train.batch_size"] == 4


def test_the_steps_fit_the_time_unless_the_images_are_few() -> None:
    assert trained()["train.steps"] == 400
    assert trained(affordable=10000)["train.steps"] == 2000  # 200 epochs of 160 images in batches of 16
    assert trained(PHOTOGRAPHS._replace(train_images=10), affordable=10000)["train.steps"] == 200


def test_what_depends_on_the_steps_follows_them() -> None:
    assert (trained()["train.warmup_steps"], trained()["train.ema"]) == (40, 0.978)
    short = trained(affordable=20)
    assert (short["train.warmup_steps"], short["train.ema"]) == (2, 0.7)


@pytest.mark.parametrize(
    ("classes", "flip"),
    [
        (("cat", "dog"), True),
        (("turn left", "stop"), False),
        (("left_hand", "right_hand"), False),
        (("RIGHT",), False),
        (("bright light",), True),
        (("a", "b"), False),
        (("x",), True),
    ],
)
def test_classes_that_a_mirror_changes_are_not_mirrored(classes: tuple[str, ...], flip: bool) -> None:
    assert trained(PHOTOGRAPHS._replace(classes=classes))["train.augment.flip"] is flip


def test_one_class_needs_no_classifier() -> None:
    one = trained(PHOTOGRAPHS._replace(classes=("cat",)))
    assert one["finetune.mode"] == "none" and "finetune.steps" not in one
    assert (trained()["finetune.mode"], trained()["finetune.steps"], trained()["finetune.head_steps"]) == (
        "finetune",
        300,
        30,
    )


def test_a_val_split_without_objects_is_not_evaluated() -> None:
    assert trained(PHOTOGRAPHS._replace(val_objects=0))["train.evaluations"] == 0


def test_crowded_images_have_room_for_their_detections() -> None:
    for parameter in ("export.max_detections", "evaluate.max_detections"):
        assert trained()[parameter] == 100
        assert trained(PHOTOGRAPHS._replace(most_objects=180))[parameter] == 300


def test_every_choice_has_a_reason() -> None:
    choices = model_choices(PHOTOGRAPHS, LAPTOP) + training_choices(
        PHOTOGRAPHS, batch=16, affordable_steps=400, seconds=1.234, minutes=10
    )
    assert all(len(choice.reason) > 8 and not choice.reason.endswith(".") for choice in choices)
    (steps,) = [choice.reason for choice in choices if choice.key == "train.steps"]
    assert steps == "1.23 s each on this machine, within 10 minutes; each train image is seen 40 times"


def test_a_dataset_of_keypoints_gets_a_detector_of_keypoints() -> None:
    assert chosen(FACES)["train.architecture"] == "keypoints"
    assert chosen(FACES._replace(most_objects=2))["train.architecture"] == "gfl"
    for images in (100, 5000):
        mixing = chosen(FACES._replace(train_images=images, train_objects=images))
        assert (mixing["train.augment.mosaic"], mixing["train.augment.mixup"]) == (0.0, 0.0)


def test_few_images_are_combined_and_few_objects_are_blended() -> None:
    assert chosen(PHOTOGRAPHS._replace(train_objects=299))["train.augment.mixup"] == 0.5
    assert chosen(PHOTOGRAPHS._replace(train_objects=300))["train.augment.mixup"] == 0.0
    assert chosen(PHOTOGRAPHS._replace(train_images=1999))["train.augment.mosaic"] == 0.5
    assert chosen(PHOTOGRAPHS._replace(train_images=2000))["train.augment.mosaic"] == 0.0


def test_no_value_of_an_earlier_init_for_another_dataset_remains() -> None:
    many = PHOTOGRAPHS._replace(train_images=5000, train_objects=9000, tile=640)
    for contents in (FACES, many, PHOTOGRAPHS._replace(val_objects=0)):
        assert {**chosen(contents), **trained(contents)}.keys() == {**chosen(), **trained()}.keys()
