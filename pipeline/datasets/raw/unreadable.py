"""The error of a file that cannot be read as what it should be."""


class UnreadableAnnotationError(ValueError):
    """An annotation file is broken. The message says how."""
