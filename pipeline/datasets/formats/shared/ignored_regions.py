"""Leaves out the objects of classes such as ``__ignore__``, which mark regions in which nothing is annotated."""

import re
from dataclasses import replace

import numpy as np

from pipeline.datasets.table.annotation_table import AnnotationTable, with_issues
from pipeline.datasets.table.faults import Action, Fault, Issue

# LabelMe has __ignore__ and _background_, KITTI has DontCare, VisDrone has ignored regions.
_IGNORED = re.compile(r"_*(ignored?([ _-]?regions?)?|don'?t[ _-]?care)_*|_+background_+", re.IGNORECASE)


def without_ignored_regions(table: AnnotationTable) -> AnnotationTable:
    """Return the table without the classes of ignored regions and their objects, which become issues."""
    names = table.class_names
    ignored = {label for label, name in enumerate(names, start=1) if _IGNORED.fullmatch(name.strip())}
    if not ignored:
        return table
    regions = table.objects["label"].isin(ignored)
    files = dict(zip(table.images["id"].tolist(), table.images["file"], strict=True))
    rows = table.objects.loc[regions, ["image_id", "object", "label"]].itertuples(index=False, name=None)
    issues = [
        Issue(
            files[image],
            Fault(position, "region-ignored", f"its class is {names[label - 1]!r}", Action.DROP_OBJECT),
        )
        for image, position, label in rows
    ]
    kept = [label for label in range(1, len(names) + 1) if label not in ignored]
    labels = np.zeros(len(names) + 1, np.int64)
    labels[kept] = np.arange(1, len(kept) + 1)
    objects = table.objects[~regions].reset_index(drop=True)
    objects = objects.assign(label=labels[objects["label"].to_numpy()])
    class_names = tuple(names[label - 1] for label in kept)
    return with_issues(replace(table, objects=objects, class_names=class_names), issues)
