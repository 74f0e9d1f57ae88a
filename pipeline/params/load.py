"""Reading ``params.yaml`` and checking it."""

from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pipeline.errors import PipelineError
from pipeline.params.combinations import combination_faults
from pipeline.params.messages import describe_error
from pipeline.params.schema import Params

PARAMS_FILE = Path("params.yaml")


def choices(kind: Any) -> list[str]:
    """Return the values of one of the types of names above."""
    return list(get_args(kind))


def load_params(path: Path = PARAMS_FILE) -> Params:
    """Read and check ``params.yaml``.

    Raises:
        PipelineError: the file is absent or not YAML, or holds faults; then one line a fault.
    """
    try:
        values = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PipelineError(f"{path}: not found; run from the project's folder") from None
    except (YAMLError, UnicodeDecodeError) as error:
        where = getattr(error, "problem_mark", None)
        line = f", line {where.line + 1}" if where else ""
        raise PipelineError(f"{path}{line}: not valid YAML: {getattr(error, 'problem', error)}") from None
    if not isinstance(values, dict):
        raise PipelineError(f"{path}: empty, or not a mapping of sections")
    try:
        params = Params.model_validate(values)
    except ValidationError as error:
        faults = [describe_error(fault) for fault in error.errors()]
        raise PipelineError("\n".join(f"{path}: {fault}" for fault in faults)) from None
    if faults := combination_faults(params):
        raise PipelineError("\n".join(f"{path}: {fault}" for fault in faults))
    return params
