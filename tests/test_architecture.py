"""The import table of ARCHITECTURE.md and the stages of ``dvc.yaml``, held to what the code imports."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.support.project import ROOT
from tools.import_graph import (
    DVC_FILES,
    PACKAGE,
    SCHEMA,
    SHELL,
    closure,
    imported_names,
    module_path,
    stage_deps,
    stage_params,
    with_deps_and_params,
)

STAGES = {
    stage: entry
    for file in DVC_FILES
    for stage, entry in YAML(typ="safe", pure=True).load(ROOT / file)["stages"].items()
}
EVERYWHERE = {"errors", "artifacts", "progress", "seed_folders", "workers"}
EVERYTHING = {"*"}
# room: what it may import besides EVERYWHERE; the same table is in ARCHITECTURE.md
ROOMS: dict[str, set[str]] = {
    "params": {"names"},
    "names": {"params"},
    "drawn": set(),
    "records": set(),
    "raw": {"records"},
    "table": {"raw"},
    "formats": {"table", "raw", "records", "params"},
    "checks": {"table", "raw", "params"},
    "converted": {"table", "raw", "records"},
    "conversion": {"formats", "checks", "table", "raw", "records", "converted", "params"},
    "writers": {"converted", "table"},
    "composed": {"table", "raw", "params"},
    "sources": {"raw", "records", "drawn", "params"},
    "evaluation": {"converted"},
    "reporting": {"evaluation", "converted"},
    "ops": {"params"},
    "inputs": {"ops", "converted", "params"},
    "models": {"ops", "params", "names"},
    "training": {"params", "models", "names", "inputs", "ops", "drawn", "evaluation", "converted"},
    "serving": {"params", "models", "names", "ops", "inputs", "evaluation", "converted", "records"},
    "embedding": {"models", "names", "inputs", "converted"},
    "explaining": {"models", "names"},
    "experiments": {"params"},
    "stages": EVERYTHING,
    "commands": EVERYTHING,
    "cli": EVERYTHING,
    "stage": {"params"},
    "errors": set(),
    "artifacts": set(),
    "progress": set(),
    "seed_folders": set(),
    "workers": set(),
    "__init__": set(),
    "__main__": {"cli"},
    "datasets": set(),
}
# sections that a room below datasets may import, where it may import the schema
SECTIONS = {
    "formats": {"dataset"},
    "checks": {"convert"},
    "conversion": {"convert", "dataset"},
    "sources": {"dataset"},
    "composed": {"dataset"},
    "inputs": {"train", "finetune"},
    "ops": {"dataset"},
}
TENSORFLOW_ROOMS = {
    "embedding",
    "explaining",
    "ops",
    "inputs",
    "models",
    "training",
    "serving",
    "stages",
    "commands",
}
TENSORFLOW = {"tensorflow", "tensorflow_datasets", "tf_keras", "keras_cv", "official"}
FREE_OF_TENSORFLOW = [
    "download",
    "compose",
    "convert",
    "evaluate",
    "report",
    "evaluate_classifier",
    "report_classifier",
]
NAMES = ("pipeline/models/backbones/names.py", "pipeline/models/backbones/layer_arithmetic.py")


def room_of(path: Path) -> str:
    """Return the room of a file, given relative to the project."""
    if path.as_posix() in NAMES:
        return "names"  # the modules of models that the schema reads, which are free of TensorFlow
    parts = path.with_suffix("").parts[1:]
    return parts[1] if parts[0] == "datasets" and parts[1:] != ("__init__",) else parts[0]


def module_files() -> list[str]:
    return sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / PACKAGE).rglob("*.py"))


def imported_files(file: str) -> set[Path]:
    found = (module_path(name) for name in imported_names(ROOT / file))
    return {path.relative_to(ROOT) for path in found if path is not None and path.stat().st_size}


@pytest.mark.parametrize("file", module_files())
def test_a_room_imports_only_the_rooms_it_may(file: str) -> None:
    own = room_of(Path(file))
    for imported in imported_files(file):
        other = room_of(imported)
        if other == own or other in EVERYWHERE or ROOMS[own] >= EVERYTHING or imported.name == "__init__.py":
            continue
        assert other in ROOMS[own], f"{file} imports {imported}"
        if other == "params" and own in SECTIONS:
            assert imported.stem in SECTIONS[own], f"{file} imports {imported}"


@pytest.mark.parametrize(
    "file", [file for file in module_files() if room_of(Path(file)) in {"stages", "commands"}]
)
def test_a_stage_imports_no_stage_and_a_command_no_command(file: str) -> None:
    parts = Path(file).parts[1:3]
    for imported in imported_files(file):
        others = imported.parts[1:3]
        same = others == parts or others[-1] == "__init__.py"
        assert others[0] != parts[0] or same, f"{file} imports {imported}"
        assert (parts[0], others[0]) != ("stages", "commands"), f"{file} imports {imported}"


@pytest.mark.parametrize("file", module_files())
def test_tensorflow_is_a_property_of_a_room(file: str) -> None:
    if room_of(Path(file)) in TENSORFLOW_ROOMS or file.startswith("pipeline/datasets/sources/tfds/"):
        return
    for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        assert TENSORFLOW.isdisjoint(name.split(".")[0] for name in names), f"{file} imports TensorFlow"


@pytest.mark.parametrize("stage", FREE_OF_TENSORFLOW)
def test_starting_such_a_stage_does_not_load_tensorflow(stage: str) -> None:
    code = f"import sys, {PACKAGE}.stages.{stage}; print(*{TENSORFLOW} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


def test_dvc_yaml_has_the_deps_and_params_of_the_code() -> None:
    for file in DVC_FILES:
        text = (ROOT / file).read_text(encoding="utf-8")
        assert with_deps_and_params(text) == text, "run `make deps`"


@pytest.mark.parametrize("stage", STAGES)
def test_the_imports_of_a_stage_are_inside_its_deps(stage: str) -> None:
    deps = STAGES[stage]["deps"]
    for file in closure(f"{PACKAGE}.stages.{stage}") - SHELL:
        if (
            len(ast.parse((ROOT / file).read_text(encoding="utf-8")).body) > 1
            if file.endswith(".py")
            else True
        ):
            assert any(file == dep or file.startswith(f"{dep}/") for dep in deps), f"{stage} needs {file}"


def test_what_reruns_after_a_change() -> None:
    listing = {stage: set(stage_deps(stage)) for stage in STAGES}

    def reruns(file: str) -> set[str]:
        return {
            s for s, deps in listing.items() if any(file == dep or file.startswith(f"{dep}/") for dep in deps)
        }

    assert reruns(f"{SCHEMA}/report.py") == set()
    assert reruns("pipeline/datasets/formats/cvat/shapes.py") == {"compose", "convert"}
    assert "zoo" not in reruns("pipeline/ops/windows.py")
    assert "zoo" not in reruns("pipeline/inputs/scene_augmentation.py")
    assert reruns("pipeline/ops/windows.py") >= {"train"}
    assert [stage for stage in STAGES if "report" in stage_params(stage)] == [
        "report",
        "report_classifier",
    ]


def test_every_stage_parameter_is_a_key_of_params() -> None:
    params = YAML(typ="safe", pure=True).load(ROOT / "params.yaml")
    for stage in STAGES.values():
        for name in stage.get("params", []):
            value = params
            for key in name.split("."):
                assert key in value, name
                value = value[key]


def test_modules_and_functions_are_short() -> None:
    data = {"pipeline/datasets/drawn/garments.py"}
    for file in module_files():
        text = (ROOT / file).read_text(encoding="utf-8")
        assert file in data or text.count("\n") <= 300, f"{file} is longer than 300 lines"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and node.end_lineno:
                assert node.end_lineno - node.lineno < 50, f"{file}: {node.name} is longer than 50 lines"
