import unicodedata

import pytest

from pipeline.datasets.raw.folder import DatasetFolder, OutsideFolderError


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


@pytest.mark.parametrize(("there", "said"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_names_in_another_unicode_form_are_found(tmp_path, there, said):
    name = "Bär.jpg"
    (tmp_path / unicodedata.normalize(there, name)).touch()
    found = DatasetFolder(tmp_path).find(unicodedata.normalize(said, name), annotation="a.csv")
    assert found == unicodedata.normalize(there, name)


@pytest.mark.parametrize(
    "name", ["/content/drive/data/one/0.jpg", r"D:\data\one\0.jpg", r"\\server\one\0.jpg"]
)
def test_absolute_names_of_another_machine_lead_to_the_folder_of_that_name(tmp_path, name):
    for file in ("images/one/0.jpg", "images/two/0.jpg"):
        (tmp_path / file).parent.mkdir(parents=True)
        (tmp_path / file).touch()
    folder = DatasetFolder(tmp_path)
    assert folder.find(name, annotation="a.csv") == "images/one/0.jpg"
    for other in (name.replace("one", "three"), "/0.jpg", "/etc/passwd.jpg"):
        with pytest.raises(OutsideFolderError):
            folder.find(other, annotation="a.csv")


@pytest.mark.parametrize(
    "name", ["/content/drive/pets/0.jpg", "../input/pets/train/0.jpg", r"..\..\media\0.jpg", r"D:\0.jpg"]
)
def test_paths_of_another_machine_lead_to_the_only_image_of_that_name(tmp_path, name):
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "0.jpg").touch()
    folder = DatasetFolder(tmp_path)
    assert folder.find(name, annotation="a.csv") == "images/0.jpg"
    with pytest.raises(OutsideFolderError):
        folder.find(name.replace("0.jpg", "1.jpg"), annotation="a.csv")


def test_of_several_images_the_one_below_the_annotation_files_folder_is_meant(tmp_path):
    for file in ("cam1/0.jpg", "cam2/0.jpg"):
        (tmp_path / file).parent.mkdir()
        (tmp_path / file).touch()
    assert DatasetFolder(tmp_path).find("/home/me/0.jpg", annotation="cam2/a.csv") == "cam2/0.jpg"


def test_a_linked_folder_is_read_and_one_that_is_there_already_is_not_read_twice(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "0.jpg").touch()
    root = tmp_path / "data"
    (root / "real").mkdir(parents=True)
    (root / "real" / "1.jpg").touch()
    (root / "images").symlink_to(tmp_path / "disk")
    (root / "again").symlink_to(root / "real")
    (root / "real" / "up").symlink_to(root)
    assert DatasetFolder(root).files == ["images/0.jpg", "real/1.jpg"]
