"""The classes of a dataset: names that are one but for case, blanks or Unicode form; too few objects to learn from."""

from collections import Counter, defaultdict
from dataclasses import replace
from unicodedata import normalize

import numpy as np

from pipeline.datasets.table.annotation_table import SPLITS, AnnotationTable, Issue
from pipeline.params.convert import Checks


def settle_classes(table: AnnotationTable, checks: Checks) -> AnnotationTable:
    """Merge classes whose names are one but for case, blanks or Unicode form; drop unused ones if the rule says so.

    Of several spellings the one with the most objects counts; class ids stay in order.
    """
    table = _strip(_merge_variants(table, checks))
    used = set(table.objects["label"].unique().tolist())
    unused = [label for label in range(1, len(table.class_names) + 1) if label not in used]
    if not unused or not used:
        return table
    dropped = checks.class_unused == "drop"
    action = "class left out" if dropped else "kept as a class"
    issues = [
        Issue("", None, "class-unused", _unused(table.class_names[label - 1]), action) for label in unused
    ]
    table = replace(table, issues=(*table.issues, *issues))
    return _renumber(table, {label: label for label in sorted(used)}) if dropped else table


def _unused(name: str) -> str:
    return f"{name}: no object in the dataset"


def _merge_variants(table: AnnotationTable, checks: Checks) -> AnnotationTable:
    objects = Counter(table.objects["label"].tolist())
    spellings: defaultdict[str, list[int]] = defaultdict(list)
    for label, name in enumerate(table.class_names, start=1):
        spellings["".join(normalize("NFC", name).casefold().split())].append(label)
    target, issues = {}, []
    for labels in spellings.values():
        kept = max(labels, key=lambda label: (objects[label], -label))
        for label in labels:
            target[label] = kept
            if label != kept:
                issues.append(_variant(table, label, kept, objects, checks))
    if not issues:
        return table
    table = replace(table, issues=(*table.issues, *issues))
    return table if checks.class_name_variant == "keep" else _renumber(table, target)


def _variant(table: AnnotationTable, label: int, kept: int, objects: Counter[int], checks: Checks) -> Issue:
    name, other = (table.class_names[number - 1] for number in (label, kept))
    detail = f"{name!r} ({objects[label]} objects) and {other!r} ({objects[kept]})"
    action = {"keep": "kept as two classes", "stop": "dataset refused"}
    return Issue(
        "", None, "class-name-variant", detail, action.get(checks.class_name_variant, f"taken as {other!r}")
    )


def _strip(table: AnnotationTable) -> AnnotationTable:
    """Take blanks off the names' ends, and make one of several within; a line of labels.txt holds a name."""
    return replace(table, class_names=tuple(" ".join(name.split()) for name in table.class_names))


def _renumber(table: AnnotationTable, target: dict[int, int]) -> AnnotationTable:
    """Give each class the name and objects of its ``target``; labels without one have no objects."""
    kept = sorted(set(target.values()))
    position = {label: number for number, label in enumerate(kept, start=1)}
    numbers = np.zeros(len(table.class_names) + 1, np.int64)
    for label, merged in target.items():
        numbers[label] = position[merged]
    objects = table.objects.assign(label=numbers[table.objects["label"].to_numpy()])
    return replace(table, objects=objects, class_names=tuple(table.class_names[label - 1] for label in kept))


def class_issues(table: AnnotationTable, checks: Checks) -> list[Issue]:
    """List the classes that a split lacks or of which nothing is left, and the imbalance among those of train.

    Args:
        table: What was written.
        checks: The rules.
    """
    split_of = dict(zip(table.images["id"].tolist(), table.images["split"], strict=True))
    pairs = zip(table.objects["image_id"].tolist(), table.objects["label"].tolist(), strict=True)
    objects = Counter((split_of[image], label) for image, label in pairs)
    listed = {issue.detail for issue in table.issues if issue.fault == "class-unused"}
    issues = []
    for label, name in enumerate(table.class_names, start=1):
        lacking = [split for split in SPLITS if not objects[split, label]]
        if 0 < len(lacking) < len(SPLITS):
            issues.append(_lacking(name, lacking, checks))
        elif lacking and _unused(name) not in listed:
            detail = f"{name}: no object is left, all were dropped for their faults"
            action = "dataset refused" if checks.class_unused == "stop" else "kept as a class"
            issues.append(Issue("", None, "class-unused", detail, action))
    return issues + _imbalance(
        table, {label: n for (split, label), n in objects.items() if split == "train"}, checks
    )


def _lacking(name: str, splits: list[str], checks: Checks) -> Issue:
    why = "nothing to learn it from" if "train" in splits else "nothing to measure it by"
    detail = f"{name}: no object in {' and '.join(splits)}, {why}"
    action = "dataset refused" if checks.class_missing_from_split == "stop" else "kept as a class"
    return Issue("", None, "class-missing-from-split", detail, action)


def _imbalance(table: AnnotationTable, objects: dict[int, int], checks: Checks) -> list[Issue]:
    if not objects:
        return []
    most, least = max(objects, key=objects.__getitem__), min(objects, key=objects.__getitem__)
    ratio = objects[most] / objects[least]
    if ratio <= checks.max_imbalance:
        return []
    said = [f"{table.class_names[label - 1]} has {objects[label]:,}" for label in (most, least)]
    detail = f"in train {said[0]} objects, {said[1]}: {ratio:,.0f} to 1"
    action = "dataset refused" if checks.class_imbalance == "stop" else "kept; see train.class_balanced"
    return [Issue("", None, "class-imbalance", detail, action)]
