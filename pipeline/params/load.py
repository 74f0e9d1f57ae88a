"""Reading and checking ``params.yaml``."""

from pathlib import Path

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pipeline.errors import PipelineError
from pipeline.params.combinations import combination_faults
from pipeline.params.messages import describe_error
from pipeline.params.schema import Params
from pipeline.params.search_space import search_faults

PARAMS_FILE = Path("params.yaml")


def load_params(path: Path = PARAMS_FILE) -> Params:
    """Read and check ``params.yaml``.

    Raises:
        PipelineError: The file does not exist, is not YAML, or has invalid values. The message has one line for each
            invalid value.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise PipelineError(f"{path}: not found; run the command in the project's folder") from None
    except UnicodeDecodeError as error:
        raise PipelineError(f"{path}: not valid YAML: {error}") from None
    return parse_params(text, path)


def parse_params(text: str, path: Path = PARAMS_FILE) -> Params:
    """Check the contents of ``params.yaml``.

    Args:
        text: The contents.
        path: The file, for the messages.

    Raises:
        PipelineError: The text is not YAML, or has invalid values. The message has one line for each invalid value.
    """
    try:
        values = YAML(typ="safe", pure=True).load(text)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise PipelineError(f"{path}{line}: not valid YAML: {getattr(error, 'problem', error)}") from None
    if not isinstance(values, dict):
        raise PipelineError(f"{path}: no sections found; restore the file from Git")
    try:
        params = Params.model_validate(values)
    except ValidationError as error:
        raise _error_of(path, [describe_error(fault) for fault in error.errors()]) from None
    if faults := [*combination_faults(params), *search_faults(params)]:
        raise _error_of(path, faults)
    return params


def _error_of(path: Path, faults: list[str]) -> PipelineError:
    """Return an error with one line for each fault."""
    return PipelineError("\n".join(f"{path}: {fault}" for fault in faults))
