"""``python -m pipeline inspect``."""

from pipeline.commands.inspect.command import inspect

__all__ = ["inspect"]
