"""The commands of ``python -m pipeline``, one module or package for each."""
