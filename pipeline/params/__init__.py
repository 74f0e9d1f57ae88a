"""The typed schema of ``params.yaml``: one file for each section, their combinations, and the messages. It has no behaviour."""
