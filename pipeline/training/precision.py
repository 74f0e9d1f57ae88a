"""Mixed precision: what a network computes in while it trains. Its weights, and what is exported, stay float32."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import tensorflow as tf
import tf_keras

from pipeline.models.backbones.registry import BACKBONES

_CPU_INFO = Path("/proc/cpuinfo")
_AMPERE = (8, 0)


def policy_name(precision: str, backbone: str) -> str:
    """Give the Keras dtype policy of ``precision``.

    Args:
        precision: "float32", "bfloat16", or "auto": bfloat16 where this machine multiplies matrices in it, and the
            backbone's convolutions are full ones (TensorFlow has no quick bfloat16 kernel for depthwise ones).
        backbone: A key of :data:`pipeline.models.backbones.registry.BACKBONES`.
    """
    if precision == "auto":
        precision = "bfloat16" if BACKBONES[backbone].full_convolutions and _has_bfloat16() else "float32"
    return "mixed_bfloat16" if precision == "bfloat16" else "float32"


@contextmanager
def computing_in(policy: str) -> Iterator[None]:
    """Have the layers built in this context compute under a Keras dtype policy."""
    before = tf_keras.mixed_precision.global_policy()
    tf_keras.mixed_precision.set_global_policy(policy)
    try:
        yield
    finally:
        tf_keras.mixed_precision.set_global_policy(before)


def _has_bfloat16() -> bool:
    """Say whether the GPUs, or else the CPU, have units for bfloat16 matrices."""
    devices = tf.config.list_physical_devices("GPU")
    if devices:
        details = [tf.config.experimental.get_device_details(device) for device in devices]
        return all(detail.get("compute_capability", (0, 0)) >= _AMPERE for detail in details)
    return _CPU_INFO.is_file() and "amx_bf16" in _CPU_INFO.read_text(encoding="utf-8", errors="replace")
