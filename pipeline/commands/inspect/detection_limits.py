"""Says which limits on the number of objects in an image a dataset exceeds."""

from pipeline.commands.inspect.finding import Finding, Inspection
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.evaluation.limits import Limit, crowded_message, limits_of
from pipeline.params.schema import Params

HEAD = "limits:  "
"""What each line begins with."""


def limits(inspection: Inspection) -> Finding:
    """Find the limits on the number of objects in an image that the dataset exceeds."""
    lines = describe_limits(inspection.checked, inspection.params)
    return Finding("limits", [line.removeprefix(HEAD) for line in lines], lines)


def describe_limits(table: AnnotationTable, params: Params) -> list[str]:
    """Return a line for each limit of the parameters that images of the dataset exceed.

    Difficult and crowd objects do not count. The training has no limit, except for detectors of one object.
    """
    objects = table.objects.dropna(subset=["xmin"])
    objects = objects[~objects["difficult"] & ~objects["crowd"]]
    images = f"{len(table.images):,} images"
    limits = [*limits_of(params.export.max_detections, params.evaluate.max_detections)]
    if params.train.architecture in ("faster_rcnn", "mask_rcnn"):
        limits.append(Limit("train.faster_rcnn.proposals", params.train.faster_rcnn.proposals, ["image_id"]))
    messages = [crowded_message(objects, limit, images) for limit in limits]
    if params.train.architecture == "localizer" and (crowded := objects["image_id"].duplicated()).any():
        number = objects["image_id"][crowded].nunique()
        messages.append(
            f"train.architecture localizer finds one object of an image, but {number:,} of {images} have more; take gfl"
        )
    return [f"{HEAD}{message}" for message in messages if message]
