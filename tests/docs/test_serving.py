"""The requests that docs/serving.md shows are answered by a running server."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.http import listening, picture
from tests.support.project import ROOT

BLOCK = re.compile(r"^<!-- not run: it needs a running server -->\n```(sh|python)\n(.+?)^```", re.M | re.S)
BLOCKS = BLOCK.findall((ROOT / "docs" / "serving.md").read_text(encoding="utf-8"))
ADDRESS = "http://127.0.0.1:8501/"


def test_the_page_has_examples() -> None:
    assert [language for language, _ in BLOCKS] == ["sh", "sh", "python"]


@pytest.mark.parametrize(("language", "text"), BLOCKS, ids=["file", "rows", "columns"])
def test_an_example_is_answered(language: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(picture(kind="JPEG"))
    command = ["bash", "-euo", "pipefail", "-c"] if language == "sh" else [sys.executable, "-c"]
    assert ADDRESS in text
    with listening() as address:
        done = subprocess.run(
            [*command, text.replace(ADDRESS, address)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
    assert "dog" in done.stdout
