"""How much a compressed file may grow when it is unpacked."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What an archive may unpack to.

    Attributes:
        entries: Files and folders.
        ratio: Unpacked bytes for each byte of the archive. Images hardly shrink and JSON shrinks some 20
            times; a bomb goes beyond 1000.
        small: Unpacked bytes that are fine at any ratio.
    """

    entries: int = 5_000_000
    ratio: float = 200.0
    small: int = 100 * 2**20


LIMITS = Limits()
