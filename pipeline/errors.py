"""The exception for faults that the user can fix."""


class PipelineError(Exception):
    """A fault in the input, the parameters or the machine that the user can fix.

    Each line of its message names one fault: what is wrong, where, and what to do. A stage or command that raises it
    prints the message and exits with code 1, without a traceback.
    """


def one_line(error: Exception) -> str:
    """Return the message of an error, with each run of white space replaced by one blank."""
    return " ".join(str(error).split())
