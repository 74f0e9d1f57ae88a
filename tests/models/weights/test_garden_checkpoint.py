"""Checkpoints that Model Garden itself writes, as the starting point of our networks."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from official.vision.configs import backbones, decoders, maskrcnn, retinanet
from official.vision.modeling import factory
from official.vision.modeling.backbones.resnet import ResNet

from pipeline.errors import PipelineError
from pipeline.models.backbones.preprocessing import IMAGENET_MEAN, IMAGENET_STD
from pipeline.models.backbones.registry import build_backbone
from pipeline.models.detectors.registry import build_detector
from pipeline.models.weights import garden_checkpoint
from pipeline.models.weights.garden_checkpoint import restore
from pipeline.models.weights.keras_files import load_weights
from tests.support.detectors import config_of

SPEC = tf_keras.layers.InputSpec(shape=[None, 128, 128, 3])
RESNET = backbones.Backbone(type="resnet", resnet=backbones.ResNet(model_id=18))
FPN = decoders.Decoder(type="fpn", fpn=decoders.FPN(num_filters=64))
COCO_CLASSES = 91


def garden_retinanet() -> Any:
    head = retinanet.RetinaNetHead(num_convs=2, num_filters=64)
    config = retinanet.RetinaNet(
        num_classes=COCO_CLASSES, input_size=[128, 128, 3], backbone=RESNET, decoder=FPN, head=head
    )
    return factory.build_retinanet(SPEC, config)


def garden_mask_rcnn() -> Any:
    config = maskrcnn.MaskRCNN(
        num_classes=COCO_CLASSES,
        input_size=[128, 128, 3],
        backbone=RESNET,
        decoder=FPN,
        rpn_head=maskrcnn.RPNHead(num_filters=64),
        detection_head=maskrcnn.DetectionHead(num_convs=0, num_fcs=1, fc_dims=256),
        mask_head=maskrcnn.MaskHead(num_convs=2, num_filters=64),
    )
    model = factory.build_maskrcnn(SPEC, config)
    boxes, classes = tf.constant([[[0.0, 0.0, 64.0, 64.0]]]), tf.constant([[1]])
    model(
        tf.zeros([1, 128, 128, 3]),
        tf.constant([[128.0, 128.0]]),
        gt_boxes=boxes,
        gt_classes=classes,
        gt_masks=tf.zeros([1, 1, 28, 28]),
        training=False,
    )
    return model


def ours(architecture: str) -> Any:
    return build_detector(config_of(architecture, "garden_resnet18", classes=("cat", "dog")))


def write(folder: Path, **parts: Any) -> Path:
    """Write a checkpoint as Model Garden's trainer does, with its optimizer and step."""
    optimizer = tf_keras.optimizers.legacy.SGD(0.1, momentum=0.9)
    checkpoint = tf.train.Checkpoint(global_step=tf.Variable(7), optimizer=optimizer, **parts)
    tf.train.CheckpointManager(checkpoint, str(folder), max_to_keep=1).save()
    return folder


def test_a_whole_detector_is_loaded_except_for_the_layers_of_its_classes(tmp_path: Path) -> None:
    theirs = garden_retinanet()
    detector = ours("retinanet")
    restored = restore(detector.garden_parts, write(tmp_path, model=theirs, **theirs.checkpoint_items))
    assert restored.loaded == len(detector.network.weights) - 2
    assert [name.rsplit("/", 1)[1] for name, _, _ in restored.misfits] == ["kernel", "bias"]
    assert all("scores" in name for name, _, _ in restored.misfits)
    assert not restored.absent
    assert not restored.unused
    assert f"{restored.loaded} tensors loaded; 2 skipped because their shapes differ (head/" in str(restored)
    for mine, other in zip(detector.pyramid.weights, theirs.decoder.weights, strict=True):
        np.testing.assert_array_equal(mine, other)


def test_a_checkpoint_of_the_model_alone_is_found_too(tmp_path: Path) -> None:
    theirs, detector = garden_retinanet(), ours("retinanet")
    restored = restore(detector.garden_parts, write(tmp_path, model=theirs))
    assert restored.loaded == len(detector.network.weights) - 2


def test_mask_rcnn_is_loaded_except_for_the_layers_of_its_classes(tmp_path: Path) -> None:
    theirs, detector = garden_mask_rcnn(), ours("mask_rcnn")
    restored = restore(detector.garden_parts, write(tmp_path, **theirs.checkpoint_items))
    assert len(restored.misfits) == 6  # kernel and bias of the classes', the boxes' and the masks' last layer
    assert restored.loaded == len(detector.network.weights) - 6
    assert not restored.absent


def test_a_backbone_computes_what_model_gardens_does(tmp_path: Path) -> None:
    tf_keras.utils.set_random_seed(3)
    theirs = ResNet(18, SPEC)
    generator = np.random.default_rng(0)
    for variable in theirs.weights:
        if "moving" in variable.name:
            variable.assign(generator.uniform(0.5, 1.5, variable.shape))
    backbone = build_backbone("garden_resnet18", 1.0)
    load_weights(backbone, write(tmp_path, backbone=theirs))
    pixels = generator.uniform(0, 255, (1, 128, 128, 3)).astype(np.float32)
    normalised = (pixels / 255 - IMAGENET_MEAN) / IMAGENET_STD
    for level, expected in theirs(normalised.astype(np.float32), training=False).items():
        actual = backbone(pixels, training=False)[level]
        np.testing.assert_allclose(actual, expected, atol=1e-5 * float(tf.reduce_max(tf.abs(expected))))


@pytest.mark.parametrize("order", [sorted, lambda names: sorted(names, reverse=True)])
def test_the_order_of_names_in_the_checkpoint_does_not_matter(
    order: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = write(tmp_path, backbone=ResNet(18, SPEC))
    listed = garden_checkpoint._children
    monkeypatch.setattr(
        garden_checkpoint, "_children", lambda *at: {name: listed(*at)[name] for name in order(listed(*at))}
    )
    backbone = build_backbone("garden_resnet18", 1.0)
    restored = restore({"backbone": backbone}, folder)
    assert restored.loaded == len(backbone.weights) and not restored.unused


def test_a_folder_without_a_fitting_checkpoint_is_one_line(tmp_path: Path) -> None:
    backbone = build_backbone("mobilenet", 0.25)
    with pytest.raises(PipelineError, match="the folder contains no checkpoint"):
        load_weights(backbone, tmp_path)
    write(tmp_path / "other", thing=tf.Variable(1.0))
    with pytest.raises(PipelineError, match=r"not a checkpoint of Model Garden, because .* only .*thing"):
        load_weights(backbone, tmp_path / "other")
    write(tmp_path / "garden", backbone=ResNet(18, SPEC))
    with pytest.raises(PipelineError, match="no tensor fits the model"):
        load_weights(backbone, tmp_path / "garden")
