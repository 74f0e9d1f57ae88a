"""Reading and checking ``params.yaml``."""

from pathlib import Path

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pipeline.errors import PipelineError
from pipeline.params.combinations import combination_faults
from pipeline.params.messages import describe_error
from pipeline.params.schema import Params

PARAMS_FILE = Path("params.yaml")


def load_params(path: Path = PARAMS_FILE) -> Params:
    """Read and check ``params.yaml``.

    Raises:
        PipelineError: The file is absent, is not YAML, or has faults. The message has one line for each fault.
    """
    try:
        values = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PipelineError(f"{path}: not found; run from the project's folder") from None
    except (YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise PipelineError(f"{path}{line}: not valid YAML: {getattr(error, 'problem', error)}") from None
    if not isinstance(values, dict):
        raise PipelineError(f"{path}: empty, or not a mapping of sections")
    try:
        params = Params.model_validate(values)
    except ValidationError as error:
        raise _refusal(path, [describe_error(fault) for fault in error.errors()]) from None
    if faults := combination_faults(params):
        raise _refusal(path, faults)
    return params


def _refusal(path: Path, faults: list[str]) -> PipelineError:
    return PipelineError("\n".join(f"{path}: {fault}" for fault in faults))
