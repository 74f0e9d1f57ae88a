"""``python -m pipeline init``."""

from pipeline.commands.init.command import init

__all__ = ["init"]
