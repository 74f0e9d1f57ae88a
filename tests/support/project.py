"""The folder of the project, the folder of the real datasets, and the parameters of ``params.yaml``."""

import os
from pathlib import Path

from pipeline.params.load import load_params

ROOT = Path(__file__).parents[2]
REAL_DATA = Path(os.environ.get("PIPELINE_REAL_DATA", ROOT.parent / "shared" / "data"))
PARAMS_FILE = ROOT / "params.yaml"
PARAMS = load_params(PARAMS_FILE)
