"""Where the project is, and its parameters as they stand in ``params.yaml``."""

from pathlib import Path

from pipeline.params.load import load_params

ROOT = Path(__file__).parents[2]
PARAMS_FILE = ROOT / "params.yaml"
PARAMS = load_params(PARAMS_FILE)
