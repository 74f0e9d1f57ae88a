from pathlib import Path

import pytest

from pipeline.commands.inspect.command import inspect
from pipeline.errors import PipelineError


@pytest.mark.parametrize(
    ("html", "sheet", "said"),
    [
        (None, ".", r"--pictures \S+ is a folder; name a file"),
        (".", "worst.png", r"--html \S+ is a folder; name a file"),
        (None, "worst.jpg", r"--pictures \S+worst.jpg: name a file that ends in .png"),
    ],
)
def test_a_file_that_cannot_be_written_is_said_before_anything_is_read(
    tmp_path: Path, html: str | None, sheet: str, said: str
) -> None:
    with pytest.raises(PipelineError, match=said):
        inspect(
            tmp_path / "none",
            None,
            as_json=False,
            html=tmp_path / html if html else None,
            sheet=tmp_path / sheet,
        )


def test_a_refusal_is_in_the_json_object_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(PipelineError, match="does not exist"):
        inspect(tmp_path / "none", None, as_json=True, html=None, sheet=tmp_path / "worst.png")
    out = capsys.readouterr().out
    assert '"verdict": "refused"' in out and "does not exist" in out and '"faults"' not in out
