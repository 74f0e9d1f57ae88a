"""Which modules of the package a module needs, and what the stages of ``dvc.yaml`` therefore depend on.

python -m tools.import_graph    # writes deps and params of every stage into the dvc.yaml files
"""

import ast
import inspect
import re
import textwrap
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from pipeline.params.base import Section
from pipeline.params.schema import Params

ROOT = Path(__file__).parents[1]
DVC_FILES = (
    "dvc.yaml",
    "classification/dvc.yaml",
    "composed/dvc.yaml",
    "sound/dvc.yaml",
    "similar/dvc.yaml",
    "study/dvc.yaml",
)
PACKAGE = "pipeline"
SCHEMA = "pipeline/params"
"""The schema is no code dependency: it checks values and has no behaviour, and DVC watches the values themselves."""

UNTRACKED = {"tracking"}
"""Sections of ``params.yaml`` that shape no output of a stage, so that DVC runs nothing anew after a change of them."""

SHELL = {"pipeline/__init__.py", "pipeline/stage.py", "pipeline/errors.py", "pipeline/progress.py"}
"""What a stage needs to run, and what cannot change its outputs: arguments, messages and progress lines."""

COSTLY = {"zoo", "finetune", "train"}
"""Stages that train for minutes. They list single files of a room of which they use only a part, so that a change
elsewhere in the room does not train again for nothing."""

WHOLE = {"train": {"pipeline/inputs", "pipeline/models", "pipeline/ops"}}
"""Rooms that a costly stage lists as a whole all the same: what it does not use of them, finetune uses, whose output is
an input of this stage."""


def module_path(name: str) -> Path | None:
    """Return a module's file, or None if the name is not a module of the package but, for example, a function."""
    base = ROOT.joinpath(*name.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


@cache
def imported_names(path: Path) -> frozenset[str]:
    """Return every name of the package that a file imports, at the top or inside a function."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(name for name in names if name.split(".")[0] == PACKAGE)


def parents(name: str) -> set[str]:
    """Return the packages of a module, whose ``__init__`` files run with it."""
    parts = name.split(".")
    return {".".join(parts[:length]) for length in range(1, len(parts))}


def closure(name: str) -> set[str]:
    """Return the files that running a module can execute, and the data files beside them, relative to the project.

    The schema of ``params.yaml`` is left out, and so is all that only the schema imports.
    """
    found: set[Path] = set()
    waiting = {name} | parents(name)
    while waiting:
        path = module_path(waiting.pop())
        if path is None or path in found or path.is_relative_to(ROOT / SCHEMA):
            continue
        found.add(path)
        if path.relative_to(ROOT).as_posix() in SHELL:
            continue
        for imported in imported_names(path):
            waiting |= {imported} | parents(imported)
    data = {file for path in found for file in path.parent.iterdir() if file.suffix in {".j2", ".css"}}
    return {path.relative_to(ROOT).as_posix() for path in found | data}


def stage_deps(stage: str) -> list[str]:
    """Return the code that a stage depends on: rooms, and single files where a room would train again for nothing."""
    files = {file for file in closure(f"{PACKAGE}.stages.{stage}") - SHELL if _has_code(file)}
    return sorted({_dep(stage, file, files) for file in files})


def _dep(stage: str, file: str, files: set[str]) -> str:
    """Return the outermost folder of a file that the stage may list, or the file."""
    parts = Path(file).parts
    first = 3 if parts[1] == "datasets" else 2
    if parts[1] in {"stages", "commands"}:
        return file
    for length in range(first, len(parts)):
        folder = "/".join(parts[:length])
        if stage not in COSTLY or folder in WHOLE.get(stage, ()) or _modules(folder) <= files:
            return folder
    return file


def _modules(folder: str) -> set[str]:
    files = (path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob("*.py"))
    return {file for file in files if _has_code(file)}


@cache
def _has_code(file: str) -> bool:
    """Return whether a file holds more than a docstring."""
    return not file.endswith(".py") or len(ast.parse((ROOT / file).read_text(encoding="utf-8")).body) > 1


def stage_params(stage: str) -> list[str]:
    """Return the keys of ``params.yaml`` that shape what a stage makes, by the signature of its ``run``."""
    tree = ast.parse((ROOT / f"{PACKAGE}/stages/{stage}.py").read_text(encoding="utf-8"))
    run = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "run")
    keys: list[str] = []
    for argument in run.args.args:
        assert isinstance(argument.annotation, ast.Name), f"{stage}: {argument.arg} has no annotation"
        if argument.arg not in UNTRACKED:
            keys += _keys(argument.arg, argument.annotation.id)
    return keys


def _keys(name: str, kind: str) -> list[str]:
    """Return the section's name, or the keys of it where a stage takes a part of the section."""
    whole: Any = Params.model_fields[name].annotation
    part = getattr(inspect.getmodule(whole), kind, None)
    if inspect.isclass(part) and issubclass(part, Section) and part is not whole and issubclass(whole, part):
        return [f"{name}.{key}" for key in part.model_fields]
    return [name]


def with_deps_and_params(text: str) -> str:
    """Return the text of ``dvc.yaml`` with the code among each stage's ``deps``, and its ``params``, written anew."""
    for stage, entry in YAML(typ="safe", pure=True).load(text)["stages"].items():
        data = [dep for dep in entry["deps"] if not dep.startswith(f"{PACKAGE}/")]
        for key, values in (("deps", [*data, *stage_deps(stage)]), ("params", stage_params(stage))):
            if not values:
                continue
            pattern = rf"(^  {stage}:\n(?:    .*\n)*?)    {key}: \[[^]]*\]\n"
            text, count = re.subn(pattern, rf"\g<1>{_flow(key, values)}", text, flags=re.MULTILINE)
            assert count == 1, f"{stage}: {key} is not a list in brackets"
    return text


def _flow(key: str, values: list[str]) -> str:
    """Write a key of a stage and its values as a list in brackets, wrapped."""
    quoted = ", ".join(f"'{value}'" if "$" in value else value for value in values)
    lines = textwrap.wrap(
        f"{key}: [{quoted}]",
        width=118,
        initial_indent="    ",
        subsequent_indent="      ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the files."""
    for path in (ROOT / file for file in DVC_FILES):
        path.write_text(with_deps_and_params(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
