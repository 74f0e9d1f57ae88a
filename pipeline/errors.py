"""The one exception for a fault that the user can mend."""


class PipelineError(Exception):
    """A fault in the input, the parameters or the machine: what, where, and what to do, in one line.

    A stage or command that meets one prints its text and exits with code 1, without a traceback.
    """


def one_line(error: Exception) -> str:
    """Give an error's message without its line breaks."""
    return " ".join(str(error).split())
