import os
import sys

import pytest

from pipeline.serving.formats.library_messages import hidden_messages


def test_only_messages_of_the_block_are_hidden(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="shown"), hidden_messages():
        os.write(2, b"of a library\n")
        raise ValueError("shown")
    print("after", file=sys.stderr)
    assert capfd.readouterr().err == "after\n"
