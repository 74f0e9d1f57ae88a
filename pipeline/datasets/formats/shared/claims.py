"""Assigns each image file to one image of the annotations.

If ``0.jpg`` exists only once, the annotations of ``cam1/0.jpg`` and of ``cam2/0.jpg`` are both matched to it. The
file is assigned to one of them, and the other is a ``missing-image``.
"""

from pathlib import PurePosixPath
from typing import NamedTuple

from pipeline.datasets.raw.folder import common_end
from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.datasets.table.repeated_annotations import is_marked_as_copy


class Claim(NamedTuple):
    """A claim of the annotations to an image file.

    Attributes:
        annotation: The annotation file, relative to the dataset's folder.
        name: The image's name or path in the annotation file.
        shared: Whether the annotation file describes many images, which are then distinguished by ``name``.
    """

    annotation: str
    name: str
    shared: bool

    @property
    def issue_file(self) -> str:
        """The file of an issue about the claim: the image's name, or the annotation file if it has one image."""
        return self.name if self.shared else self.annotation

    def _folders(self) -> tuple[str, ...]:
        """Return the folders of the image's name, or those of the annotation file if it has one image."""
        path = self.name.replace("\\", "/") if self.shared else self.annotation
        return PurePosixPath(path).parent.parts

    def agrees_with(self, other: "Claim") -> bool:
        """Return whether both claims can be about the same image.

        Annotation files of many images may name the same image with more or fewer of its folders, such as ``0.jpg``
        and ``cam1/0.jpg``.
        """
        if self == other or not self.shared:
            return self.annotation == other.annotation
        mine, others = self._folders(), other._folders()
        return common_end(mine, others) == min(len(mine), len(others))

    def closeness(self, file: str) -> int:
        """Return the number of folders in the longest common end of the claim's path and ``file``'s path."""
        return common_end(self._folders(), PurePosixPath(file).parent.parts)

    def rank(self, file: str) -> tuple[int, bool]:
        """Return a key by which claims to ``file`` are ordered, the best last."""
        return self.closeness(file), self.shared or not is_marked_as_copy(self.annotation)


class Claims:
    """The claim to which each image file is assigned."""

    def __init__(self) -> None:
        self._claims: dict[str, Claim] = {}

    def assign(self, file: str, claim: Claim) -> Claim | None:
        """Assign ``file`` to ``claim`` unless an earlier claim matches its path as well or better.

        Of two claims that match it equally well, that of an annotation file marked as a copy gives way.

        Returns:
            The claim that lost the file, or None if there was no conflict.
        """
        earlier = self._claims.setdefault(file, claim)
        if earlier.agrees_with(claim):
            return None
        if claim.rank(file) <= earlier.rank(file):
            return claim
        self._claims[file] = claim
        return earlier

    def assigned(self, file: str) -> Claim:
        """Return the claim that ``file``, which was claimed before, is assigned to."""
        return self._claims[file]

    def is_assigned(self, file: str, claim: Claim) -> bool:
        """Return whether ``file``, which was claimed before, is assigned to ``claim``."""
        return self._claims[file].agrees_with(claim)


def lost_claim_issue(file: str, claim: Claim, winner: Claim) -> Issue:
    """Return the issue of a claim whose image ``file`` is assigned to another claim.

    An annotation file that is marked as a copy, such as ``labels_old/0.xml``, annotates the image twice. The image of
    another one is missing.

    Args:
        winner: The claim that the image is assigned to.
    """
    if not claim.shared and is_marked_as_copy(claim.annotation):
        detail = f"{winner.annotation} annotates {file} too"
        fault = Fault(
            None, "image-annotated-twice", detail, Action.DROP, f"left out; {winner.annotation} counts"
        )
        return Issue(claim.annotation, fault)
    detail = f"no image of its own is there: {file} belongs to another"
    return Issue(claim.issue_file, Fault(None, "missing-image", detail, Action.DROP_IMAGE))
