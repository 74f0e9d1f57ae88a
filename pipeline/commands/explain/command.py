"""The command ``explain``: write pictures of what the networks see in an image, and a page of them."""

import base64
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from pipeline.artifacts import whole
from pipeline.commands.explain.drawing import Boxes, sheet_item, write_boxes
from pipeline.commands.explain.inputs import (
    Network,
    load_backbone,
    load_detector,
    objects_of,
    read_picture,
    resized,
    train_images,
)
from pipeline.embedding.contact_sheet import write_contact_sheet
from pipeline.errors import PipelineError
from pipeline.explaining.feature_maps import as_grey, layer_outputs, level_layers, strongest_channels
from pipeline.explaining.grad_cam import grad_cam, heated
from pipeline.explaining.kernels import first_kernels
from pipeline.explaining.patches import strongest_patches
from pipeline.explaining.proposals import proposals
from pipeline.models.backbones.keras_arithmetic import receptive_fields
from pipeline.models.detectors.base import Detector
from pipeline.models.detectors.faster_rcnn import FasterRcnn
from pipeline.models.weights.config import BackboneConfig
from pipeline.ops.truth import Truth
from pipeline.output_place import output_place
from pipeline.params.load import load_params
from pipeline.reporting.page import render

MAPS, CHANNELS, PATCHES, CLASSES, PROPOSALS = 15, 4, 9, 3, 20
KERNEL_COLUMNS, MAP_COLUMNS = 8, 8
SHOWN_SIZE = 224
"""Side at which the backbone is shown images, px."""


class Panel(NamedTuple):
    """A picture of the page.

    Attributes:
        title: The heading.
        said: What the picture shows, in sentences.
        file: The name of the PNG; "" if there is no picture, and ``said`` tells why.
    """

    title: str
    said: str
    file: str


def explain(image: Path, layers: Sequence[str] | None, images: int, output: Path) -> None:
    """Write the pictures and the page.

    Args:
        image: The picture, JPEG or PNG.
        layers: Layers of the backbone; None for its levels.
        images: The number of train images that are searched for the strongest patches.
        output: The folder to write to.

    Raises:
        PipelineError: The picture or a model cannot be read, or a layer does not exist.
    """
    load_params()
    if output.exists() and not output.is_dir():
        raise PipelineError(f"{output}: is a file; name a folder to write to")
    picture, network, truth = read_picture(image), load_backbone(), objects_of(image)
    with output_place(str(output), "name another folder"):
        output.mkdir(parents=True, exist_ok=True)
    steps: list[Callable[[], list[Panel]]] = [
        lambda: _kernels(network, output),
        lambda: _layers(network, picture, layers, images, output),
        lambda: _evidence(network, picture, truth, output),
        lambda: _boxes(picture, truth, output),
    ]
    panels = [panel for step in steps for panel in step()]
    for panel in panels:
        print(f"{output / panel.file}: {panel.title}" if panel.file else f"{panel.title}: {panel.said}")
    page = output / "index.html"
    pictures = [
        (panel, base64.b64encode((output / panel.file).read_bytes()).decode() if panel.file else "")
        for panel in panels
    ]
    with whole(page) as partial:
        values = {"name": image.name, "network": network.title, "pictures": pictures}
        partial.write_text(render(values, "explain.html.j2"), encoding="utf-8")
    print(f"wrote {page}")


def _kernels(network: Network, output: Path) -> list[Panel]:
    kernels = first_kernels(network.backbone, network.config)
    items = [sheet_item(kernel, f"kernel {number}") for number, kernel in enumerate(kernels)]
    write_contact_sheet(items, KERNEL_COLUMNS, output / "kernels.png")
    height, width = kernels.shape[1:3]
    said = f"All {len(kernels)} kernels of {height} x {width} px. Grey is 0, and each has its own contrast."
    return [Panel("Kernels of the first convolution", said, "kernels.png")]


def _layers(
    network: Network, picture: np.ndarray, layers: Sequence[str] | None, images: int, output: Path
) -> list[Panel]:
    """Write the feature maps of the picture, and the patches of the train images that excite them most."""
    view = resized(picture, SHOWN_SIZE)
    names = list(layers) if layers else level_layers(network.backbone)
    model = layer_outputs(network.backbone, names)
    fields = receptive_fields(network.backbone, SHOWN_SIZE)
    maps = {name: value[0].numpy() for name, value in model(view[None], training=False).items()}
    strongest = {name: strongest_channels(values, MAPS) for name, values in maps.items()}
    searched = {name: channels[:CHANNELS].tolist() for name, channels in strongest.items()}
    patches = strongest_patches(model, train_images(SHOWN_SIZE, images), searched, fields, count=PATCHES)
    panels = []
    for name in names:
        file = f"maps_{name}.png"
        items = [sheet_item(np.round(view).astype(np.uint8), "the picture")]
        items += [
            sheet_item(as_grey(values), f"channel {channel}\nup to {values.max():.1f}")
            for channel in strongest[name]
            for values in [maps[name][..., channel]]
        ]
        write_contact_sheet(items, MAP_COLUMNS, output / file)
        height, width, count = maps[name].shape
        said = (
            f"The {len(strongest[name])} strongest of {count} channels of {height} x {width} cells, for the "
            f"picture at {SHOWN_SIZE} px. Each has its own contrast."
        )
        panels.append(Panel(f"Feature maps of {name}", said, file))
        file = f"patches_{name}.png"
        items = [
            sheet_item(patch.pixels, f"channel {channel}\n{patch.value:.1f}")
            for channel in searched[name]
            for patch in patches[name, channel]
        ]
        write_contact_sheet(items, PATCHES, output / file)
        panels.append(Panel(f"Strongest patches of {name}", _said_of_patches(fields[name], images), file))
    return panels


def _said_of_patches(field: tuple[int, int], images: int) -> str:
    size = f"The receptive field is {field[0]} px" if field[0] else "The receptive field is not known"
    return (
        f"A row for each channel: the parts of {images} train images that excite it most, one of an image, as far as "
        f"they lie in the image. {size}."
    )


def _evidence(network: Network, picture: np.ndarray, truth: Truth | None, output: Path) -> list[Panel]:
    title = "Grad-CAM"
    if network.classifier is None or isinstance(network.config, BackboneConfig):
        return [Panel(title, "The stage finetune trained no classifier.", "")]
    classes, size = network.config.classes, network.config.image_size
    part, seen = (picture, "the picture") if truth is None else (_largest(picture, truth), "largest object")
    view = resized(part, size)
    found = grad_cam(network.classifier, network.backbone, tf.constant(view), CLASSES)
    items = [sheet_item(np.round(view).astype(np.uint8), seen)]
    items += [
        sheet_item(
            heated(view, evidence.heat),
            f"{classes[evidence.label - 1]} {evidence.score:.2f}"
            + ("" if evidence.heat.any() else "\nnothing speaks for it"),
        )
        for evidence in found
    ]
    write_contact_sheet(items, len(items), output / "grad_cam.png")
    said = f"Where the classifier sees the evidence for the {len(found)} best classes, from none to bright."
    return [Panel(title, said, "grad_cam.png")]


def _largest(picture: np.ndarray, truth: Truth) -> np.ndarray:
    """Cut the largest object out of a picture, which is what a classifier of objects is shown."""
    boxes = truth.boxes.numpy()
    largest = np.argmax((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))
    height, width = picture.shape[:2]
    top, left, bottom, right = np.round(boxes[largest] * np.array([height, width] * 2)).astype(int)
    top, left = min(top, height - 1), min(left, width - 1)
    return picture[top : max(bottom, top + 1), left : max(right, left + 1)]


def _boxes(picture: np.ndarray, truth: Truth | None, output: Path) -> list[Panel]:
    """Write the boxes that are assigned to the objects, and the proposals of a two-stage detector."""
    loaded = load_detector()
    if loaded is None:
        return [Panel("Assigned boxes", "There is no detector.", "")]
    detector, config = loaded
    panels = [_assigned(detector, config.architecture, picture, truth, output)]
    if isinstance(detector, FasterRcnn):
        found = proposals(detector.network, tf.constant(resized(picture, config.image_size)), PROPOSALS)
        for name, title, boxes in (
            ("proposals_before", "Proposals before the refinement", found.anchors),
            ("proposals_after", "Proposals after the refinement", found.refined),
            ("proposals_kept", "Proposals after the suppression", found.kept),
        ):
            write_boxes(picture, [Boxes(title, boxes, None, 2)], output / f"{name}.png")
            said = f"The objectness of the first is {found.scores[0]:.2f}, that of the last {found.scores[-1]:.2f}."
            panels.append(Panel(title, said, f"{name}.png"))
    return panels


def _assigned(
    detector: Detector, architecture: str, picture: np.ndarray, truth: Truth | None, output: Path
) -> Panel:
    title = "Boxes or cells that learn the objects"
    if truth is None:
        return Panel(title, "The picture is none of the dataset with boxes, so no objects are known.", "")
    assigned = detector.assigned(truth)
    if assigned is None:
        return Panel(
            title, f"{architecture} has no boxes or cells that are assigned before its outputs are known.", ""
        )
    kinds = [
        Boxes("assigned", assigned.numpy(), "#39b4ff", 1),
        Boxes("objects", truth.boxes.numpy(), "#ff8a1f", 3),
    ]
    write_boxes(picture, kinds, output / "assigned.png")
    said = f"The default boxes, anchors or cells of {architecture} that are positive examples in training."
    return Panel(title, said, "assigned.png")
