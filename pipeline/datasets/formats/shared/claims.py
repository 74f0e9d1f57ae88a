"""Which annotation an image belongs to, where those of several images lead to one file.

``cam1/0.jpg`` and ``cam2/0.jpg`` both lead to the only ``0.jpg`` that is there. Only one of them means it.
"""

from pathlib import PurePosixPath
from typing import NamedTuple

from pipeline.datasets.raw.folder import common_end
from pipeline.datasets.table.faults import Action, Fault, Issue


class Claim(NamedTuple):
    """An image of the annotations.

    Attributes:
        annotation: The file that says so, relative to the dataset's folder.
        name: What it calls the image.
        shared: The file is that of many images, which are told apart by their names.
    """

    annotation: str
    name: str
    shared: bool

    @property
    def listed(self) -> str:
        """The file that a fault of it is listed under."""
        return self.name if self.shared else self.annotation

    def _folders(self) -> tuple[str, ...]:
        path = self.name.replace("\\", "/") if self.shared else self.annotation
        return PurePosixPath(path).parent.parts

    def agrees_with(self, other: "Claim") -> bool:
        """Say whether both can mean one image: a name may have more folders in one file than in another."""
        if self == other or not self.shared:
            return self.annotation == other.annotation
        mine, others = self._folders(), other._folders()
        return common_end(mine, others) == min(len(mine), len(others))

    def closeness(self, file: str) -> int:
        """Count the folders that it has in common with an image."""
        return common_end(self._folders(), PurePosixPath(file).parent.parts)


class Claims:
    """The images that are taken."""

    def __init__(self) -> None:
        self._claims: dict[str, Claim] = {}

    def take(self, file: str, claim: Claim) -> Claim | None:
        """Give an image to who claims it; return who goes without: an earlier one that is less close, or this."""
        earlier = self._claims.setdefault(file, claim)
        if earlier.agrees_with(claim):
            return None
        if claim.closeness(file) <= earlier.closeness(file):
            return claim
        self._claims[file] = claim
        return earlier

    def hold(self, file: str, claim: Claim) -> bool:
        """Say whether an image is this claim's."""
        return self._claims[file].agrees_with(claim)


def lost(file: str, claim: Claim) -> Issue:
    """Return the fault of one that went without."""
    detail = f"no image of its own is there: {file} belongs to another"
    return Issue(claim.listed, Fault(None, "missing-image", detail, Action.DROP_IMAGE))
