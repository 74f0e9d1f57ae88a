from pipeline.datasets.checks.classes import annotated_classes, check_classes, class_issues, distinct_names
from pipeline.datasets.table.builder import TableBuilder
from pipeline.params.load import load_params

CHECKS = load_params().convert.checks


def table(*names, classes=(), split=lambda number: "train"):
    builder = TableBuilder()
    for name in classes:
        builder.label(name)
    for number, name in enumerate(names):
        row = builder.image(f"{number:04d}.jpg", 10, 10, split(number))
        builder.object(row, 0, builder.label(name), (0, 0, 5, 5))
    return builder.build()


def found(issues):
    return [(issue.fault.name, issue.fault.detail, issue.fault.action_text) for issue in issues]


def test_names_that_differ_by_case_or_blanks_become_the_more_frequent():
    settled = check_classes(table("Hot dog", "cat", "hot  dog", "hotdog", "hot  dog"), CHECKS)
    assert settled.class_names == ("cat", "hot dog")
    assert settled.objects["label"].tolist() == [2, 1, 2, 2, 2]
    assert found(settled.issues)[0] == (
        "class-name-variant",
        "'Hot dog' (1 objects) and 'hot  dog' (2)",
        "taken as 'hot  dog'",
    )


def test_variants_may_stay_apart():
    settled = check_classes(table("a", "A"), CHECKS.model_copy(update={"class_name_variant": "keep"}))
    assert settled.class_names == ("a", "A") and [issue.fault.name for issue in settled.issues] == [
        "class-name-variant"
    ]


def test_variants_that_are_kept_are_told_apart_by_a_number():
    given = table("dog", "dog ", "dog (2)", " dog", "cat")
    settled = check_classes(given, CHECKS.model_copy(update={"class_name_variant": "keep"}))
    assert settled.class_names == ("dog", "dog (3)", "dog (2)", "dog (4)", "cat")
    assert settled.objects["label"].tolist() == [1, 2, 3, 4, 5]
    assert found(settled.issues)[0] == (
        "class-name-variant",
        "'dog ' (1 objects) and 'dog' (1)",
        "kept as two classes, 'dog (3)' and 'dog'",
    )


def test_names_are_written_without_blanks_and_never_empty():
    assert distinct_names(["a\nb", "", " ", "a  b"]) == ("a b", "unnamed", "unnamed (2)", "a b (2)")


def test_an_unused_class_stays_or_goes():
    given = table("cat", "hat", "cat", classes=["ant", "cat", "dog", "hat"])
    kept = check_classes(given, CHECKS)
    assert kept.class_names == ("ant", "cat", "dog", "hat")
    assert [issue.fault.detail[:3] for issue in kept.issues] == ["ant", "dog"]
    dropped = check_classes(given, CHECKS.model_copy(update={"class_unused": "drop"}))
    assert dropped.class_names == ("cat", "hat") and dropped.objects["label"].tolist() == [1, 2, 1]


def test_what_a_split_lacks_is_said():
    splits = ["train", "val", "test", "train"]
    given = table("cat", "cat", "cat", "hat", split=splits.__getitem__)
    assert found(class_issues(given, annotated_classes(given), CHECKS)) == [
        (
            "class-missing-from-split",
            "hat: no object in val and test, nothing to measure it by",
            "kept as a class",
        )
    ]


def test_imbalance_in_train():
    given = table(*["cat"] * 201, "hat", "hat", classes=["unused"])
    imbalance = [
        issue
        for issue in found(class_issues(given, annotated_classes(given), CHECKS))
        if issue[0] == "class-imbalance"
    ]
    assert imbalance == [
        (
            "class-imbalance",
            "in train cat has 201 objects, hat has 2: 100 to 1",
            "kept; see train.class_balanced",
        )
    ]
    few = table(*["cat"] * 100, "hat")
    assert not [
        i for i in class_issues(few, annotated_classes(few), CHECKS) if i.fault.name == "class-imbalance"
    ]
