"""Names and order of classes that come with a number, a text, or both."""

from collections import defaultdict
from dataclasses import replace

import numpy as np

from pipeline.datasets.formats.shared.label_maps import LabelMap
from pipeline.datasets.table.annotation_table import AnnotationTable

_NUMBER = "\0"  # before a number that stands for a name; no name holds it


class NumberedClasses:
    """Names and order of the classes, known when all annotations are read.

    Until then a class is called by its text, or if it has none by a null character and its number.
    """

    def __init__(self, labels: LabelMap) -> None:
        self._labels = labels
        self._numbers: defaultdict[str, set[int | None]] = defaultdict(set)

    def key(self, number: int | None, text: str) -> str:
        """Return what the class is called until all are known; ``text`` is without null characters and outer blanks."""
        key = text or f"{_NUMBER}{number}"
        self._numbers[key].add(number)
        return key

    def name_classes(self, table: AnnotationTable) -> AnnotationTable:
        """Return the table with classes named and ordered; equal names become one class."""
        labels = self._labels
        if labels.counted and f"{_NUMBER}0" in self._numbers:
            labels = labels.from_zero()
        spelt = self._spelt_as_recorded(labels)
        numbers: defaultdict[str, set[int | None]] = defaultdict(set)
        names = {}
        for key in table.class_names:
            number = key.removeprefix(_NUMBER)
            names[key] = key if number == key else spelt.get(int(number), number)
            numbers[names[key]] |= self._numbers[key]
        order = list(dict.fromkeys([*(spelt[number] for number in sorted(spelt)), *_ordered(numbers)]))
        rank = {name: label for label, name in enumerate(order, start=1)}
        moved = np.array([0, *(rank[names[key]] for key in table.class_names)])
        objects = table.objects.assign(label=moved[table.objects["label"]])
        return replace(table, objects=objects, class_names=tuple(order))

    def _spelt_as_recorded(self, labels: LabelMap) -> dict[int, str]:
        """Return the map's names, but its key of a class where it is the key that the records hold."""
        return {
            number: labels.keys[number] if labels.keys[number] in self._numbers else name
            for number, name in labels.names.items()
        }


def _ordered(numbers: dict[str, set[int | None]]) -> list[str]:
    """Order names by their numbers if each has one of its own, else by themselves."""
    own = {name: next(iter(found)) for name, found in numbers.items() if len(found) == 1}
    if len(own) == len(numbers) == len(set(own.values())) and None not in own.values():
        return sorted(own, key=lambda name: own[name] or 0)
    return sorted(numbers)
