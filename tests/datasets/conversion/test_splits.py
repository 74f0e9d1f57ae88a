import numpy as np
import pandas as pd
import pytest

from pipeline.datasets.conversion.splits import assign_splits, split_table
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.builder import TableBuilder
from pipeline.params.load import load_params
from tests.support.project import ROOT


def table(files, classes=lambda number: [number % 2], split=lambda number: "") -> AnnotationTable:
    builder = TableBuilder()
    for number, file in enumerate(files):
        row = builder.image(file, 10, 10, split(number))
        for index, name in enumerate(classes(number)):
            builder.object(row, index, builder.label(f"class {name}"), (0, 0, 5, 5))
    return builder.build()


SETTINGS = load_params(ROOT / "params.yaml").convert


def assigned(built, val=0.15, test=0.15, seed=1, **changes) -> pd.Series:
    changes |= {"val_fraction": val, "test_fraction": test}
    splits = assign_splits(built, SETTINGS.model_copy(update=changes), seed=seed)
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
    result = split_table(built, SETTINGS, seed=1)
    assert [(issue.file, issue.fault.name) for issue in result.issues] == [("0003.jpg", "image-not-listed")]
    assert result.images["split"][3] == "unlisted"


def test_an_image_of_two_splits_is_kept_in_the_test():
    builder = TableBuilder()
    for split in ("train", "test"):
        builder.image("a.jpg", 1, 1, split)
    built = builder.build()
    assert built.images["split"].tolist() == ["test"]
    assert [issue.fault.name for issue in built.issues] == ["image-in-two-splits"]


def test_the_table_is_sorted_and_numbered():
    built = table(["b.jpg", "a.jpg"], lambda number: [1, 0])
    assert built.images["file"].tolist() == ["a.jpg", "b.jpg"]
    assert built.objects[["image_id", "object"]].to_numpy().tolist() == [[1, 0], [1, 1], [2, 0], [2, 1]]
    assert built.class_names == ("class 1", "class 0")
    assert built.objects["label"].dtype == np.int64


# ------------------------------------------------------------------ groups and folds


def film(number):
    return f"film{number // 25:02d}/frame_{number:04d}.jpg"


@pytest.mark.parametrize("by_pattern", [True, False])
def test_images_of_a_group_stay_together_and_the_shares_hold(by_pattern):
    builder = TableBuilder()
    for number in range(1000):
        group = "" if by_pattern else f"patient {number // 25}"
        row = builder.image(film(number), 10, 10, "", group=group)
        builder.object(row, 0, builder.label(f"class {number % 2}"), (0, 0, 5, 5))
    splits = assigned(builder.build(), group_pattern=r"(film\d+)/" if by_pattern else None)
    films = splits.groupby(splits.index.str.slice(0, 6)).nunique()
    assert len(films) == 40 and (films == 1).all()
    assert splits.value_counts().to_dict() == pytest.approx({"train": 700, "val": 150, "test": 150}, abs=50)


def grouped(groups, images, classes=1, **changes):
    """Return the splits of so many groups of so many images of each class."""
    builder = TableBuilder()
    for kind in range(classes):
        for group in range(groups):
            for number in range(images):
                name = f"{kind}-{group}"
                row = builder.image(f"{name}-{number}.jpg", 10, 10, "", group=name)
                builder.object(row, 0, builder.label(f"class {kind}"), (0, 0, 5, 5))
    built = builder.build()
    splits = assigned(built, val=0.1, test=0.1, **changes)
    assert (splits.groupby(built.images["group"].to_numpy()).nunique() == 1).all()
    return splits.value_counts().to_dict()


def test_few_groups_fill_every_split_and_no_more_than_must_be_is_held_out():
    assert grouped(5, 10) == {"train": 30, "val": 10, "test": 10}
    assert grouped(3, 10) == {"train": 10, "val": 10, "test": 10}
    assert grouped(5, 10, classes=4) == {"train": 160, "val": 20, "test": 20}
    assert grouped(4, 5, classes=3) == {"train": 50, "val": 5, "test": 5}


def test_a_share_that_is_rounded_to_no_image_takes_one_group():
    builder = TableBuilder()
    for number, group in enumerate(("a", "a", "b", "c")):
        row = builder.image(f"{number}.jpg", 10, 10, "", group=group)
        builder.object(row, 0, builder.label("cat"), (0, 0, 5, 5))
    splits = assigned(builder.build(), val=0.1, test=0.1)
    assert splits.iloc[0] == splits.iloc[1] and set(splits) == {"train", "val", "test"}


@pytest.mark.parametrize("seed", range(10))
def test_groups_of_any_size_come_near_to_the_shares(seed):
    builder = TableBuilder()
    for group, size in enumerate(np.random.default_rng(seed).integers(1, 12, 60).tolist()):
        for number in range(size):
            row = builder.image(f"{group}-{number}.jpg", 10, 10, "", group=str(group))
            builder.object(row, 0, builder.label(f"class {group % 3}"), (0, 0, 5, 5))
    built = builder.build()
    shares = assigned(built, val=0.15, test=0.15, seed=seed).value_counts(normalize=True)
    assert shares.to_dict() == pytest.approx(
        {"train": 0.7, "val": 0.15, "test": 0.15}, abs=6 / len(built.images) + 0.005
    )


def test_each_group_but_the_test_is_val_in_one_fold():
    built = table([film(number) for number in range(500)])
    pattern = {"group_pattern": r"(film\d+)/", "folds": 4}
    folds = [assigned(built, fold=fold, **pattern) for fold in range(1, 5)]
    assert all(((fold == "test") == (folds[0] == "test")).all() for fold in folds)
    times = sum((fold == "val").astype(int) for fold in folds)
    assert (times[folds[0] != "test"] == 1).all() and (times[folds[0] == "test"] == 0).all()
    assert all(fold.groupby(fold.index.str.slice(0, 6)).nunique().max() == 1 for fold in folds)
    assert max((fold == "val").sum() for fold in folds) <= 125


def test_images_that_the_pattern_does_not_meet_are_on_their_own():
    splits = assigned(table([f"loose{number}.jpg" for number in range(100)]), group_pattern=r"(film\d+)/")
    assert splits.value_counts().to_dict() == pytest.approx({"train": 70, "val": 15, "test": 15}, abs=2)


def test_each_image_but_the_test_is_val_in_one_fold():
    folds = [assigned(table(FILES), folds=5, fold=fold) for fold in range(1, 6)]
    assert all(((fold == "test") == (folds[0] == "test")).all() for fold in folds)
    times = sum((fold == "val").astype(int) for fold in folds)
    assert (times[folds[0] != "test"] == 1).all() and (times[folds[0] == "test"] == 0).all()
    assert [(fold == "val").sum() for fold in folds] == pytest.approx([170] * 5, abs=2)


def test_folds_do_not_heed_a_given_val():
    built = table(FILES[:100], split=lambda number: "val" if number < 50 else "train")
    splits = assigned(built, folds=2, fold=1)
    assert 0 < (splits[:50] == "val").sum() < 50


# ------------------------------------------------------------------ groups that the lists part


def parted(splits, **rules):
    """Build a group of the images whose split is given, among images on their own."""
    builder = TableBuilder()
    for number, split in enumerate(splits):
        builder.image(f"{number:02d}.jpg", 10, 10, split, group="film")
    for number in range(40):
        builder.image(f"loose{number}.jpg", 10, 10, "train")
    checks = SETTINGS.checks.model_copy(update=rules)
    built = builder.build()
    result = split_table(built, SETTINGS.model_copy(update={"checks": checks}), seed=1)
    issues = {
        issue.file: issue.fault.action_text
        for issue in result.issues
        if issue.fault.name == "group-in-two-splits"
    }
    return result.images["split"][: len(splits)].tolist(), issues


def test_a_group_that_the_lists_part_goes_to_what_is_held_out_first():
    splits, issues = parted(["train", "val", "val", "test"])
    assert splits == ["test"] * 4
    assert issues == {
        "00.jpg": "moved from train to test",
        "01.jpg": "moved from val to test",
        "02.jpg": "moved from val to test",
    }


def test_an_image_without_a_split_joins_its_group_and_one_unlisted_stays_out():
    splits, issues = parted(["", "val", "unlisted"])
    assert (splits, issues) == (["val", "val", "unlisted"], {})


def test_a_parted_group_can_be_kept():
    splits, issues = parted(["train", "test"], group_in_two_splits="keep")
    assert splits[1] == "test" and splits[0] != "test" and issues == {"00.jpg": "kept"}
