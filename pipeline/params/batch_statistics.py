"""Batches too small for BatchNorm, which trains on the statistics of a batch and is evaluated with their average."""

from pipeline.models.backbones.names import WITHOUT_BATCHNORM
from pipeline.params.faults import Faults
from pipeline.params.schema import Params
from pipeline.params.zoo import Zoo

LEAST_BATCH = {"ssd": 4, "localizer": 4, "faster_rcnn": 2, "mask_rcnn": 2, "yolo_v8": 2, "yolo_v1": 2}
"""Architecture -> the least batch size of its own BatchNorm layers. Some of ssd and localizer see one cell of an image.

The other architectures normalise each image by itself, by group normalisation.
"""

LEAST_OF_BACKBONE = 2
"""The least batch size of a backbone whose BatchNorm is trained."""


def detector_batch_faults(params: Params) -> Faults:
    """Return what is wrong with the batch size of the detector."""
    train = params.train
    size, least = train.batch_size, LEAST_BATCH.get(train.architecture, 1)
    trained = train.init == "scratch" or not train.freeze_batchnorm
    return [
        (
            size < least,
            f"train.batch_size is {size}, but {train.architecture} normalises over the batch (BatchNorm), and the "
            f"statistics of fewer than {least} images do not hold in evaluation; set it to {least} or more, or "
            "train.architecture to gfl or retinanet, which normalise each image by itself",
        ),
        _backbone_fault(
            params.zoo,
            "train",
            train.batch_size,
            trained=trained,
            advice="" if train.init == "scratch" else ", or train.freeze_batchnorm to true",
        ),
    ]


def classifier_batch_faults(params: Params) -> Faults:
    """Return what is wrong with the batch sizes of the backbone's pretraining and of the classifier."""
    zoo, finetune = params.zoo, params.finetune
    unfrozen = finetune.mode == "finetune" and not finetune.freeze_batchnorm
    return [
        _backbone_fault(zoo, "zoo.builtin", zoo.builtin.batch_size, trained=zoo.weights == "builtin"),
        _backbone_fault(
            zoo,
            "finetune",
            finetune.batch_size,
            trained=finetune.mode == "scratch" or unfrozen,
            advice=", or finetune.freeze_batchnorm to true" if unfrozen else "",
        ),
    ]


def _backbone_fault(
    zoo: Zoo, section: str, batch_size: int, *, trained: bool, advice: str = ""
) -> tuple[bool, str]:
    layers = zoo.layers or []
    has_batchnorm = (
        any(layer.layer == "batch_norm" for layer in layers)
        if zoo.backbone == "layers"
        else zoo.backbone not in WITHOUT_BATCHNORM
    )
    return (
        trained and has_batchnorm and batch_size < LEAST_OF_BACKBONE,
        f"{section}.batch_size is {batch_size}, but the BatchNorm of the backbone is trained, and the statistics of "
        f"one image do not hold in evaluation; set it to {LEAST_OF_BACKBONE} or more{advice}",
    )
