"""The command ``check``: validate ``params.yaml`` and the files that it names, before any work starts."""

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from pipeline.artifacts import read_json
from pipeline.errors import PipelineError
from pipeline.models.weights.earlier import classifier_keys, detector_keys, misfit
from pipeline.params.dataset import Dataset
from pipeline.params.load import PARAMS_FILE, load_params
from pipeline.params.paths import absolute_option, used_paths
from pipeline.params.schema import Params

_LOCAL_SCHEMES = ("file://", "local://", "file:", "local:")
"""URL schemes that fsspec opens as local files."""

OUTPUTS = ("data/raw", "data/converted", "data/predictions", "models", "metrics", "reports")
"""Folders that the stages write. DVC refuses a dependency that contains one of them or lies in it."""

MODEL_FILE = "model.json"
"""The file that every model directory of this project has."""

DETECTOR_ADVICE = (
    "set it to a copy of models/detector of an earlier run, or to the folder of a Model Garden checkpoint"
)

_LATEST_CHECKPOINT = re.compile(r'^model_checkpoint_path: "(.*)"', re.MULTILINE)
"""The line of TensorFlow's file ``checkpoint`` that names the latest checkpoint of its folder."""


def check() -> None:
    """Check ``params.yaml``, and each file and folder of it that a stage or DVC reads.

    Raises:
        PipelineError: A value is invalid, or a file is missing or of the wrong kind. The message has one line for each
            fault.
    """
    params = load_params()
    if faults := file_faults(params):
        raise PipelineError("\n".join(f"{PARAMS_FILE}: {fault}" for fault in faults))
    print(f"{PARAMS_FILE} is in order")
    if relative := [
        absolute_option(key, Path(path))
        for key, path in used_paths(params).items()
        if not os.path.isabs(path)
    ]:
        print(f"for dvc exp run with --temp or --queue, give absolute paths: {' '.join(relative)}")


def file_faults(params: Params) -> list[str]:
    """Return one line for each file or folder in the parameters that is missing or of the wrong kind.

    ``dataset.path``, ``zoo.file`` and the two checkpoints must exist even if no stage reads them, because they are
    dependencies in ``dvc.yaml`` and DVC refuses to run if a dependency is missing.
    """
    dataset, zoo, finetune, train = params.dataset, params.zoo, params.finetune, params.train
    faults = [
        _path_fault("dataset.path", dataset.path, _dataset_problem if dataset.source == "path" else None),
        _url_fault(dataset),
        _path_fault("zoo.file", zoo.file, _weights_problem if zoo.weights == "file" else None),
        _path_fault(
            "finetune.checkpoint",
            finetune.checkpoint,
            (lambda path: _classifier_problem(path, params)) if finetune.init == "checkpoint" else None,
        ),
        _path_fault(
            "train.checkpoint",
            train.checkpoint,
            (lambda path: _detector_problem(path, params)) if train.init == "checkpoint" else None,
        ),
    ]
    return [fault for fault in faults if fault is not None]


def _path_fault(key: str, path: str, problem_of: Callable[[Path], str | None] | None) -> str | None:
    """Return the fault of a path that is a dependency in ``dvc.yaml``, or None.

    Args:
        key: The dotted name of the parameter, for the message.
        path: The value of the parameter, relative to the project's folder or absolute.
        problem_of: A function that returns what is wrong with an existing path and what to do, or None. It is None if
            no stage reads the path.
    """
    if overlapped := _overlapped_output(Path(path)):
        problem: str | None = (
            f"which overlaps the output folder {overlapped} of the project; set it to a path of its own"
        )
    elif not os.path.exists(path):
        problem = _missing_problem(Path(path), is_read=problem_of is not None)
    else:
        problem = problem_of(Path(path)) if problem_of else None
    return f"{key} is {path}, {problem}" if problem else None


def _overlapped_output(path: Path) -> str | None:
    """Return the first output folder that contains the path or lies in it, or None."""
    absolute = path.absolute()
    for output in OUTPUTS:
        folder = Path(output).absolute()
        if absolute.is_relative_to(folder) or folder.is_relative_to(absolute):
            return output
    return None


def _missing_problem(path: Path, *, is_read: bool) -> str:
    if not is_read:
        return "which does not exist; create it, because DVC needs it even if no stage reads it"
    if os.path.exists(f"{path}.index"):
        return f"which is the prefix of a checkpoint; set it to the folder {path.parent}, which DVC can track"
    if str(path).startswith("~"):
        return f"but only a shell knows what ~ is; write {path.expanduser()}"
    return "which does not exist; set it to an existing path"


def _dataset_problem(path: Path) -> str | None:
    if not path.is_dir():
        return (
            "which is not a folder; unpack it, or set dataset.source to url and dataset.url to a file:// URL"
        )
    files = (name for _, _, names in os.walk(path, followlinks=True) for name in names)
    if all(name == "README.md" or name.startswith(".") for name in files):
        return "which contains no data; copy the images and annotations into it"
    return None


def _url_fault(dataset: Dataset) -> str | None:
    """Return the fault of an archive on this machine, or None. Archives elsewhere are not looked at."""
    url = dataset.url or ""
    scheme = next((scheme for scheme in _LOCAL_SCHEMES if url.startswith(scheme)), None)
    if dataset.source != "url" or scheme is None:
        return None
    path = Path(url.removeprefix(scheme)).expanduser()
    if path.is_file():
        return None
    problem = "is a folder" if path.is_dir() else "does not exist"
    return f"dataset.url is {url}, but {path} {problem}; set it to the URL of a .zip, .tar or .tar.gz file"


def _weights_problem(path: Path) -> str | None:
    if path.is_dir():
        files = sorted(file.name for file in path.glob("*.h5"))
        if files and not _contains_checkpoint(path):
            return (
                f"which is a folder without a checkpoint; set it to a weights file in it, such as {files[0]}"
            )
        return _checkpoint_problem(
            path, "set it to a Keras .h5 or .weights.h5 file, or to the folder of a Model Garden checkpoint"
        )
    import h5py  # imported here because the other commands do not need it

    if not h5py.is_hdf5(path):
        return "which is not an HDF5 file; set it to a Keras .h5 or .weights.h5 file, or to a checkpoint's folder"
    return None


def _checkpoint_problem(path: Path, advice: str) -> str | None:
    if not path.is_dir():
        if os.path.exists(f"{path}.index"):
            return None  # the prefix of a checkpoint, beside which there is a file of the same name
        return f"which is not a folder; {advice}"
    if not _contains_checkpoint(path):
        return f"which contains no checkpoint (*.index); {advice}"
    state = path / "checkpoint"
    if not state.is_file():
        return "which lacks the file 'checkpoint' that names the latest checkpoint; copy it there from the original"
    latest = _LATEST_CHECKPOINT.search(state.read_text(encoding="utf-8", errors="replace"))
    if latest is None or not os.path.exists(f"{path / latest[1]}.index"):
        name = latest[1] if latest else "none"
        return (
            f"whose file 'checkpoint' names a checkpoint that does not exist ({name}); correct the name in it"
        )
    return None


def _classifier_problem(path: Path, params: Params) -> str | None:
    finetune = params.finetune
    needed = {
        "head": "own" if finetune.head == "own" else None,
        "image_size": finetune.image_size,
        **_backbone_values(params),
    }
    return _model_problem(path, "classifier", "mode", needed, classifier_keys(needed["head"]))


def _detector_problem(path: Path, params: Params) -> str | None:
    if not (path / MODEL_FILE).is_file():
        return _checkpoint_problem(path, DETECTOR_ADVICE) or _garden_problem(params.zoo.backbone)
    needed = {**params.train.model_dump(), **_backbone_values(params)}
    return _model_problem(path, "detector", "architecture", needed, detector_keys(params.train.architecture))


def _garden_problem(backbone: str) -> str | None:
    if backbone.startswith("garden_"):
        return None
    return (
        f"which is a checkpoint of Model Garden, but such do not fit zoo.backbone {backbone}; set zoo.backbone to "
        "garden_resnet18, garden_resnet50 or garden_resnet101"
    )


def _backbone_values(params: Params) -> dict[str, Any]:
    """Return the backbone of the parameters with the keys of ``model.json``."""
    zoo = params.zoo.model_dump(exclude_none=True)
    return {"backbone": zoo["backbone"], "alpha": zoo["alpha"], "layers": zoo.get("layers")}


def _model_problem(
    path: Path, kind: str, own_key: str, needed: dict[str, Any], keys: Iterable[str]
) -> str | None:
    """Return what is wrong with the model directory of an earlier run.

    Args:
        path: The directory.
        kind: What it must hold: "classifier" or "detector".
        own_key: A key of ``model.json`` that only this kind of model has.
        needed: The values that the model to be trained has.
        keys: The keys of ``needed`` that must be equal.
    """
    advice = f"copy models/{kind} of an earlier run there"
    if not (path / MODEL_FILE).is_file():
        return f"which holds no {MODEL_FILE}; {advice}"
    try:
        earlier = read_json(path / MODEL_FILE)
    except ValueError:  # of JSON or of the encoding
        return f"whose {MODEL_FILE} is not JSON; {advice}"
    if not isinstance(earlier, dict) or earlier.get(own_key, "none") == "none":
        return f"which holds no {kind}; {advice}"
    if not (path / "network.index").is_file():
        return f"which lacks the weights network.index; {advice}"
    wrong = misfit(earlier, needed, keys)
    return f"which does not fit: {wrong}" if wrong else None


def _contains_checkpoint(folder: Path) -> bool:
    return any(folder.glob("*.index"))
