"""The checks of the classes: spellings of one name, classes without objects, and classes with too few objects."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence, Set
from dataclasses import replace
from itertools import count
from unicodedata import normalize

import numpy as np

from pipeline.datasets.checks.rules import judged, stopped
from pipeline.datasets.table.annotation_table import SPLITS, AnnotationTable, with_issues
from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.params.convert import Checks


def check_classes(table: AnnotationTable, checks: Checks) -> AnnotationTable:
    """Merge the spellings of one class name, and drop classes without objects if the rule is "drop".

    Two names are spellings of one name if they differ in case, blanks or Unicode form alone. The spelling with the
    most objects counts. The classes stay in order.
    """
    table = _with_one_spelling(table, checks)
    table = replace(table, class_names=distinct_names(table.class_names))
    used = set(table.objects["label"].unique().tolist())
    unused = [label for label in range(1, len(table.class_names) + 1) if label not in used]
    if not unused or not used:
        return table
    dropped = checks.class_unused == "drop"
    action, how = (Action.DROP, "class left out") if dropped else (Action.KEEP, "kept as a class")
    issues = []
    for label in unused:
        detail = f"{table.class_names[label - 1]}: no object in the dataset"
        issues.append(_of_dataset(stopped(Fault(None, "class-unused", detail, action, how), checks)))
    table = with_issues(table, issues)
    return _renumber(table, {label: label for label in sorted(used)}) if dropped else table


def _of_dataset(fault: Fault) -> Issue:
    return Issue("", fault)


def _with_one_spelling(table: AnnotationTable, checks: Checks) -> AnnotationTable:
    objects = Counter(table.objects["label"].tolist())
    spellings: defaultdict[str, list[int]] = defaultdict(list)
    for label, name in enumerate(table.class_names, start=1):
        spellings["".join(normalize("NFC", name).casefold().split())].append(label)
    written = distinct_names(table.class_names)
    target, issues = {}, []
    for labels in spellings.values():
        kept = max(labels, key=lambda label: (objects[label], -label))
        for label in labels:
            target[label] = kept
            if label != kept:
                issues.append(_of_dataset(_variant(table, label, kept, objects, checks, written)))
    if not issues:
        return table
    table = with_issues(table, issues)
    return table if checks.class_name_variant == "keep" else _renumber(table, target)


def _variant(
    table: AnnotationTable,
    label: int,
    kept: int,
    objects: Counter[int],
    checks: Checks,
    written: Sequence[str],
) -> Fault:
    """Return the fault of a spelling ``label`` of the class ``kept``. ``written`` are the names if both are kept."""
    name, other = (table.class_names[number - 1] for number in (label, kept))
    detail = f"{name!r} ({objects[label]} objects) and {other!r} ({objects[kept]})"
    if checks.class_name_variant == "keep":
        how = f"kept as two classes, {written[label - 1]!r} and {written[kept - 1]!r}"
        return Fault(None, "class-name-variant", detail, Action.KEEP, how)
    fault = Fault(None, "class-name-variant", detail, Action.REPAIR, f"taken as {other!r}")
    return judged(fault, checks)


def distinct_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the classes as they are written: none is empty, none has a line break, and all are different.

    The names are stripped, and a run of blanks or line breaks becomes one blank. A name that an earlier class has then
    gets a number: "dog" and "dog " become "dog" and "dog (2)".
    """
    tidy = [" ".join(name.split()) or "unnamed" for name in names]
    reserved = set(tidy)
    numbered: dict[str, Iterator[str]] = {}
    written = []
    for name in tidy:
        if name in numbered:
            free = next(each for each in numbered[name] if each not in reserved)
            reserved.add(free)
            written.append(free)
        else:
            numbered[name] = (f"{name} ({number})" for number in count(2))
            written.append(name)
    return tuple(written)


def _renumber(table: AnnotationTable, target: dict[int, int]) -> AnnotationTable:
    """Map the objects of each class to its target class, and number the target classes from 1.

    Args:
        target: Label: the label that gets its objects. A label without objects may be absent.
    """
    kept = sorted(set(target.values()))
    position = {label: number for number, label in enumerate(kept, start=1)}
    numbers = np.zeros(len(table.class_names) + 1, np.int64)
    for label, merged in target.items():
        numbers[label] = position[merged]
    objects = table.objects.assign(label=numbers[table.objects["label"].to_numpy()])
    return replace(table, objects=objects, class_names=tuple(table.class_names[label - 1] for label in kept))


def annotated_classes(table: AnnotationTable) -> Set[int]:
    """Return the labels of the classes that have objects."""
    return frozenset(table.objects["label"].unique().tolist())


def class_issues(table: AnnotationTable, annotated: Set[int], checks: Checks) -> list[Issue]:
    """List the classes that a split lacks, those of which no object is left, and the imbalance in train.

    Args:
        table: The table after the images were checked.
        annotated: The :func:`annotated_classes` before the images were checked. :func:`check_classes` lists the
            others.
    """
    split_of = dict(zip(table.images["id"].tolist(), table.images["split"], strict=True))
    pairs = zip(table.objects["image_id"].tolist(), table.objects["label"].tolist(), strict=True)
    objects = Counter((split_of[image], label) for image, label in pairs)
    faults = []
    for label, name in enumerate(table.class_names, start=1):
        lacking = [split for split in SPLITS if not objects[split, label]]
        if 0 < len(lacking) < len(SPLITS):
            faults.append(_missing_from_splits(name, lacking))
        elif lacking and (label in annotated or not annotated):
            detail = f"{name}: no object is left, all were dropped for their faults"
            faults.append(Fault(None, "class-unused", detail, Action.KEEP, "kept as a class"))
    in_train = {label: count for (split, label), count in objects.items() if split == "train"}
    faults += _imbalance(table, in_train, checks)
    return [_of_dataset(stopped(fault, checks)) for fault in faults]


def _missing_from_splits(name: str, splits: list[str]) -> Fault:
    why = "nothing to learn it from" if "train" in splits else "nothing to measure it by"
    detail = f"{name}: no object in {' and '.join(splits)}, {why}"
    return Fault(None, "class-missing-from-split", detail, Action.KEEP, "kept as a class")


def _imbalance(table: AnnotationTable, objects: dict[int, int], checks: Checks) -> list[Fault]:
    """Return the fault of too large an imbalance, if there is one.

    Args:
        objects: Label: number of objects in train. Classes without objects are absent.
        checks: The largest imbalance that is no fault.
    """
    if not objects:
        return []
    most, least = max(objects, key=objects.__getitem__), min(objects, key=objects.__getitem__)
    ratio = objects[most] / objects[least]
    if ratio <= checks.max_imbalance:
        return []
    counts = [f"{table.class_names[label - 1]} has {objects[label]:,}" for label in (most, least)]
    detail = f"in train {counts[0]} objects, {counts[1]}: {ratio:,.0f} to 1"
    return [Fault(None, "class-imbalance", detail, Action.KEEP, "kept; see train.class_balanced")]
