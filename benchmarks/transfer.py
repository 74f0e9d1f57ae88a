"""What the zoo's backbone is worth with little data: fine-tuning against training from scratch, equal budgets.

Both see the same few crops of each class, as often, from the records and the zoo that `dvc repro` made; only the
start differs. Prints top-1 of the test split's crops a seed, and the means.

    python -m benchmarks.transfer [--crops 20] [--steps 200] [--seeds 1 2 3]
"""

import argparse
import tempfile
from pathlib import Path
from statistics import mean

from pipeline.models.classifier import classification_loss, classification_scores, configured_classifier
from pipeline.models.weights.config import ClassifierConfig, read_config
from pipeline.models.weights.directory import load_network
from pipeline.params.load import load_params
from pipeline.params.schema import Params
from pipeline.stage import call
from pipeline.stages import finetune
from pipeline.training.learner import Learner
from pipeline.training.periods import PERIODS

CONVERTED = Path("data/converted")
ZOO = Path("models/zoo")


def main() -> None:
    """Train each mode with each seed and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--crops", type=int, default=20, help="training crops a class")
    parser.add_argument("--steps", type=int, default=200, help="training steps")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    options = parser.parse_args()
    params = load_params()
    top1: dict[str, list[float]] = {"finetune": [], "scratch": []}
    for seed in options.seeds:
        for mode, found in top1.items():
            few = {"mode": mode, "max_crops_per_class": options.crops, "steps": options.steps}
            # the budget is equal only if neither stops early
            settings = params.finetune.model_copy(update=few | {"patience": PERIODS})
            found.append(test_top1(params.model_copy(update={"seed": seed, "finetune": settings})))
    print(f"{options.crops} crops a class, {options.steps} steps, seeds {options.seeds}: top-1 on test")
    for mode, found in top1.items():
        print(f"  {mode:<9} {mean(found):.3f}   ({', '.join(f'{value:.3f}' for value in found)})")
    print(f"  difference {100 * (mean(top1['finetune']) - mean(top1['scratch'])):.1f} points")


def test_top1(params: Params) -> float:
    """Train as the finetune stage does, and measure the weights that it keeps."""
    with tempfile.TemporaryDirectory() as name:
        classifier = Path(name) / "classifier"
        paths = {
            "converted": CONVERTED,
            "zoo": ZOO,
            "classifier": classifier,
            "curves": Path(name) / "curves",
            "log": Path(name) / "log",
        }
        call(finetune.run, params, **paths)
        config = read_config(classifier, ClassifierConfig)
        _, network = configured_classifier(config)
        load_network(network, classifier)
    learner = Learner(network, classification_loss, scores=classification_scores)
    learner.compile()
    test = finetune.unaugmented_batches(CONVERTED, "test", params.task, params.finetune)
    return float(learner.evaluate(test, return_dict=True, verbose=0)["class_top1"])


if __name__ == "__main__":
    main()
