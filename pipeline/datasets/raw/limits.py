"""Limits on the size of what a compressed file unpacks to."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits that protect memory and disk from an archive that unpacks to far more than its own size.

    Attributes:
        entries: Most files and folders in an archive.
        ratio: Most unpacked bytes for each byte of the archive. Images hardly shrink, JSON becomes about 20 times
            smaller, and a malicious archive has a ratio of 1000 and more.
        small: Unpacked bytes that are allowed at any ratio.
    """

    entries: int = 5_000_000
    ratio: float = 200.0
    small: int = 100 * 2**20


LIMITS = Limits()
