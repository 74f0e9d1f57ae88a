"""The typed schema of ``params.yaml``: the sections, their valid combinations, and the error messages."""
