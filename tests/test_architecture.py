"""The rooms of ARCHITECTURE.md and the ``deps`` of dvc.yaml, held to what the code imports."""

import ast
import subprocess
import sys

import pytest
from ruamel.yaml import YAML

from tools.import_graph import PACKAGE, ROOT, closure, imported_names, stage_code

STAGES = YAML(typ="safe", pure=True).load(ROOT / "dvc.yaml")["stages"]
GROUND = {"errors", "params", "artifacts", "progress", "stage"}
ROOMS = {
    "errors": set(),
    "params": {"errors"},
    "artifacts": {"errors"},
    "progress": set(),
    "stage": {"errors", "params"},
    "ops": set(),
    "evaluation": {"errors", "artifacts"},
    "reporting": {"errors", "artifacts", "evaluation"},
    "datasets": {"errors", "params", "artifacts", "progress", "ops"},
    "models": {"errors", "artifacts", "ops"},
    "training": {"errors", "models"},
    "serving": {"models", "ops"},
    "stages": {
        "errors",
        "params",
        "artifacts",
        "progress",
        "stage",
        "ops",
        "evaluation",
        "reporting",
        "datasets",
        "models",
        "training",
        "serving",
    },
}
ROOMS["commands"] = ROOMS["stages"] | {"stages"}
FREE_OF_TENSORFLOW = ["download", "convert", "evaluate", "report"]
TENSORFLOW = {"tensorflow", "tensorflow_datasets", "tf_keras", "official"}
# They import it when a function is called: for the seeds of a training; for a dataset of TensorFlow Datasets.
WHEN_ASKED = {
    "pipeline/artifacts.py",
    "pipeline/datasets/tfds_source.py",
    "pipeline/datasets/tfds_features.py",
}


def room(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def modules() -> list[tuple[str, str]]:
    paths = sorted((ROOT / PACKAGE).rglob("*.py"))
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths]
    return list(zip(names, (str(path) for path in paths), strict=True))


@pytest.mark.parametrize(("name", "path"), [row for row in modules() if room(row[0]) in ROOMS])
def test_a_room_imports_only_the_rooms_it_may(name: str, path: str) -> None:
    own = room(name)
    for imported in imported_names(ROOT / path):
        other = room(imported)
        if other in ROOMS:
            assert other == own or other in ROOMS[own], f"{name} imports {imported}"
    if own == "stages" and not name.endswith("__init__"):
        others = {
            imported for imported in imported_names(ROOT / path) if imported.startswith("pipeline.stages.")
        }
        assert not others, f"{name} imports another stage: {others}"


@pytest.mark.parametrize("stage", STAGES)
def test_deps_of_a_stage_are_the_code_it_imports(stage: str) -> None:
    listed = [dep for dep in STAGES[stage]["deps"] if dep.startswith(f"{PACKAGE}/")]
    assert sorted(listed) == stage_code(stage), "run `make deps`"


@pytest.mark.parametrize("stage", FREE_OF_TENSORFLOW)
def test_stages_without_tensors_do_not_import_tensorflow(stage: str) -> None:
    for path in closure(f"{PACKAGE}.stages.{stage}"):
        if path.suffix == ".py":
            for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                tensorflow = {name for name in names if name.split(".")[0] in TENSORFLOW}
                assert not tensorflow or path.as_posix() in WHEN_ASKED, (
                    f"{stage} imports {tensorflow} in {path}"
                )


@pytest.mark.parametrize("stage", FREE_OF_TENSORFLOW)
def test_starting_such_a_stage_does_not_load_tensorflow(stage: str) -> None:
    code = f"import sys, {PACKAGE}.stages.{stage}; print(*{TENSORFLOW} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


def test_every_stage_parameter_is_a_section_of_params() -> None:
    params = YAML(typ="safe", pure=True).load(ROOT / "params.yaml")
    for stage in STAGES.values():
        for name in stage.get("params", []):
            value = params
            for key in name.split("."):
                assert key in value, name
                value = value[key]
