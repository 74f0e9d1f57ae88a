"""Looks for the images of an annotation file near that file first."""

import posixpath
import re
from functools import lru_cache

from pipeline.datasets.formats.shared.split_words import WORDS_OF_SPLIT
from pipeline.datasets.raw.folder import DatasetFolder


def find_near(
    folder: DatasetFolder, name: str, annotation: str, split: str, *, shared: bool = True
) -> str | None:
    """Return the image that an annotation file calls ``name``, or None if there is no such image.

    If several folders have an image of that name, a folder is preferred that is called like the split, or like the
    annotation file or a word of its name, and then one near the annotation file; see :meth:`DatasetFolder.find_image`.

    Args:
        split: train | val | test; another value names no folder.
        shared: Whether the annotation file describes many images, so that its name may be that of their folder.

    Raises:
        OutsideFolderError: See :meth:`DatasetFolder.find_image`.
    """
    hints = _hints(annotation, split) if shared else WORDS_OF_SPLIT.get(split, frozenset())
    return folder.find(name, annotation=annotation, hints=hints)


@lru_cache(maxsize=64)
def _hints(annotation: str, split: str) -> frozenset[str]:
    """Return the names of folders that are likely to hold the images of an annotation file."""
    stem = posixpath.splitext(posixpath.basename(annotation.lower()))[0]
    return WORDS_OF_SPLIT.get(split, frozenset()).union(re.split(r"[_\-. ]", stem), [stem])
