"""Mixed precision: the dtype that a network computes in during training. The weights are always float32."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import tensorflow as tf
import tf_keras

from pipeline.models.backbones.registry import BACKBONES

_CPU_INFO = Path("/proc/cpuinfo")
_AMPERE = (8, 0)
"""The first CUDA compute capability with bfloat16 matrix multiplication."""


def policy_name(precision: str, backbone: str) -> str:
    """Return the name of the Keras dtype policy: "float32" or "mixed_bfloat16".

    Args:
        precision: "float32", "bfloat16" or "auto". "auto" selects bfloat16 if this machine multiplies bfloat16 matrices
            in hardware and the backbone has no depthwise convolutions. TensorFlow has no fast bfloat16 kernel for
            depthwise convolutions.
        backbone: The architecture: a value of ``zoo.backbone``.
    """
    if precision == "auto":
        entry = BACKBONES.get(backbone)  # a list of layers of the user is none of them
        is_fast = entry is None or entry.full_convolutions
        precision = "bfloat16" if is_fast and _has_bfloat16() else "float32"
    return "mixed_bfloat16" if precision == "bfloat16" else "float32"


@contextmanager
def computing_in(policy: str) -> Iterator[None]:
    """Create all layers in this context with a Keras dtype policy.

    The previous policy is restored at the end of the context, even after an error.
    """
    before = tf_keras.mixed_precision.global_policy()
    tf_keras.mixed_precision.set_global_policy(policy)
    try:
        yield
    finally:
        tf_keras.mixed_precision.set_global_policy(before)


def _has_bfloat16() -> bool:
    """Return whether all GPUs, or the CPU if there is no GPU, multiply bfloat16 matrices in hardware."""
    devices = tf.config.list_physical_devices("GPU")
    if devices:
        details = [tf.config.experimental.get_device_details(device) for device in devices]
        return all(detail.get("compute_capability", (0, 0)) >= _AMPERE for detail in details)
    return _CPU_INFO.is_file() and "amx_bf16" in _CPU_INFO.read_text(encoding="utf-8", errors="replace")
