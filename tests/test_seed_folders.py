"""Folders of trainings that differ in their seed alone."""

from pathlib import Path

from pipeline.seed_folders import seed_folder, seed_numbers


def test_the_first_training_is_in_the_folder_itself_and_the_others_are_below_it(tmp_path: Path) -> None:
    assert seed_numbers(tmp_path) == [1]
    for number in (2, 3, 11):
        seed_folder(tmp_path, number).mkdir()
    assert seed_numbers(tmp_path) == [1, 2, 3]
    assert seed_folder(tmp_path, 1) == tmp_path
    assert seed_folder(tmp_path, 3) == tmp_path / "seed_3"


def test_a_folder_that_is_not_there_has_one_training(tmp_path: Path) -> None:
    assert seed_numbers(tmp_path / "absent") == [1]
