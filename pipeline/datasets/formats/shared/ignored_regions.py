"""Leaves out the objects of classes such as ``__ignore__``, which mark regions in which nothing is annotated."""

import re
from dataclasses import replace

import numpy as np

from pipeline.datasets.table.annotation_table import AnnotationTable, without_labels

# LabelMe has __ignore__ and _background_, KITTI has DontCare, VisDrone has ignored regions.
_IGNORED = re.compile(r"_*(ignored?([ _-]?regions?)?|don'?t[ _-]?care)_*|_+background_+", re.IGNORECASE)


def without_ignored_regions(table: AnnotationTable) -> AnnotationTable:
    """Return the table without the classes of ignored regions and their objects, which become issues."""
    names = table.class_names
    ignored = {
        label: f"its class is {name!r}"
        for label, name in enumerate(names, start=1)
        if _IGNORED.fullmatch(name.strip())
    }
    if not ignored:
        return table
    table = without_labels(table, "region-ignored", ignored)
    kept = [label for label in range(1, len(names) + 1) if label not in ignored]
    labels = np.zeros(len(names) + 1, np.int64)
    labels[kept] = np.arange(1, len(kept) + 1)
    objects = table.objects.assign(label=labels[table.objects["label"].to_numpy()])
    class_names = tuple(names[label - 1] for label in kept)
    return replace(table, objects=objects, class_names=class_names)
