"""The command ``check`` names each missing or wrong file on one line."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import pytest
from ruamel.yaml import YAML

from pipeline.commands.check import OUTPUTS, file_faults
from tests.support.params_file import changed_params, write_params
from tests.support.project import PARAMS, ROOT

GARDEN = {"train__init": "checkpoint", "zoo__backbone": "garden_resnet18", "zoo__weights": "builtin"}


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the default paths of ``params.yaml``, which is the working directory of the test."""
    (tmp_path / "data" / "local").mkdir(parents=True)
    (tmp_path / "data" / "weights").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def faults(project: Path, **changes: Any) -> list[str]:
    return file_faults(changed_params(project, **changes))


def write_checkpoint(folder: Path, name: str = "ckpt-7", latest: str | None = "ckpt-7") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.index").write_bytes(b"")
    if latest is not None:
        (folder / "checkpoint").write_text(f'model_checkpoint_path: "{latest}"\n')


def run_check(folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin"}
    command = [sys.executable, "-m", "pipeline", "check"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_the_projects_own_parameters_are_in_order() -> None:
    done = run_check(ROOT)
    assert (done.returncode, done.stdout) == (0, "params.yaml is in order\n"), done.stderr


def test_relative_paths_are_named_for_experiments_in_other_folders(project: Path) -> None:
    (project / "data" / "local" / "a b.jpg").write_bytes(b"")
    write_params(project, dataset__source="path")
    done = run_check(project)
    assert done.stdout.splitlines() == [
        "params.yaml is in order",
        f"for dvc exp run with --temp or --queue, give absolute paths: -S dataset.path={project}/data/local",
    ]
    write_params(project, dataset__source="path", dataset__path=f"{project}/data/local")
    assert run_check(project).stdout == "params.yaml is in order\n"


def test_a_tilde_is_for_shells(project: Path) -> None:
    assert faults(project, dataset__source="path", dataset__path="~/photos") == [
        f"dataset.path is ~/photos, but only a shell knows what ~ is; write {Path.home()}/photos"
    ]


def test_each_missing_dependency_of_dvc_is_one_line_even_if_no_stage_reads_it(project: Path) -> None:
    write_params(project, train__checkpoint="data/garden")
    for folder in ("local", "weights"):
        (project / "data" / folder).rmdir()
    done = run_check(project)
    reason = "which does not exist; create it, because DVC needs it even if no stage reads it"
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"error: params.yaml: dataset.path is data/local, {reason}",
        f"error: params.yaml: zoo.file is data/weights, {reason}",
        f"error: params.yaml: finetune.checkpoint is data/weights, {reason}",
        f"error: params.yaml: train.checkpoint is data/garden, {reason}",
    ]


def test_outside_the_project_the_message_says_where_to_run(project: Path) -> None:
    done = run_check(project)
    assert done.returncode == 1
    assert done.stderr == "error: params.yaml: not found; run the command in the project's folder\n"


def test_check_does_not_import_tensorflow() -> None:
    code = (
        "import sys, pipeline.cli; from pathlib import Path\n"
        "from pipeline.commands.check import _weights_problem; _weights_problem(Path('params.yaml'))\n"
        "print('h5py' in sys.modules, *{'tensorflow', 'tf_keras'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


def test_a_dataset_in_a_folder_must_have_files(project: Path) -> None:
    local = project / "data" / "local"
    changes = {"dataset__source": "path"}
    empty = "dataset.path is data/local, which contains no data; copy the images and annotations into it"
    assert faults(project, **changes) == [empty]
    (local / "README.md").write_text("the placeholder of the repository")
    assert faults(project, **changes) == [empty]
    (local / "images").mkdir()
    (local / "images" / "a.jpg").write_bytes(b"")
    assert faults(project, **changes) == []


def test_a_dataset_in_a_folder_must_be_a_folder(project: Path) -> None:
    (project / "images.zip").write_bytes(b"PK")
    changes = {"dataset__source": "path", "dataset__path": "images.zip"}
    assert faults(project, **changes) == [
        "dataset.path is images.zip, which is not a folder; unpack it, or set dataset.source to url and dataset.url "
        "to a file:// URL"
    ]
    assert faults(project, dataset__path="images.zip") == []
    missing = {"dataset__source": "path", "dataset__path": "absent"}
    assert faults(project, **missing) == [
        "dataset.path is absent, which does not exist; set it to an existing path"
    ]


@pytest.mark.parametrize(
    ("path", "output"),
    [(".", "data/raw"), ("data", "data/raw"), ("models/zoo/x", "models"), ("/", "data/raw")],
)
def test_no_dependency_overlaps_an_output(project: Path, path: str, output: str) -> None:
    assert faults(project, dataset__source="builtin", dataset__path=path) == [
        f"dataset.path is {path}, which overlaps the output folder {output} of the project; set it to a path of its own"
    ]


@pytest.mark.parametrize("relative", [False, True])
def test_an_archive_on_this_machine_must_exist(project: Path, relative: bool) -> None:
    path = Path("images.zip") if relative else project / "images.zip"
    changes = {"dataset__source": "url", "dataset__url": f"file://{path}"}
    advice = "set it to the URL of a .zip, .tar or .tar.gz file"
    assert faults(project, **changes) == [
        f"dataset.url is file://{path}, but {path} does not exist; {advice}"
    ]
    (project / "images.zip").mkdir()
    assert faults(project, **changes) == [f"dataset.url is file://{path}, but {path} is a folder; {advice}"]
    (project / "images.zip").rmdir()
    (project / "images.zip").write_bytes(b"PK")
    assert faults(project, **changes) == []


def test_an_archive_elsewhere_is_not_looked_at(project: Path) -> None:
    assert faults(project, dataset__source="url", dataset__url="https://example.invalid/images.zip") == []
    assert faults(project, dataset__source="builtin", dataset__url="file:///absent.zip") == []


@pytest.mark.parametrize("name", ["weights.h5", "backbone.weights.h5"])
def test_a_weights_file_must_be_hdf5(project: Path, name: str) -> None:
    changes = {"zoo__weights": "file", "zoo__file": name}
    (project / name).write_text("<!doctype html>")
    assert faults(project, **changes) == [
        f"zoo.file is {name}, which is not an HDF5 file; set it to a Keras .h5 or .weights.h5 file, or to a "
        "checkpoint's folder"
    ]
    assert faults(project, **{**changes, "zoo__weights": "builtin"}) == []
    with h5py.File(project / name, "w") as file:
        file.create_group("layers")
    assert faults(project, **changes) == []


def test_a_folder_of_weights_must_contain_a_checkpoint(project: Path) -> None:
    changes = {"zoo__weights": "file"}
    assert faults(project, **changes) == [
        "zoo.file is data/weights, which contains no checkpoint (*.index); set it to a Keras .h5 or .weights.h5 file, "
        "or to the folder of a Model Garden checkpoint"
    ]
    (project / "data" / "weights" / "mobilenet.h5").write_bytes(b"")
    assert faults(project, **changes) == [
        "zoo.file is data/weights, which is a folder without a checkpoint; set it to a weights file in it, such as "
        "mobilenet.h5"
    ]
    write_checkpoint(project / "data" / "weights")
    assert faults(project, **changes) == []


def test_the_checkpoint_of_a_detector_must_be_a_checkpoint(project: Path) -> None:
    changes = {**GARDEN, "train__checkpoint": "garden"}
    folder = project / "garden"
    assert faults(project, **changes) == [
        "train.checkpoint is garden, which does not exist; set it to an existing path"
    ]
    folder.write_text("a file")
    assert faults(project, **changes) == [
        "train.checkpoint is garden, which is not a folder; set it to a copy of models/detector of an earlier run, or "
        "to the folder of a Model Garden checkpoint"
    ]
    assert faults(project, train__checkpoint="garden") == []
    folder.unlink()
    write_checkpoint(folder, latest=None)
    assert faults(project, **changes) == [
        "train.checkpoint is garden, which lacks the file 'checkpoint' that names the latest checkpoint; copy it there "
        "from the original"
    ]
    write_checkpoint(folder, latest="ckpt-8")
    assert faults(project, **changes) == [
        "train.checkpoint is garden, whose file 'checkpoint' names a checkpoint that does not exist (ckpt-8); correct "
        "the name in it"
    ]
    write_checkpoint(folder)
    assert faults(project, **changes) == []


def test_a_checkpoint_of_model_garden_needs_its_backbone(project: Path) -> None:
    write_checkpoint(project / "garden")
    assert faults(project, train__init="checkpoint", train__checkpoint="garden") == [
        "train.checkpoint is garden, which is a checkpoint of Model Garden, but such do not fit zoo.backbone "
        "efficientnet_lite0; set zoo.backbone to garden_resnet18, garden_resnet50 or garden_resnet101"
    ]


def write_model(folder: Path, **values: Any) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "model.json").write_text(json.dumps(values))
    (folder / "network.index").write_bytes(b"")


def test_an_earlier_detector_must_fit_the_parameters(project: Path) -> None:
    changes = {"train__init": "checkpoint", "train__checkpoint": "earlier"}
    folder = project / "earlier"
    gfl = PARAMS.train.gfl.model_dump()
    own = {
        "architecture": "gfl",
        "backbone": "efficientnet_lite0",
        "alpha": 1.0,
        "classes": ["a"],
        "gfl": gfl,
    }
    equal = "make them equal in params.yaml"
    for values, problem in (
        (own, None),
        ({**own, "gfl": {**gfl, "anchor_size": 9.0}}, None),  # the anchors come with the weights
        (
            {**own, "architecture": "ssd"},
            f"which does not fit: its architecture is ssd, but that of this training is gfl; {equal}",
        ),
        (
            {**own, "backbone": "resnet18"},
            f"which does not fit: its backbone is resnet18, but that of this training is efficientnet_lite0; {equal}",
        ),
        (
            {**own, "gfl": {**gfl, "filters": 8}},
            f"which does not fit: its gfl.filters is 8, but that of this training is {gfl['filters']}; {equal}",
        ),
        ({"mode": "finetune"}, "which holds no detector; copy models/detector of an earlier run there"),
    ):
        write_model(folder, **values)
        assert faults(project, **changes) == ([f"train.checkpoint is earlier, {problem}"] if problem else [])
    (folder / "network.index").unlink()
    write_model_json_only = "train.checkpoint is earlier, which lacks the weights network.index; "
    (folder / "model.json").write_text(json.dumps(own))
    assert faults(project, **changes)[0].startswith(write_model_json_only)
    (folder / "model.json").write_text("{")
    assert faults(project, **changes)[0].startswith(
        "train.checkpoint is earlier, whose model.json is not JSON; "
    )


def test_an_earlier_classifier_must_fit_the_parameters(project: Path) -> None:
    changes = {"finetune__init": "checkpoint", "finetune__checkpoint": "earlier"}
    own = {"mode": "finetune", "backbone": "efficientnet_lite0", "alpha": 1.0, "image_size": 32}
    write_model(project / "earlier", **own)
    assert faults(project, **changes) == []
    write_model(project / "earlier", **{**own, "alpha": 0.5})
    assert faults(project, **changes) == [
        "finetune.checkpoint is earlier, which does not fit: its alpha is 0.5, but that of this training is 1.0; make "
        "them equal in params.yaml"
    ]
    write_model(project / "earlier", **{**own, "mode": "none"})
    assert faults(project, **changes) == [
        "finetune.checkpoint is earlier, which holds no classifier; copy models/classifier of an earlier run there"
    ]


def test_the_prefix_of_a_checkpoint_is_no_dependency_for_dvc(project: Path) -> None:
    write_checkpoint(project / "garden")
    assert faults(project, **GARDEN, train__checkpoint="garden/ckpt-7") == [
        "train.checkpoint is garden/ckpt-7, which is the prefix of a checkpoint; set it to the folder garden, "
        "which DVC can track"
    ]
    (project / "garden" / "ckpt-7").write_bytes(b"")
    assert faults(project, **GARDEN, train__checkpoint="garden/ckpt-7") == []


def test_all_faults_are_named_at_once(project: Path) -> None:
    changes = {
        **GARDEN,
        "dataset__source": "path",
        "zoo__weights": "file",
    }
    assert [fault.split(" is ")[0] for fault in faults(project, **changes)] == [
        "dataset.path",
        "zoo.file",
        "train.checkpoint",
    ]


def test_the_folders_of_outputs_are_those_of_dvc() -> None:
    stages = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"].values()
    kinds = ("outs", "metrics", "plots")
    entries = [entry for stage in stages for kind in kinds for entry in stage.get(kind, ())]
    outs = [Path(entry if isinstance(entry, str) else next(iter(entry))) for entry in entries]
    assert outs and all(any(out.is_relative_to(folder) for folder in OUTPUTS) for out in outs)
    assert all(any(out.is_relative_to(folder) for out in outs) for folder in OUTPUTS)
