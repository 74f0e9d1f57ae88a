"""Every module of the package has a test file of its own name, or a row in ``tests/README.md``."""

import ast
import re
from pathlib import Path

import pytest

from tests.support.project import ROOT

ROW = re.compile(r"^\| `(pipeline/[^`]*)` \| `(tests/[^`]*)` \|$", re.MULTILINE)
ROWS = dict(ROW.findall((ROOT / "tests" / "README.md").read_text(encoding="utf-8")))


def has_code(path: Path) -> bool:
    """Return whether a module contains more than a docstring."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return any(not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) for node in body)


def own_test(module: str) -> str:
    """Return the test file of a module, both relative to the project."""
    path = Path(module)
    name = path.stem.strip("_")
    return Path("tests", *path.parts[1:-1], f"test_{name}.py").as_posix()


def rows_of(module: str) -> list[str]:
    """Return the rows of the table that cover a module: its own, and that of its folder."""
    return [row for row in (module, f"{Path(module).parent.as_posix()}/") if row in ROWS]


MODULES = sorted(
    path.relative_to(ROOT).as_posix() for path in (ROOT / "pipeline").rglob("*.py") if has_code(path)
)


@pytest.mark.parametrize("module", MODULES)
def test_each_module_has_a_test_file_or_a_row(module: str) -> None:
    assert (ROOT / own_test(module)).is_file() or rows_of(module), (
        f"{module} has no tests; write {own_test(module)}, or add a row to tests/README.md"
    )


@pytest.mark.parametrize("row", ROWS)
def test_each_row_names_a_module_or_folder_and_a_test_file_that_exist(row: str) -> None:
    assert (ROOT / row).is_dir() if row.endswith("/") else (ROOT / row).is_file(), f"remove the row of {row}"
    assert (ROOT / ROWS[row]).is_file(), f"{ROWS[row]} does not exist; correct the row of {row}"


def test_the_name_of_a_test_file() -> None:
    assert own_test("pipeline/ops/boxes.py") == "tests/ops/test_boxes.py"
    assert own_test("pipeline/__init__.py") == "tests/test_init.py"
    assert rows_of("pipeline/stages/train.py") == ["pipeline/stages/"]
