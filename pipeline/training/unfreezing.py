"""Gradual unfreezing (Howard and Ruder 2018, section 3.3)."""

from collections.abc import Callable
from typing import Any

import tf_keras

from pipeline.models.backbones.batchnorm import set_batchnorm_trainable
from pipeline.models.backbones.freezing import freeze_stages

ALL_STAGES = 4


def keep_frozen(backbone: tf_keras.Model, stages: int, *, freeze_batchnorm: bool) -> None:
    """Freeze the first stages of a backbone, and have the rest trained, with or without its BatchNorm.

    It takes effect when the step is traced next.
    """
    backbone.trainable = True
    set_batchnorm_trainable(backbone, not freeze_batchnorm)
    freeze_stages(backbone, stages)


class Unfreeze(tf_keras.callbacks.Callback):
    """Begin with a frozen backbone; every few epochs one stage more is trained, the last one first.

    What thaws gets an optimizer of its own: Adam's moments start at zero, and so must the count of steps that corrects
    for it, or the first steps of the new variables would be three times too long.
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
        """Take charge of what is frozen, from now on.

        Args:
            backbone: Part of the network in training.
            optimizer: Number of steps already done -> an optimizer whose schedule goes on from there.
            every: Epochs between two stages.
            frozen_stages: Stages that stay frozen to the end.
            freeze_batchnorm: Whether the BatchNorm of all stages stays in inference mode.
        """
        super().__init__()
        self._backbone = backbone
        self._optimizer = optimizer
        self._every = every
        self._frozen_stages = frozen_stages
        self._freeze_batchnorm = freeze_batchnorm
        keep_frozen(backbone, ALL_STAGES, freeze_batchnorm=freeze_batchnorm)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Thaw a stage, if it is its turn."""
        stages = max(ALL_STAGES - epoch // self._every, self._frozen_stages)
        before = {id(variable) for variable in self._backbone.trainable_variables}
        keep_frozen(self._backbone, stages, freeze_batchnorm=self._freeze_batchnorm)
        thawed = [variable for variable in self._backbone.trainable_variables if id(variable) not in before]
        if thawed:
            self.model.add_group(self._optimizer(epoch * self.params["steps"]), thawed)
