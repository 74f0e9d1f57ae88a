import pytest

from pipeline.datasets.folder import DatasetFolder


@pytest.fixture
def folder(tmp_path):
    for file in ("a/IMG_1.JPG", "b/Twice.png", "c/TWICE.png", "d/exact.jpg", "e/Exact.jpg"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).touch()
    return DatasetFolder(tmp_path)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("IMG_1.JPG", "a/IMG_1.JPG"),
        ("img_1.jpg", "a/IMG_1.JPG"),
        ("images/Img_1.jpg", "a/IMG_1.JPG"),
        ("twice.png", None),
        ("exact.jpg", "d/exact.jpg"),
        ("img_2.jpg", None),
    ],
)
def test_letter_case_is_overlooked_where_one_file_alone_could_be_meant(folder, name, found):
    assert folder.find_image(name, annotation="labels.csv") == found


@pytest.mark.parametrize(
    ("stem", "found"), [("img_1", "a/IMG_1.JPG"), ("twice", None), ("exact", "d/exact.jpg")]
)
def test_of_stems_too(folder, stem, found):
    assert folder.find_image_by_stem(stem, annotation="labels/x.txt") == found
