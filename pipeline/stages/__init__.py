"""One module a DVC stage, named like it; each is run as ``python -m pipeline.stages.NAME``."""
