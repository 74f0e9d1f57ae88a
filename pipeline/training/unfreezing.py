"""Which stages of the backbone are frozen while the detector trains: always the same, or gradually fewer.

Gradual unfreezing is by Howard and Ruder 2018, section 3.3.
"""

from collections.abc import Callable
from typing import Any

import tf_keras

from pipeline.models.backbones.batchnorm import set_batchnorm_trainable
from pipeline.models.backbones.freezing import freeze_stages

ALL_STAGES = 4
"""Number of stages of a backbone, C2 to C5. The stem belongs to the first one."""


def keep_frozen(backbone: tf_keras.Model, stages: int, *, freeze_batchnorm: bool) -> None:
    """Freeze the first stages of a backbone and unfreeze all others.

    The change takes effect when the training step is traced the next time.

    Args:
        backbone: A model that :func:`pipeline.models.backbones.registry.build_backbone` returned.
        stages: Number of frozen stages, 0 to 4.
        freeze_batchnorm: Whether the BatchNorm layers of the unfrozen stages stay frozen, in inference mode.
    """
    backbone.trainable = True
    set_batchnorm_trainable(backbone, not freeze_batchnorm)
    freeze_stages(backbone, stages)


class Unfreeze(tf_keras.callbacks.Callback):
    """Start with a frozen backbone, and unfreeze one stage every few periods, from the last stage to the first.

    Newly unfrozen layers get a new Adam optimizer, so that its moment estimates and its bias correction both start at
    step 0. With the step count of the old optimizer, the bias correction would be too small, and the first updates of
    the new layers would be about three times too large.
    """

    def __init__(
        self,
        backbone: tf_keras.Model,
        optimizer: Callable[[int], Any],
        *,
        every: int,
        frozen_stages: int,
        freeze_batchnorm: bool,
    ) -> None:
        """Freeze the whole backbone.

        Args:
            backbone: The backbone of the network in training.
            optimizer: Number of training steps so far -> a new optimizer whose schedule continues from that step.
            every: Number of periods between two stages.
            frozen_stages: Number of first stages that stay frozen to the end, 0 to 4.
            freeze_batchnorm: Whether the BatchNorm layers of unfrozen stages stay frozen, in inference mode.
        """
        super().__init__()
        self._backbone = backbone
        self._optimizer = optimizer
        self._every = every
        self._frozen_stages = frozen_stages
        self._freeze_batchnorm = freeze_batchnorm
        keep_frozen(backbone, ALL_STAGES, freeze_batchnorm=freeze_batchnorm)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Unfreeze the next stage if it is due, and add its variables to the training."""
        stages = max(ALL_STAGES - epoch // self._every, self._frozen_stages)
        trained = {id(variable) for variable in self._backbone.trainable_variables}
        keep_frozen(self._backbone, stages, freeze_batchnorm=self._freeze_batchnorm)
        unfrozen = [
            variable for variable in self._backbone.trainable_variables if id(variable) not in trained
        ]
        if unfrozen:
            self.model.add_group(self._optimizer(epoch * self.params["steps"]), unfrozen)
