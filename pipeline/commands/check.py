"""Whether ``params.yaml`` is in order."""

from pathlib import Path

from pipeline.errors import PipelineError
from pipeline.params.load import PARAMS_FILE, load_params
from pipeline.params.schema import Params


def check() -> None:
    """Say whether ``params.yaml`` is in order and what it names is there, before any work starts.

    Raises:
        PipelineError: one line a fault.
    """
    params = load_params()
    if faults := missing_files(params):
        raise PipelineError("\n".join(f"{PARAMS_FILE}: {fault}" for fault in faults))
    print(f"{PARAMS_FILE} is in order")


def missing_files(params: Params) -> list[str]:
    """Name what the parameters point at and is not there, a line each."""
    dataset, zoo = params.dataset, params.zoo
    faults = []
    if not Path(dataset.path).exists():
        faults.append(f"dataset.path is {dataset.path}, which does not exist")
    elif dataset.source == "path" and not Path(dataset.path).is_dir():
        faults.append(f"dataset.path is {dataset.path}, which is not a folder")
    if not Path(zoo.file).exists():
        faults.append(f"zoo.file is {zoo.file}, which does not exist")
    elif zoo.weights == "file" and not (Path(zoo.file).is_file() or _holds_checkpoint(Path(zoo.file))):
        faults.append(f"zoo.file is {zoo.file}, a folder; give the weights file in it")
    return faults


def _holds_checkpoint(folder: Path) -> bool:
    return any(folder.glob("*.index"))
