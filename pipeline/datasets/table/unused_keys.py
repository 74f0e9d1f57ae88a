"""Collects what annotation files hold and no reader uses, such as attributes, for one list at the end."""

from collections.abc import Iterable

from pipeline.datasets.table.faults import Action, Fault, Issue

_MOST = 50  # kinds of content that are listed

MOST_OF_IMAGE = 20
"""The number of kinds of content of one image that are listed."""

_LONGEST = 80  # characters of a kind that a message quotes


class UnusedKeys:
    """Kinds of content that are not used, each with an example and the number of images that have it.

    The number of kinds is bounded, because a hostile file may have millions of keys.
    """

    def __init__(self) -> None:
        self._examples: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self._more = ""  # an example of a kind beyond the bound

    def add(self, file: str, kinds: Iterable[str], count: int = 1) -> None:
        """Add the kinds of content that an annotation has and that are not used.

        Args:
            file: The annotation file, relative to the dataset's folder.
            kinds: Such as "the key 'flags'".
            count: The number of images, or of other things that have the content.
        """
        for kind in kinds:
            kind = kind[:_LONGEST]
            if kind not in self._counts and len(self._counts) == _MOST:
                self._more = self._more or file
                continue
            self._examples.setdefault(kind, file)
            self._counts[kind] = self._counts.get(kind, 0) + count

    def issues(self) -> list[Issue]:
        """Return one issue for each kind of content."""
        issues = [
            Issue(
                self._examples[kind],
                unused(f"{kind} is not used" + (f" ({count:,} times)" if count > 1 else "")),
            )
            for kind, count in self._counts.items()
        ]
        if self._more:
            issues.append(Issue(self._more, unused(f"more than {_MOST} kinds of content are not used")))
        return issues


def unused(detail: str) -> Fault:
    """Return the fault of content that is not used."""
    return Fault(None, "unused-content", detail, Action.KEEP)
