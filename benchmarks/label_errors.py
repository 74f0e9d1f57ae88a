"""Plant label errors in a dataset, and measure how many of them are among the first suspicions.

One in twenty objects is spoilt: a third of them is shifted by 0.4 of its width and up to 0.2 of its height, a third
gets another class (if the dataset has several), and a third loses its label. `given` plants the errors in val and test
of a finished run, after the training, so that the detector learnt sound labels.
`write` plants them in all splits and writes the dataset in COCO's format, with the list `planted.csv`, to train on it;
`measure` compares that list with what `python -m pipeline suspects` wrote, without `--folds` or with it.

    python -m benchmarks.label_errors given [--run .] [--seeds 5]
    python -m benchmarks.label_errors write FOLDER [--run .]
    python -m benchmarks.label_errors measure FOLDER reports/suspects.csv
"""

import argparse
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.artifacts import write_json
from pipeline.datasets.converted.ground_truth import GroundTruth, read_ground_truth
from pipeline.evaluation.coco_scores import coco_dataset, coco_evaluation
from pipeline.evaluation.label_errors import DETECTED, suspected_labels
from pipeline.evaluation.overlaps import CORNERS
from pipeline.evaluation.predictions import read_detections
from pipeline.evaluation.thresholds import choose_thresholds, class_scores, outcomes

SHARE = 0.05
SHIFT, LIFT = 0.4, 0.2
SPLITS = ("train", "val", "test")
SHIFTED, CLASS, REMOVED = "shifted", "class", "missing"


def main() -> None:
    """Run one of the three commands."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    given_parser, write_parser = (commands.add_parser(name) for name in ("given", "write"))
    for each in (given_parser, write_parser):
        each.add_argument(
            "--run", type=Path, default=Path(), metavar="FOLDER", help="folder of a finished run"
        )
    given_parser.add_argument("--seeds", type=int, default=5, help="number of plantings")
    write_parser.add_argument("folder", type=Path, metavar="FOLDER", help="new folder of the dataset")
    measure_parser = commands.add_parser("measure")
    measure_parser.add_argument("folder", type=Path, metavar="FOLDER", help="the folder of `write`")
    measure_parser.add_argument("suspects", type=Path, metavar="CSV", help="what `suspects` wrote")
    options = parser.parse_args()
    if options.command == "given":
        given(options.run, options.seeds)
    elif options.command == "write":
        write(options.run, options.folder)
    else:
        planted, table = pd.read_csv(options.folder / "planted.csv"), pd.read_csv(options.suspects)
        print_shares(Counter(shares(planted, table)))


def plant(truth: GroundTruth, seed: int) -> tuple[GroundTruth, pd.DataFrame]:
    """Return the ground truth with errors, and one row per error: file, kind, and the corners that a hint must name.

    The corners are those of the spoilt box, or of the removed one.
    """
    draw = np.random.default_rng(seed)
    sound = truth.objects[(truth.objects["difficult"] == 0) & (truth.objects["crowd"] == 0)].dropna(
        subset=CORNERS
    )
    chosen = draw.permutation(sound.index)[: max(1, round(SHARE * len(sound)))]
    kinds = [SHIFTED, CLASS, REMOVED] if len(truth.classes) > 1 else [SHIFTED, REMOVED]
    objects, files, planted = truth.objects.copy(), truth.images.set_index("id")["file"], []
    for number, row in enumerate(chosen):
        kind, box = kinds[number % len(kinds)], objects.loc[row]
        if kind == SHIFTED:
            across = SHIFT * (box["xmax"] - box["xmin"]) * draw.choice([-1, 1])
            down = LIFT * (box["ymax"] - box["ymin"]) * draw.uniform(-1, 1)
            objects.loc[row, CORNERS] = box[CORNERS].to_numpy(float) + np.array([across, down, across, down])
        if kind == CLASS:
            label = (box["label"] - 1 + draw.integers(1, len(truth.classes))) % len(truth.classes) + 1
            objects.loc[row, ["label", "class_name"]] = label, truth.classes[label - 1]
        planted.append((files[box["image_id"]], kind, *objects.loc[row, CORNERS]))
    removed = [row for number, row in enumerate(chosen) if kinds[number % len(kinds)] == REMOVED]
    left = objects.drop(index=removed).reset_index(drop=True)
    return replace(truth, objects=left), pd.DataFrame(planted, columns=["file", "kind", *CORNERS])


def shares(planted: pd.DataFrame, suspects: pd.DataFrame) -> dict[str, int]:
    """Return the number of planted errors, and of those among as many first hints, twice as many, and all hints."""
    ranks = [rank(error, suspects) for error in planted.to_dict("records")]
    found = [at for at in ranks if at is not None]
    number = len(planted)
    counts = {"planted": number, "first": sum(at < number for at in found)}
    counts |= {"twice": sum(at < 2 * number for at in found), "all": len(found), "hints": len(suspects)}
    for kind in planted["kind"].unique():
        own = [at for at, each in zip(ranks, planted["kind"], strict=True) if each == kind]
        counts |= {
            f"{kind} planted": len(own),
            f"{kind} twice": sum(at is not None and at < 2 * number for at in own),
        }
    return counts


def rank(error: dict, suspects: pd.DataFrame) -> int | None:
    """Return the position of the first hint at an error, from 0: it names the spoilt box, or finds the removed one."""
    names = DETECTED if error["kind"] == REMOVED else CORNERS
    of_file = suspects[
        (suspects["file"] == error["file"]) & (suspects[CORNERS[0]].isna() == (names is DETECTED))
    ]
    for at, box in zip(of_file.index, of_file[names].to_numpy(float), strict=True):
        if overlap(box, np.array([error[name] for name in CORNERS])) > (0.5 if names is DETECTED else 0.95):
            return int(at)
    return None


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Return the IoU of two boxes xyxy."""
    sides = np.clip(np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2]), 0, None)
    areas = [np.prod(box[2:] - box[:2]) for box in (one, other)]
    return float(np.prod(sides) / (sum(areas) - np.prod(sides)))


def print_shares(counts: Counter) -> None:
    """Print the shares of the planted errors that are among the first hints."""
    total = counts["planted"]
    print(f"{total} errors planted, {counts['hints']} hints")
    for name, said in (
        ("first", "as many hints as errors"),
        ("twice", "twice as many"),
        ("all", "all hints"),
    ):
        print(f"  {counts[name] / total:4.0%} among {said}")
    for kind in (SHIFTED, CLASS, REMOVED):
        if counts[f"{kind} planted"]:
            print(
                f"  {counts[f'{kind} twice'] / counts[f'{kind} planted']:4.0%} of {kind}, among twice as many"
            )


def given(run: Path, seeds: int) -> None:
    """Plant errors in val and test of a finished run, and print the shares over all seeds."""
    truth = read_ground_truth(run / "data/converted")
    parts = {name: truth.split(name) for name in ("val", "test")}
    found = {
        name: read_detections(run / f"data/predictions/detections-{name}.json", part)
        for name, part in parts.items()
    }
    val = outcomes(coco_evaluation(parts["val"], found["val"], iou=0.5), parts["val"], found["val"])
    scores = class_scores("auto", choose_thresholds(val, val, truth.classes), truth.classes)
    images = pd.concat([part.images for part in parts.values()], ignore_index=True)
    objects = pd.concat([part.objects for part in parts.values()], ignore_index=True)
    detections = pd.concat(list(found.values()), ignore_index=True)
    total: Counter = Counter()
    for seed in range(seeds):
        spoilt, planted = plant(replace(truth, images=images, objects=objects), seed)
        total.update(shares(planted, suspected_labels(spoilt, detections, scores, iou=0.5)))
    print_shares(total)


def write(run: Path, folder: Path) -> None:
    """Write the dataset of a run with planted errors: annotations of each split, links to the images, and the list."""
    spoilt, planted = plant(read_ground_truth(run / "data/converted"), seed=0)
    folder.mkdir(parents=True)
    for name in SPLITS:
        write_json(folder / f"{name}.json", coco_dataset(spoilt.split(name)))
    for file in spoilt.images["file"]:
        link = folder / file
        link.parent.mkdir(parents=True, exist_ok=True)
        os.symlink((run / "data/raw" / file).resolve(), link)
    planted.to_csv(folder / "planted.csv", index=False)
    print(f"{folder}: {len(planted)} of {len(spoilt.boxes())} labels spoilt")


if __name__ == "__main__":
    main()
