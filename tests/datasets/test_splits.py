import numpy as np
import pandas as pd
import pytest

from pipeline.datasets.splits import assign_splits, split_table
from pipeline.datasets.table import AnnotationTable, TableBuilder


def table(files, classes=lambda number: [number % 2], split=lambda number: "") -> AnnotationTable:
    builder = TableBuilder()
    for number, file in enumerate(files):
        row = builder.image(file, 10, 10, split(number))
        for index, name in enumerate(classes(number)):
            builder.object(row, index, builder.label(f"class {name}"), (0, 0, 5, 5))
    return builder.build()


def assigned(built, val=0.15, test=0.15, seed=1) -> pd.Series:
    splits = assign_splits(built, val_fraction=val, test_fraction=test, seed=seed)
    return pd.Series(splits.to_numpy(), index=built.images["file"])


FILES = [f"{number:04d}.jpg" for number in range(1000)]


def test_shares_hold_in_all_and_in_each_class():
    built = table(FILES, lambda number: ["rare"] if number % 10 == 0 else ["usual"])
    splits = assigned(built)
    assert splits.value_counts().to_dict() == pytest.approx({"train": 700, "val": 150, "test": 150}, abs=2)
    rare = splits[[file for number, file in enumerate(FILES) if number % 10 == 0]]
    assert rare.value_counts().to_dict() == pytest.approx({"train": 70, "val": 15, "test": 15}, abs=1)


def test_neither_order_nor_other_images_matter_much():
    splits = assigned(table(FILES))
    backwards = assigned(table(FILES[::-1], lambda number: [(999 - number) % 2]))
    pd.testing.assert_series_equal(backwards.sort_index(), splits)
    grown = assigned(table([*FILES, "new.jpg"]))
    assert (grown[FILES] != splits[FILES]).sum() <= 2


def test_the_seed_draws_others():
    assert (assigned(table(FILES), seed=1) != assigned(table(FILES), seed=2)).sum() > 100


def test_many_small_classes_still_fill_val_and_test():
    built = table(FILES[:100], lambda number: [number])
    assert assigned(built).value_counts().to_dict() == pytest.approx(
        {"train": 70, "val": 15, "test": 15}, abs=1
    )


def test_what_is_given_is_honoured_and_val_is_taken_out_of_train():
    built = table(FILES[:100], split=lambda number: "test" if number < 30 else "train")
    splits = assigned(built)
    assert (splits == "test").sum() == 30 and set(splits[:30]) == {"test"}
    assert (splits == "val").sum() == pytest.approx(15, abs=1)  # of all 100, not of the 70


def test_unlisted_images_stay_out_and_are_said():
    built = table(FILES[:30], split=lambda number: "unlisted" if number == 3 else "train")
    result = split_table(built, val_fraction=0.2, test_fraction=0.2, seed=1)
    assert [(issue.file, issue.fault) for issue in result.issues] == [("0003.jpg", "image-not-listed")]
    assert result.images["split"][3] == "unlisted"


def test_an_image_of_two_splits_is_kept_in_the_test():
    builder = TableBuilder()
    for split in ("train", "test"):
        builder.image("a.jpg", 1, 1, split)
    built = builder.build()
    assert built.images["split"].tolist() == ["test"]
    assert [issue.fault for issue in built.issues] == ["image-in-two-splits"]


def test_the_table_is_sorted_and_numbered():
    built = table(["b.jpg", "a.jpg"], lambda number: [1, 0])
    assert built.images["file"].tolist() == ["a.jpg", "b.jpg"]
    assert built.objects[["image_id", "object"]].to_numpy().tolist() == [[1, 0], [1, 1], [2, 0], [2, 1]]
    assert built.class_names == ("class 1", "class 0")
    assert built.objects["label"].dtype == np.int64
