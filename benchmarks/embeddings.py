"""Compare what backbones know: a linear probe, and the class of the nearest neighbour.

The objects of `data/converted` are cut out by their boxes and embedded by EfficientNet-Lite0 with its installed
ImageNet weights and, with `--mobilenet`, by MobileNet with alpha 0.25 and the weights of a Keras file. The linear probe
is a logistic regression on the embeddings, in five folds, where all objects of an image are in one fold. The nearest
neighbour is one of another image. Chance is the agreement of two objects of different images that are drawn at random.

    python -m benchmarks.embeddings [--size 160] [--mobilenet FILE]
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import pipeline  # noqa: F401  -- chooses Keras 2, before TensorFlow is imported

CONVERTED = Path("data/converted")
SPLITS = ("train", "val", "test")
FOLDS = 5


def main() -> None:
    """Embed the objects with each backbone and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=int, default=160, help="side of the crops, px")
    parser.add_argument("--mobilenet", type=Path, metavar="FILE", help="weights of MobileNet, alpha 0.25")
    options = parser.parse_args()
    backbones = [("efficientnet_lite0", 1.0, None)]
    if options.mobilenet:
        backbones.append(("mobilenet", 0.25, options.mobilenet))
    print("backbone            linear probe  nearest neighbour  chance")
    for name, alpha, file in backbones:
        vectors, labels, images = embed(name, alpha, file, options.size)
        probe, neighbour, chance = scores(vectors, labels, images)
        print(f"{name:18}  {probe:12.3f}  {neighbour:17.3f}  {chance:6.3f}   ({len(labels)} objects)")


def embed(name: str, alpha: float, file: Path | None, size: int) -> tuple[np.ndarray, ...]:
    """Return the embeddings of all objects, their labels, and their images."""
    from pipeline.embedding.embedder import Embedder, embeddings
    from pipeline.inputs.crops import crops_of
    from pipeline.inputs.examples import records
    from pipeline.models.backbones.registry import build_backbone
    from pipeline.models.weights.config import BackboneConfig, write_config
    from pipeline.models.weights.directory import BACKBONE_WEIGHTS
    from pipeline.models.weights.keras_files import load_weights

    with TemporaryDirectory() as folder:
        backbone = build_backbone(name, alpha, None if file else "imagenet")
        if file:
            load_weights(backbone, file)
        backbone.save_weights(Path(folder) / BACKBONE_WEIGHTS)
        source = "file" if file else "imagenet"
        values = {"backbone": name, "alpha": alpha, "weights": source}
        write_config(Path(folder), BackboneConfig.model_validate(values))
        embedder = Embedder(Path(folder))
    batches = [
        batch
        for split in SPLITS
        for batch in embeddings(embedder, crops_of(records(CONVERTED, split)), image_size=size, batch_size=32)
    ]
    vectors, images, _, labels = (np.concatenate(column) for column in zip(*batches, strict=True))
    return vectors, labels, images


def scores(vectors: np.ndarray, labels: np.ndarray, images: np.ndarray) -> tuple[float, float, float]:
    """Return the accuracy of the linear probe, the agreement of nearest neighbours, and that by chance."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold, cross_val_score

    probe = LogisticRegression(C=100.0, max_iter=2000)
    folds = GroupKFold(FOLDS, shuffle=True, random_state=1)
    accuracy = cross_val_score(probe, vectors, labels, groups=images, cv=folds).mean()
    cosines = vectors @ vectors.T
    apart = images[:, None] != images
    nearest = np.where(apart, cosines, -np.inf).argmax(axis=1)
    same = labels[:, None] == labels
    return float(accuracy), float((labels[nearest] == labels).mean()), float(same[apart].mean())


if __name__ == "__main__":
    main()
