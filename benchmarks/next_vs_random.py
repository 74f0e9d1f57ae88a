"""Whether the pictures that `python -m pipeline next` chooses teach a detector more than as many drawn at random.

For each seed, a detector is trained on a few train images of a finished run, drawn at random. `next` then chooses more
of the others by this detector and its exported file, as for a user; for comparison, as many are drawn at random. Both
sets, each with the first images, train a detector from the start in the same way. All are scored on the test split.
Prints the scores of each seed, their means, and the mean difference with its 95 % interval (Student's t, paired by
seed). What a run has finished, a second one keeps.

    python -m benchmarks.next_vs_random FOLDER [--run .] [--seeds 1 2 3 4 5] [--first 60] [--more 60] [--steps 120]
"""

import argparse
import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t as student

import pipeline  # noqa: F401  -- chooses Keras 2, before TensorFlow is imported
from pipeline.artifacts import read_json, write_json
from pipeline.datasets.converted.record_files import record_files
from pipeline.datasets.converted.tables import read_images
from pipeline.embedding.index import read_index, write_index
from pipeline.inputs.examples import parse_record
from pipeline.params.load import load_params
from pipeline.params.schema import Params
from pipeline.stage import call

ARMS = ("next", "random")
TABLES = ("images.csv", "objects.csv")
DRAWN = {"first": 1, "random": 2}
"""What is drawn by lot, and the number that tells its draws from the others of a seed."""


def main() -> None:
    """Train the detectors of all seeds and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="folder of all that is written")
    parser.add_argument("--run", type=Path, default=Path(), help="folder of a run, up to the stage zoo (.)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--first", type=int, default=60, help="images that are labelled at first")
    parser.add_argument("--more", type=int, default=60, help="images that are labelled then")
    parser.add_argument("--steps", type=int, default=120, help="steps of each training")
    parser.add_argument("--image-size", type=int, default=128, help="side of the detector's input, px")
    options = parser.parse_args()
    options.run, options.folder = options.run.resolve(), options.folder.resolve()
    embed_all(options)
    print("seed  labelled         images  objects   AP50    mAP")
    rows = pd.DataFrame([row for seed in options.seeds for row in one_seed(seed, options)])
    print_means(rows, len(options.seeds))


def embed_all(options: argparse.Namespace) -> None:
    """Embed the images of the run, as `dvc repro similar/dvc.yaml` does."""
    from pipeline.stages import embed

    if not (options.folder / "index").exists():
        options.folder.mkdir(parents=True, exist_ok=True)
        paths = {"converted": options.run / "data/converted", "zoo": options.run / "models/zoo"}
        call(embed.run, load_params(), **paths, index=options.folder / "index")


def one_seed(seed: int, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Return the scores of the three detectors of a seed."""
    home, params = options.folder / f"seed-{seed}", parameters(seed, options)
    train = read_images(options.run / "data/converted").query("split == 'train'")["id"].to_numpy()
    first = drawn(train, options.first, seed, "first")
    rows = [trained("first", first, home, params, options)]
    chosen = {
        "next": chosen_next(home, first, params, options),
        "random": drawn(np.setdiff1d(train, first), options.more, seed, "random"),
    }
    for arm in ARMS:
        rows.append(trained(arm, np.union1d(first, chosen[arm]), home, params, options))
    return rows


def parameters(seed: int, options: argparse.Namespace) -> Params:
    """Return the parameters of `params.yaml` with a short training at a small size, and no evaluation on val."""
    params, steps = load_params(), options.steps
    train = {"image_size": options.image_size, "steps": steps, "warmup_steps": steps // 10, "evaluations": 0}
    train |= {"ema": 1.0 - 4.0 / steps}
    return params.model_copy(
        update={
            "seed": seed,
            "train": params.train.model_copy(update=train),
            "finetune": params.finetune.model_copy(update={"mode": "none"}),
            "export": params.export.model_copy(update={"formats": []}),
        }
    )


def drawn(images: np.ndarray, count: int, seed: int, what: str) -> np.ndarray:
    """Draw images by lot."""
    return np.random.default_rng([seed, DRAWN[what]]).choice(images, count, replace=False)


def trained(
    name: str, labelled: np.ndarray, home: Path, params: Params, options: argparse.Namespace
) -> dict[str, Any]:
    """Train a detector on some images and return its scores on test, which are printed."""
    from pipeline.models.trained import trained_detector
    from pipeline.stages import train
    from pipeline.training.val_scores import split_scorer

    folder = home / name
    converted, detector, scores = (
        folder / "data/converted",
        folder / "models/detector",
        folder / "scores.json",
    )
    if not scores.exists():
        shutil.rmtree(folder, ignore_errors=True)
        write_subset(options.run / "data/converted", labelled, converted)
        (folder / "models").mkdir()
        paths = {"converted": converted, "backbone": options.run / "models/zoo", "detector": detector}
        with quiet(home / "log.txt"):
            call(train.run, params, **paths, curves=folder / "curves", log=folder / "keras.log")
        _, model = trained_detector(detector)
        write_json(scores, split_scorer(converted, "test", model, params.train).score(0))
    objects = int((pd.read_csv(converted / "objects.csv")["image_id"].isin(labelled)).sum())
    row = {"seed": params.seed, "labelled": name, "images": len(labelled), "objects": objects}
    row |= read_json(scores)
    print(
        f"{params.seed:4}  {name:15} {len(labelled):7} {objects:8}  {row['AP50']:.3f}  {row['mAP']:.3f}",
        flush=True,
    )
    return row


def write_subset(converted: Path, labelled: np.ndarray, folder: Path) -> None:
    """Write a converted dataset whose train split has some of the images only. The other splits are the same."""
    import tensorflow as tf

    folder.mkdir(parents=True)
    for path in converted.iterdir():
        if path.name not in TABLES and not path.name.startswith("train-"):
            (folder / path.name).symlink_to(path)
    images = pd.read_csv(converted / "images.csv")
    images = images[(images["split"] != "train") | images["id"].isin(labelled)]
    images.to_csv(folder / "images.csv", index=False)
    objects = pd.read_csv(converted / "objects.csv")
    objects[objects["image_id"].isin(images["id"])].to_csv(folder / "objects.csv", index=False)
    with tf.io.TFRecordWriter(str(folder / "train-00000-of-00001.tfrecord")) as writer:
        for record in tf.data.TFRecordDataset(record_files(converted, "train")):
            if int(parse_record(record).image_id) in labelled:
                writer.write(record.numpy())


def chosen_next(home: Path, first: np.ndarray, params: Params, options: argparse.Namespace) -> np.ndarray:
    """Return the ids of the images that the command `next` chooses, in a project whose detector is the first one."""
    from pipeline.commands.predict.next_images import next_images

    project, images = home / "first", read_images(options.run / "data/converted").set_index("id")
    pool = images[(images["split"] == "train") & ~images.index.isin(first)]
    if not (project / "reports/next.csv").exists():
        finish_run(project, params, options)
        for number, file in pool["file"].items():
            link = project / "pool" / f"{number}{Path(file).suffix}"
            link.parent.mkdir(exist_ok=True)
            os.link(options.run / "data" / params.dataset.images / file, link)
        with quiet(home / "log.txt"), contextlib.chdir(project):
            next_images("pool", count=options.more, batch_size=8)
    files = pd.read_csv(project / "reports/next.csv")["file"]
    return np.array([int(Path(file).stem) for file in files])


def finish_run(project: Path, params: Params, options: argparse.Namespace) -> None:
    """Write what the command `next` needs beside the detector: its exported file, its detections on val, the index."""
    from pipeline.stages import detect, export, finetune

    models, converted = project / "models", project / "data/converted"
    for name in ("exported", "classifier"):
        shutil.rmtree(models / name, ignore_errors=True)
    for name in ("pool", "data/predictions", "data/index", "reports"):
        shutil.rmtree(project / name, ignore_errors=True)
    shutil.copy(options.run / "params.yaml", project)
    if not (models / "zoo").exists():
        (models / "zoo").symlink_to(options.run / "models/zoo")
    (project / "reports").mkdir()
    (project / "data/index").mkdir()
    vectors, items = read_index(options.folder / "index", "image")
    own = items["image_id"].isin(read_images(converted)["id"]).to_numpy()
    write_index(vectors[own], items[own], project / "data/index")
    with quiet(project / "log.txt"):
        keras_log, classifier = project / "keras.log", models / "classifier"
        paths = {"converted": converted, "classifier": classifier}
        call(finetune.run, params, **paths, zoo=models / "zoo", curves=project / "no_curves", log=keras_log)
        call(export.run, params, **paths, detector=models / "detector", exported=models / "exported")
        paths = {"converted": converted, "exported": models / "exported"}
        call(detect.run, params, **paths, predictions=project / "data/predictions")


@contextlib.contextmanager
def quiet(log: Path) -> Iterator[None]:
    """Write what is printed to the end of a file."""
    with open(log, "a", encoding="utf-8") as file, contextlib.redirect_stdout(file):
        yield


def print_means(rows: pd.DataFrame, seeds: int) -> None:
    """Print the means over the seeds, and the mean difference of both choices with its interval."""
    for name in ("first", *ARMS):
        own = rows[rows["labelled"] == name]
        counts = f"{own['images'].mean():7.0f} {own['objects'].mean():8.1f}"
        print(f"mean  {name:15} {counts}  {own['AP50'].mean():.3f}  {own['mAP'].mean():.3f}")
    for score in ("AP50", "mAP"):
        one, other = (rows[rows["labelled"] == arm].set_index("seed")[score] for arm in ARMS)
        change = one - other
        margin = student.ppf(0.975, seeds - 1) * change.std(ddof=1) / np.sqrt(seeds) if seeds > 1 else np.nan
        interval = f"{change.mean() - margin:+.3f} to {change.mean() + margin:+.3f}"
        print(f"{score}: next - random {change.mean():+.3f}, 95 % interval {interval} over {seeds} seeds")


if __name__ == "__main__":
    main()
