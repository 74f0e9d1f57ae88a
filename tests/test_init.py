"""Importing the package selects Keras 2."""

import subprocess
import sys

from tests.support.project import ROOT


def test_keras_2_is_selected_before_tensorflow_is_imported() -> None:
    code = "import os, pipeline, sys; print(os.environ['TF_USE_LEGACY_KERAS'], 'tensorflow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "1 False\n"
