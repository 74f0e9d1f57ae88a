"""Gives the images that annotation files describe the splits that folders or lists name."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from pipeline.datasets.formats.shared.annotated_image import AnnotatedImage
from pipeline.datasets.table.faults import Issue


def with_splits(
    images: Iterable[AnnotatedImage | Issue], splits: Mapping[str, str]
) -> Iterator[AnnotatedImage | Issue]:
    """Yield each image with the split of its annotation file, and each issue as it is.

    Args:
        splits: train | val | test of each annotation file; "" if the split is unknown.
    """
    for image in images:
        yield image if isinstance(image, Issue) else image._replace(split=splits[image.annotation])


def once_per_split(image: AnnotatedImage, splits: Sequence[str]) -> Iterator[AnnotatedImage]:
    """Yield an image with its first split, then without objects and faults for each further split.

    So the checks find an image that is listed in several splits, and its objects and faults are counted once.

    Args:
        splits: One or more.
    """
    first, *others = splits
    yield image._replace(split=first)
    for split in others:
        yield image._replace(split=split, objects=(), faults=())
