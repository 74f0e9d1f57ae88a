"""The typed schema of ``params.yaml``: a file for each section, their combinations, and the messages; no behaviour."""
