"""The typed, frozen schema of ``params.yaml``.

No default lives here: DVC watches the file, so whatever is not in the file would be invisible to it.
What each parameter means stands beside it in ``params.yaml``.
"""

import difflib
import re
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pipeline.errors import PipelineError

PARAMS_FILE = Path("params.yaml")

# what the zoo can do, said again here because its own module imports TensorFlow; a test holds the two equal
BackboneName = Literal[
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "resnet50v2",
    "resnet101v2",
    "resnet152v2",
    "garden_resnet18",
    "garden_resnet50",
    "garden_resnet101",
    "inception_v3",
    "vgg16",
    "vgg19",
    "mobilenet",
    "mobilenet_v2",
    "efficientnet_b0",
]
FormatName = Literal[
    "auto",
    "voc",
    "coco",
    "yolo",
    "csv",
    "labelme",
    "cvat",
    "openimages",
    "label_studio",
    "folders",
    "idx",
    "tfrecord",
]
WITHOUT_IMAGENET = ("resnet18", "resnet34", "garden_resnet18", "garden_resnet50", "garden_resnet101")
IMAGENET_ALPHAS = {
    "mobilenet": (0.25, 0.5, 0.75, 1.0),
    "mobilenet_v2": (0.35, 0.5, 0.75, 1.0, 1.3, 1.4),
}
"""Of the backbones that have a width."""

MIN_SIZES = {"inception_v3": 75}
"""Least side of an image, px, where it is above 32."""

Positive = Annotated[int, Field(ge=1)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Rate = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]


class Section(BaseModel):
    """A group of parameters: unknown, missing and mistyped keys are errors, and nothing changes it later."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class BuiltinDataset(Section):
    """The drawn clothing catalogue."""

    scenes: Annotated[int, Field(ge=20)]
    size: Annotated[int, Field(ge=96, le=1024)]


ColumnName = Annotated[str, Field(min_length=1)]


class CsvColumns(Section):
    """Which columns of a CSV file hold what; ``auto`` takes the customary names."""

    image: ColumnName
    label: ColumnName
    xmin: ColumnName
    ymin: ColumnName
    xmax: ColumnName
    ymax: ColumnName
    width: ColumnName
    height: ColumnName
    split: ColumnName
    boxes: Literal["auto", "pixels", "normalised"]


class Dataset(Section):
    """Where the images and boxes come from."""

    source: Annotated[str, Field(pattern=r"^(builtin|path|url|tfds:.+)$")]
    format: FormatName
    path: Annotated[str, Field(min_length=1)]
    url: str | None
    sha256: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$")] | None
    csv: CsvColumns
    group_column: ColumnName | None
    builtin: BuiltinDataset


Mend = Literal["repair", "drop", "stop"]
"""What is done about a fault that can be mended: the object or image stays, mended, or goes, or ends the stage."""
Drop = Literal["drop", "stop"]
"""... that cannot."""
Doubt = Literal["keep", "drop", "stop"]
"""... that may be none."""
Note = Literal["keep", "stop"]
"""... of the dataset as a whole."""


def _compile(pattern: str) -> str:
    try:
        groups = re.compile(pattern).groups
    except re.error as error:
        raise ValueError(f"it must be a regular expression: {error}") from None
    if groups != 1:
        raise ValueError(f"it must have one group in parentheses, not {groups}")
    return pattern


Pattern = Annotated[str, AfterValidator(_compile)]
"""A regular expression with one group."""


class Checks(Section):
    """What counts as a fault, and the rule for each: its name is that of the fault, with ``_`` for ``-``."""

    max_pixels: Positive
    min_box_side: NonNegative
    near_duplicate_bits: Annotated[int, Field(ge=0, le=64)]
    near_duplicate_max_moved: Fraction
    max_imbalance: Annotated[float, Field(ge=1)]

    missing_image: Drop
    path_outside_folder: Drop
    image_without_annotation: Doubt
    unreadable_image: Drop
    truncated_image: Drop
    empty_image: Drop
    too_large_image: Drop
    image_format: Mend
    image_animated: Mend
    image_16_bit: Mend
    image_palette: Mend
    image_cmyk: Mend
    image_grey: Doubt
    image_mode: Mend
    exif_rotated: Mend
    size_mismatch: Mend
    duplicate_image: Doubt
    near_duplicate: Literal["repair", "keep", "drop", "stop"]
    image_in_two_splits: Literal["repair", "stop"]
    group_in_two_splits: Literal["repair", "keep", "stop"]
    image_not_listed: Drop

    unreadable_annotation: Drop
    annotation_without_image: Drop
    unknown_class: Drop
    box_unreadable: Drop
    shape_without_box: Drop
    box_normalised: Literal["repair", "keep", "stop"]
    box_in_pixels: Literal["repair", "keep", "stop"]
    box_inverted: Mend
    box_empty: Drop
    box_outside: Mend
    box_over_edge: Mend
    box_tiny: Doubt
    box_covers_image: Doubt
    duplicate_box: Doubt
    mask_unreadable: Drop
    mask_size_mismatch: Drop
    mask_empty: Drop
    mask_outside: Drop

    class_name_variant: Literal["repair", "keep", "stop"]
    class_unused: Doubt
    class_missing_from_split: Note
    class_imbalance: Note

    def rule(self, fault: str) -> str:
        """Return what is done about a fault: repair | drop | keep | stop.

        Args:
            fault: Its name in ``issues.csv``, such as ``box-outside``.
        """
        return str(getattr(self, fault.replace("-", "_")))


class Convert(Section):
    """Checks, splits and TFRecords."""

    max_faulty_fraction: Fraction
    checks: Checks
    val_fraction: Annotated[float, Field(gt=0, lt=1)]
    test_fraction: Annotated[float, Field(gt=0, lt=1)]
    folds: Annotated[int, Field(ge=2)] | None
    fold: Annotated[int, Field(ge=1)]
    group_pattern: Pattern | None
    images_per_shard: Positive
    workers: Annotated[int, Field(ge=0)]


class SourceTask(Section):
    """The offline pretraining: patterns and shapes."""

    image_size: Annotated[int, Field(ge=32)]
    images: Positive
    epochs: Positive
    batch_size: Positive
    learning_rate: Rate


class Zoo(Section):
    """The pretrained backbone."""

    backbone: BackboneName
    alpha: Annotated[float, Field(ge=0.05)]
    weights: Literal["builtin", "imagenet", "file", "none"]
    file: Annotated[str, Field(min_length=1)]
    builtin: SourceTask


class Finetune(Section):
    """The classifier of object crops."""

    mode: Literal["scratch", "extraction", "finetune"]
    image_size: Annotated[int, Field(ge=32)]
    max_crops_per_class: Positive | None
    batch_size: Positive
    head_epochs: Annotated[int, Field(ge=0)]
    epochs: Positive
    learning_rate: Rate
    backbone_lr_factor: Rate
    freeze_batchnorm: bool
    dropout: Annotated[float, Field(ge=0, lt=1)]
    weight_decay: NonNegative
    patience: Positive


class Augment(Section):
    """The detector's training augmentation."""

    photometric: bool
    expand: Annotated[float, Field(ge=1)]
    iou_crop: bool
    flip: bool
    scale_min: Annotated[float, Field(ge=0.1, le=1)]
    scale_max: Annotated[float, Field(ge=1, le=10)]
    mosaic: Fraction
    mixup: Fraction


class Ssd(Section):
    """Feature levels, default boxes and matching of the SSD."""

    variant: Literal["standard", "vgg", "lite"]
    min_scale: Annotated[float, Field(gt=0, lt=1)]
    max_scale: Annotated[float, Field(gt=0, le=1)]
    match_iou: Annotated[float, Field(gt=0, lt=1)]
    negatives_per_positive: Positive


AspectRatios = Annotated[list[Rate], Field(min_length=1)]


class RetinaNet(Section):
    """Pyramid, heads, anchors and loss of the RetinaNet."""

    filters: Positive
    convolutions: Positive
    max_level: Annotated[int, Field(ge=5, le=7)]
    anchor_size: Rate
    aspect_ratios: AspectRatios
    scales: Positive
    match_iou: Annotated[float, Field(gt=0, lt=1)]
    unmatched_iou: Annotated[float, Field(gt=0, lt=1)]
    focal_alpha: Annotated[float, Field(gt=0, lt=1)]
    focal_gamma: NonNegative


class FasterRcnn(Section):
    """Pyramid, anchors, proposals and second stage of the Faster R-CNN."""

    filters: Positive
    max_level: Annotated[int, Field(ge=5, le=7)]
    anchor_size: Rate
    aspect_ratios: AspectRatios
    scales: Positive
    proposals: Positive
    proposal_nms_iou: Annotated[float, Field(gt=0, lt=1)]
    match_iou: Annotated[float, Field(gt=0, lt=1)]
    unmatched_iou: Annotated[float, Field(gt=0, lt=1)]
    sampled_anchors: Positive
    roi_match_iou: Annotated[float, Field(gt=0, lt=1)]
    roi_foreground: Annotated[float, Field(gt=0, lt=1)]
    sampled_rois: Positive
    head_units: Positive
    roi_size: Positive
    max_objects: Positive


class MaskRcnn(FasterRcnn):
    """Of the Mask R-CNN: what the Faster R-CNN has, and the mask head."""

    mask_filters: Positive
    mask_convolutions: Positive
    sampled_masks: Positive


class YoloV8(Section):
    """Pyramid and losses of YOLOv8."""

    width: Annotated[float, Field(ge=0.03125)]
    fpn_depth: Positive
    max_objects: Positive
    box_weight: Rate
    class_weight: Rate


class Train(Section):
    """The detector."""

    architecture: Literal["ssd", "retinanet", "faster_rcnn", "mask_rcnn", "yolo_v8"]
    init: Literal["finetuned", "zoo", "checkpoint", "scratch"]
    checkpoint: Annotated[str, Field(min_length=1)]
    image_size: Annotated[int, Field(ge=64)]
    batch_size: Positive
    epochs: Positive
    learning_rate: Rate
    schedule: Literal["cosine", "step"]
    step_at: Annotated[list[Annotated[float, Field(gt=0, lt=1)]], Field(min_length=1)]
    backbone_lr_factor: Rate
    warmup_epochs: Annotated[int, Field(ge=0)]
    weight_decay: NonNegative
    clip_norm: Rate
    ema: Annotated[float, Field(gt=0, lt=1)] | None
    frozen_stages: Annotated[int, Field(ge=0, le=4)]
    unfreeze_epochs: Positive | None
    freeze_batchnorm: bool
    auto_anchors: bool
    class_balanced: bool
    eval_every: Annotated[int, Field(ge=0)]
    patience: Positive | None
    augment: Augment
    ssd: Ssd
    retinanet: RetinaNet
    faster_rcnn: FasterRcnn
    mask_rcnn: MaskRcnn
    yolo_v8: YoloV8


class Export(Section):
    """What the SavedModel returns."""

    score_threshold: Fraction
    nms_iou: Annotated[float, Field(gt=0, le=1)]
    max_detections: Positive


class Detect(Section):
    """Running the exported model."""

    batch_size: Positive


class Evaluate(Section):
    """The operating point of curves and confusion matrix; the AP figures have their thresholds in their names."""

    iou: Annotated[float, Field(gt=0, le=1)]
    score: Fraction


class Report(Section):
    """The gallery."""

    images: Positive
    score: Fraction


class Params(Section):
    """All of ``params.yaml``, a section a stage."""

    seed: Annotated[int, Field(ge=0, lt=2**31)]
    precision: Literal["auto", "float32", "bfloat16"]
    dataset: Dataset
    convert: Convert
    zoo: Zoo
    finetune: Finetune
    train: Train
    export: Export
    detect: Detect
    evaluate: Evaluate
    report: Report


def choices(kind: Any) -> list[str]:
    """Return the values of one of the types of names above."""
    return list(get_args(kind))


def load_params(path: Path = PARAMS_FILE) -> Params:
    """Read and check ``params.yaml``.

    Raises:
        PipelineError: the file is absent or not YAML, or holds faults; then one line a fault.
    """
    try:
        values = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PipelineError(f"{path}: not found; run from the project's folder") from None
    except (YAMLError, UnicodeDecodeError) as error:
        where = getattr(error, "problem_mark", None)
        line = f", line {where.line + 1}" if where else ""
        raise PipelineError(f"{path}{line}: not valid YAML: {getattr(error, 'problem', error)}") from None
    if not isinstance(values, dict):
        raise PipelineError(f"{path}: empty, or not a mapping of sections")
    try:
        params = Params.model_validate(values)
    except ValidationError as error:
        faults = [_describe(fault) for fault in error.errors()]
        raise PipelineError("\n".join(f"{path}: {fault}" for fault in faults)) from None
    if faults := combination_faults(params):
        raise PipelineError("\n".join(f"{path}: {fault}" for fault in faults))
    return params


def combination_faults(params: Params) -> list[str]:
    """Name the parameters that are each fine and cannot stand together, one line each."""
    dataset, zoo, finetune, train = params.dataset, params.zoo, params.finetune, params.train
    pretrained = zoo.weights != "none"
    vgg_ssd = train.architecture == "ssd" and train.ssd.variant == "vgg"
    checks = [
        (
            dataset.source == "url" and not dataset.url,
            "dataset.source is url, so dataset.url must be given",
        ),
        (
            params.convert.val_fraction + params.convert.test_fraction >= 1,
            "convert.val_fraction + convert.test_fraction must stay below 1, or nothing is left to train on",
        ),
        (
            params.convert.folds is not None and params.convert.fold > params.convert.folds,
            f"convert.fold ({params.convert.fold}) must not be above convert.folds ({params.convert.folds})",
        ),
        (
            finetune.mode != "scratch" and not pretrained,
            f"finetune.mode is {finetune.mode}, but zoo.weights none leaves nothing to start from; "
            "set finetune.mode scratch, or other weights",
        ),
        (
            train.init == "zoo" and not pretrained,
            "train.init is zoo, but zoo.weights is none; set train.init scratch, or other weights",
        ),
        (
            train.init == "checkpoint" and not zoo.backbone.startswith("garden_"),
            f"train.init is checkpoint, but zoo.backbone is {zoo.backbone}; Model Garden's checkpoints fit "
            "garden_resnet18, garden_resnet50 and garden_resnet101",
        ),
        (
            finetune.mode == "finetune" and finetune.head_epochs >= finetune.epochs,
            f"finetune.head_epochs ({finetune.head_epochs}) must be fewer than finetune.epochs ({finetune.epochs})",
        ),
        (
            train.warmup_epochs >= train.epochs,
            f"train.warmup_epochs ({train.warmup_epochs}) must be fewer than train.epochs ({train.epochs})",
        ),
        *_training_faults(train),
        (
            train.image_size % 32 != 0 and not (train.image_size == 300 and vgg_ssd),
            f"train.image_size is {train.image_size}; it must be a multiple of 32, or 300 with train.ssd.variant vgg",
        ),
        (
            vgg_ssd and not zoo.backbone.startswith("vgg"),
            f"train.ssd.variant is vgg, but zoo.backbone is {zoo.backbone}; set zoo.backbone vgg16, or another variant",
        ),
        (
            train.ssd.min_scale >= train.ssd.max_scale,
            f"train.ssd.min_scale ({train.ssd.min_scale}) must be below train.ssd.max_scale ({train.ssd.max_scale})",
        ),
        (
            train.mask_rcnn.sampled_masks > train.mask_rcnn.sampled_rois,
            f"train.mask_rcnn.sampled_masks ({train.mask_rcnn.sampled_masks}) must not be above "
            f"train.mask_rcnn.sampled_rois ({train.mask_rcnn.sampled_rois})",
        ),
    ]
    return _backbone_faults(params) + [fault for wrong, fault in checks if wrong]


def _backbone_faults(params: Params) -> list[str]:
    """Name what the chosen backbone cannot do."""
    zoo = params.zoo
    alphas = IMAGENET_ALPHAS.get(zoo.backbone, ())
    imagenet = zoo.weights == "imagenet"
    checks = [
        (
            imagenet and zoo.backbone in WITHOUT_IMAGENET,
            f"zoo.weights is imagenet, but Keras publishes none for {zoo.backbone}; take zoo.backbone resnet50 or "
            "mobilenet, or zoo.weights builtin",
        ),
        (
            not alphas and zoo.alpha != 1.0,
            f"zoo.alpha is {zoo.alpha}, but only {' and '.join(IMAGENET_ALPHAS)} have a width; set it to 1.0",
        ),
        (
            imagenet and bool(alphas) and zoo.alpha not in alphas,
            f"zoo.alpha is {zoo.alpha}, but ImageNet weights of {zoo.backbone} exist for "
            f"{', '.join(map(str, alphas))}",
        ),
    ]
    sizes = {
        "zoo.builtin.image_size": zoo.builtin.image_size if zoo.weights == "builtin" else None,
        "finetune.image_size": params.finetune.image_size,
        "train.image_size": params.train.image_size,
    }
    least = MIN_SIZES.get(zoo.backbone, 0)
    checks += [
        (size is not None and size < least, f"{name} is {size}, but {zoo.backbone} needs at least {least} px")
        for name, size in sizes.items()
    ]
    return [fault for wrong, fault in checks if wrong]


def _training_faults(train: Train) -> list[tuple[bool, str]]:
    thawing = (train.unfreeze_epochs or 0) * (4 - train.frozen_stages)
    return [
        (
            sorted(set(train.step_at)) != train.step_at,
            f"train.step_at is {train.step_at}; it must ascend",
        ),
        (
            train.unfreeze_epochs is not None and train.init == "scratch",
            "train.unfreeze_epochs is given, but train.init is scratch, where nothing is frozen; set it to null",
        ),
        (
            train.unfreeze_epochs is not None and train.frozen_stages == 4,
            "train.unfreeze_epochs is given, but train.frozen_stages is 4, so that nothing ever thaws",
        ),
        (
            thawing >= train.epochs,
            f"train.unfreeze_epochs ({train.unfreeze_epochs}) thaws the last stage in epoch {thawing + 1}, but "
            f"train.epochs is {train.epochs}",
        ),
        (
            train.auto_anchors and train.architecture == "yolo_v8",
            "train.auto_anchors is true, but train.architecture yolo_v8 has no anchors; set it to false",
        ),
        (
            train.patience is not None and train.eval_every == 0,
            "train.patience is given, but train.eval_every is 0, so that nothing is evaluated",
        ),
        (
            train.eval_every > train.epochs,
            f"train.eval_every ({train.eval_every}) must not be more than train.epochs ({train.epochs})",
        ),
        *(
            (
                section.unmatched_iou > section.match_iou,
                f"train.{name}.unmatched_iou ({section.unmatched_iou}) must not be above "
                f"train.{name}.match_iou ({section.match_iou})",
            )
            for name, section in (
                ("retinanet", train.retinanet),
                ("faster_rcnn", train.faster_rcnn),
                ("mask_rcnn", train.mask_rcnn),
            )
        ),
    ]


def _describe(error: ErrorDetails) -> str:
    """Say one of pydantic's faults in the user's words: dotted key, what was given, what is allowed."""
    # unions add the name of the tried branch to the path; keys of ours never look like it
    path = [str(part) for part in error["loc"] if not str(part).startswith(("constrained-", "none"))]
    path = [part for part in path if part not in {"int", "float", "str"}]
    key = ".".join(path)
    if error["type"] == "extra_forbidden":
        close = difflib.get_close_matches(key, _known_keys(Params), n=1, cutoff=0.6)
        return f"{key} is not a parameter" + (f"; did you mean {close[0]}?" if close else "")
    if error["type"] == "missing":
        return f"{key} is missing"
    return f"{key} is {error['input']!r}; {_requirement(error)}"


def _requirement(error: ErrorDetails) -> str:
    message = error["msg"]
    for given, said in (
        ("Input should be a valid ", "it must be a "),
        ("Input should be ", "it must be "),
        ("Value error, ", ""),  # of our own validators
    ):
        if message.startswith(given):
            message = said + message.removeprefix(given)
            break
    return message.replace("it must be a integer", "it must be an integer")


def _known_keys(section: type[BaseModel], prefix: str = "") -> list[str]:
    keys: list[str] = []
    for name, field in section.model_fields.items():
        keys.append(prefix + name)
        annotation: Any = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            keys += _known_keys(annotation, f"{prefix}{name}.")
    return keys
