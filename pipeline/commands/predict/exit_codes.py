"""The exit codes of the commands that look at files of the user."""

FINE, SOME_FAILED, INTERRUPTED = 0, 3, 130
"""All files were done; some were not; the user interrupted. If nothing could be done, that is an error, code 1."""
