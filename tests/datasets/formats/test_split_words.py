import pytest

from pipeline.datasets.formats.shared.split_words import split_of


@pytest.mark.parametrize(
    ("file", "split"),
    [
        ("instances_train2017.json", "train"),
        ("Training/cats/1.jpg", "train"),
        ("train_val.json", "train"),
        ("trainval2012.json", "train"),
        ("train/val/1.xml", "val"),
        ("valid/_annotations.coco.json", "val"),
        ("Validate.json", "val"),
        ("instances_testing.json", "test"),
        ("image_info_test-dev2017.json", "test"),
        ("latest/training_data_test.json", "test"),
        ("trained/contest.json", ""),
    ],
)
def test_words_in_a_path_name_the_split(file: str, split: str) -> None:
    assert split_of(file) == split
