"""What a check of combinations of parameters returns."""

Faults = list[tuple[bool, str]]
"""Pairs of a condition, which is true if the parameters are wrong, and its message."""
