"""A seed gives the same random numbers in each library, and TensorFlow uses deterministic kernels.

The test runs in a process of its own, because deterministic kernels stay selected until the process ends.
"""

import subprocess
import sys

from tests.support.project import ROOT

CODE = """
import random

import numpy as np
import tensorflow as tf
from tensorflow.python.framework.config import is_op_determinism_enabled

from pipeline.training.determinism import make_deterministic

assert not is_op_determinism_enabled()
draws = []
for seed in (1, 1, 2):
    make_deterministic(seed)
    draws.append((random.random(), float(np.random.rand()), float(tf.random.uniform([]))))
assert is_op_determinism_enabled()
assert draws[0] == draws[1]
assert all(first != second for first, second in zip(draws[1], draws[2]))
"""


def test_a_seed_gives_the_same_numbers_and_another_seed_gives_others() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
