"""Which modules of the package a module needs; run as a script, it writes them into dvc.yaml's ``deps``."""

import ast
from pathlib import Path

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]
PACKAGE = "pipeline"


def module_path(name: str) -> Path | None:
    """Find a module's file; None where the name is not a module of the package (a function, say)."""
    base = ROOT.joinpath(*name.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


def imported_names(path: Path) -> set[str]:
    """List every name of the package that a file imports, at the top or inside a function."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in names if name.split(".")[0] == PACKAGE}


def parents(name: str) -> set[str]:
    """Name a module's packages, whose ``__init__`` run with it."""
    parts = name.split(".")
    return {".".join(parts[:length]) for length in range(1, len(parts))}


def closure(name: str) -> set[Path]:
    """Collect the files that running a module can execute, relative to the project, and the data files beside them."""
    found: set[Path] = set()
    waiting = {name} | parents(name)
    while waiting:
        path = module_path(waiting.pop())
        if path is None or path in found:
            continue
        found.add(path)
        for imported in imported_names(path):
            waiting |= {imported} | parents(imported)
    data = {file for path in found for file in path.parent.iterdir() if file.suffix in {".j2", ".css"}}
    return {path.relative_to(ROOT) for path in found | data}


def stage_code(stage: str) -> list[str]:
    """List the code that a stage depends on, as dvc.yaml has it."""
    return sorted(path.as_posix() for path in closure(f"{PACKAGE}.stages.{stage}"))


def write_deps() -> None:
    """Replace the code among each stage's ``deps``."""
    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.width = 110
    document = yaml.load(ROOT / "dvc.yaml")
    for name, stage in document["stages"].items():
        data = [dep for dep in stage["deps"] if not dep.startswith(f"{PACKAGE}/")]
        stage["deps"] = data + stage_code(name)
    yaml.dump(document, ROOT / "dvc.yaml")


if __name__ == "__main__":
    write_deps()
