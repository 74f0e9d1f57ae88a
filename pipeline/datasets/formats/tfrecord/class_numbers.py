"""Names and orders classes that records give by number, by text, or by both."""

from collections import defaultdict
from dataclasses import replace

import numpy as np

from pipeline.datasets.formats.shared.label_maps import LabelMap
from pipeline.datasets.table.annotation_table import AnnotationTable, without_labels

_NUMBER = "\0"  # precedes a number that stands for a name; no name contains it


class NumberedClasses:
    """Collects the classes of all records, and then names and orders them.

    While the records are read, the key of a class is its text or, if it has none, a null character and its number.
    """

    def __init__(self, labels: LabelMap) -> None:
        self._labels = labels
        self._numbers: defaultdict[str, set[int | None]] = defaultdict(set)

    def key(self, number: int | None, text: str) -> str:
        """Return the key of a class.

        Args:
            number: The class number; None if the record has none.
            text: The class name, without null characters and without blanks at its ends; "" if the record has none.
        """
        key = text or f"{_NUMBER}{number}"
        self._numbers[key].add(number)
        return key

    def name_classes(self, table: AnnotationTable) -> AnnotationTable:
        """Return the table with its classes named and ordered.

        A class with a text keeps it. A class without text gets the label map's name of its number. If the label map
        has no name for it, its objects are dropped as ``unknown-class``; without a label map, it gets the number as
        text. Classes of the same name become one class. The classes of the label map come first, in the order of
        their numbers. Others follow, by their numbers if each has one of its own, else by name.

        Args:
            table: The table whose class names are the results of :meth:`key`.
        """
        labels = self._labels
        if labels.counted and f"{_NUMBER}0" in self._numbers:
            labels = labels.from_zero()
        names_by_number = self._names_in_records(labels)
        if names_by_number:
            table = _without_unnamed(table, names_by_number)
        numbers: defaultdict[str, set[int | None]] = defaultdict(set)
        names = {}
        used = set(table.objects["label"].tolist())
        for label, key in enumerate(table.class_names, start=1):
            if label not in used:
                continue
            number = key.removeprefix(_NUMBER)
            names[key] = key if number == key else names_by_number.get(int(number), number)
            numbers[names[key]] |= self._numbers[key]
        mapped = [names_by_number[number] for number in sorted(names_by_number)]
        order = list(dict.fromkeys([*mapped, *_ordered(numbers)]))
        rank = {name: label for label, name in enumerate(order, start=1)}
        new_labels = np.array([0, *(rank.get(names.get(key, ""), 0) for key in table.class_names)])
        objects = table.objects.assign(label=new_labels[table.objects["label"]])
        return replace(table, objects=objects, class_names=tuple(order))

    def _names_in_records(self, labels: LabelMap) -> dict[int, str]:
        """Return the label map's name of each number, or its key if the records use the key as text."""
        return {
            number: labels.keys[number] if labels.keys[number] in self._numbers else name
            for number, name in labels.names.items()
        }


def _without_unnamed(table: AnnotationTable, names: dict[int, str]) -> AnnotationTable:
    """Drop the objects whose number is not among the names of a label map, and list their issues."""
    numbers = {
        label: key.removeprefix(_NUMBER)
        for label, key in enumerate(table.class_names, start=1)
        if key.startswith(_NUMBER) and int(key.removeprefix(_NUMBER)) not in names
    }
    details = {
        label: f"class {number} is not among the {len(names)} names of the label map"
        for label, number in numbers.items()
    }
    return without_labels(table, "unknown-class", details)


def _ordered(numbers: dict[str, set[int | None]]) -> list[str]:
    """Return the names in the order of their numbers if each name has one number of its own, else sorted by name."""
    own = {name: next(iter(values)) for name, values in numbers.items() if len(values) == 1}
    if len(own) == len(numbers) == len(set(own.values())) and None not in own.values():
        return sorted(own, key=lambda name: own[name] or 0)
    return sorted(numbers)
