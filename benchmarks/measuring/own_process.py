"""Measurements in processes of their own, so that none of them warms up or slows down another."""

import json
import subprocess
import sys
from typing import Any


def run_alone(benchmark: str, *arguments: str) -> Any:
    """Run a benchmark again with the arguments of this process and further ones, which choose one measurement.

    Args:
        benchmark: The name of its module, such as ``"time_to_ap"``.
        arguments: The further arguments.

    Returns:
        What it printed as JSON in its last line. If it fails, this process ends with its messages.
    """
    command = [sys.executable, "-m", f"benchmarks.{benchmark}", *sys.argv[1:], *arguments]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    if found.returncode:
        sys.exit(f"{' '.join(arguments)} failed:\n{found.stderr}")
    return json.loads(found.stdout.splitlines()[-1])
