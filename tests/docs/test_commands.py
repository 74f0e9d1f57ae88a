"""The commands of the documentation run as they stand, in a fresh clone of the last commit, with the small budget.

Only two things are changed in a command: `/path/to/folder` becomes a small dataset, and trainings are short.
Beside the clone, `../shared/data` is a link to the real datasets.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from pipeline.commands.inspect.command import FAULTS
from tests.support.project import REAL_DATA, ROOT

pytestmark = pytest.mark.slow

BLOCK = re.compile(
    r"^(<!-- not run: (?P<reason>[^\n]+) -->\n)?```(?P<language>sh|python)\n(?P<text>.+?)^```", re.M | re.S
)
NEEDS_REAL_DATA = "../shared/data"
PLACEHOLDER = "/path/to/folder"
SHORT = {"steps": 8, "evaluations": 1}
"""Parameters of the train stage, with the values that replace those of a command."""
SECONDS_A_BLOCK = 1800
IDENTITY = ["-c", "user.name=docs", "-c", "user.email=docs@example.org"]


class Block(NamedTuple):
    """A block of commands, with the page and the line where it stands."""

    where: str
    language: str
    text: str
    reason: str
    """Why it is not run; "" if it is."""


def blocks() -> list[Block]:
    """List the blocks of all pages; a block that stands on two pages comes once."""
    found: dict[str, Block] = {}
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        text = page.read_text(encoding="utf-8")
        for match in BLOCK.finditer(text):
            where = f"{page.name}:{text[: match.start('text')].count(chr(10)) + 1}"
            block = Block(where, match["language"], match["text"], match["reason"] or "")
            found.setdefault(block.text, block)
    return list(found.values())


class Clone:
    """A clone in which the pipeline has run with the small budget."""

    def __init__(self, folder: Path) -> None:
        """Clone the checkout, lend it the checkout's environment, and run the pipeline."""
        self.path = folder / "clone"
        subprocess.run(["git", "clone", "--quiet", ROOT, self.path], check=True)
        (self.path / ".venv").symlink_to(sys.prefix)
        (Path(sys.prefix) / ".locked").touch()  # newer than the clone's lock file
        (folder / "shared").mkdir()
        (folder / "shared" / "data").symlink_to(REAL_DATA)
        self.dataset = folder / "dataset"
        self.run("python -m tools.small_budget params.yaml\nmake repro")
        self.run(f"python -m pipeline to voc {self.dataset}")
        (self.path / "photo.jpg").write_bytes(next(self.dataset.rglob("*.jpg")).read_bytes())
        subprocess.run(
            ["git", *IDENTITY, "commit", "--quiet", "--all", "-m", "small"], cwd=self.path, check=True
        )

    def run(self, text: str, language: str = "sh") -> None:
        """Run a block in the clone's folder; a failure shows what it printed."""
        command = ["timeout", str(SECONDS_A_BLOCK)]  # it ends the children too
        command += ["bash", "-euo", "pipefail", "-c"] if language == "sh" else ["python", "-c"]
        done = subprocess.run(
            [*command, text],
            cwd=self.path,
            env={**os.environ, "PATH": f"{self.path}/.venv/bin:{os.environ['PATH']}"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        expected = (0, FAULTS) if "pipeline inspect" in text else (0,)
        assert done.returncode in expected, f"exit code {done.returncode} of\n{text}\n{done.stdout[-4000:]}"

    def reset(self) -> None:
        """Bring back parameters, metrics and outputs of the first run."""
        self.run("git reset --quiet --hard && dvc checkout --quiet --force --allow-missing")


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    yield Clone(tmp_path_factory.mktemp("docs"))


@pytest.mark.parametrize("block", blocks(), ids=lambda block: block.where)
def test_commands_run(block: Block, request: pytest.FixtureRequest) -> None:
    if block.reason:
        pytest.skip(block.reason)
    if NEEDS_REAL_DATA in block.text and not REAL_DATA.is_dir():
        pytest.skip(f"real datasets not found at {REAL_DATA}; set PIPELINE_REAL_DATA to their folder")
    clone: Clone = request.getfixturevalue("clone")
    text = block.text.replace(PLACEHOLDER, str(clone.dataset))
    for name, value in SHORT.items():
        text = re.sub(rf"\btrain\.{name}=\d+", f"train.{name}={value}", text)
    try:
        clone.run(text, block.language)
    finally:
        clone.reset()
