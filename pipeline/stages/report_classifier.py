"""Write one page that shows a classification run.

Reads:
    raw: The images of the dataset.
    converted: ``images.csv``, ``objects.csv``, ``labels.txt`` and ``issues.csv``.
    classifications: ``test.csv``, if there is a classifier.
    metrics: ``classification.json``, ``plots/classification`` and the learning curves ``finetune``.
    models: The ``model.json`` of the backbone and of the classifier.

Writes:
    output: An HTML page that needs no network and runs no script.
"""

from pathlib import Path

import pandas as pd

from pipeline.artifacts import read_json, whole, written_by
from pipeline.datasets.converted.ground_truth import read_ground_truth
from pipeline.datasets.converted.issues import read_issues
from pipeline.datasets.raw.containers import read_if_there
from pipeline.evaluation.predictions import read_classifications
from pipeline.params.report import Report
from pipeline.progress import timed_result
from pipeline.reporting.classified_gallery import classified_gallery
from pipeline.reporting.dataset import counts_and_faults
from pipeline.reporting.heatmap import heat_map
from pipeline.reporting.learning import learning_charts
from pipeline.reporting.models import model_facts
from pipeline.reporting.page import render
from pipeline.reporting.scores import recall_rows
from pipeline.reporting.verdict import NOT_YET
from pipeline.stage import stage_main

MODELS = ("zoo", "classifier")


def run(
    report: Report,
    seed: int,
    *,
    raw: Path,
    converted: Path,
    classifications: Path,
    metrics: Path,
    models: Path,
    output: Path,
) -> None:
    """Collect what is there and write the page."""
    with timed_result(output) as done:
        truth = read_ground_truth(converted)
        test, path = truth.split("test"), classifications / "test.csv"
        classified = read_classifications(path, test) if path.exists() else None
        scores = read_json(written_by("evaluate_classifier", metrics / "classification.json"))
        confused = metrics / "plots" / "classification" / "confusion.csv"
        pairs = pd.read_csv(written_by("evaluate_classifier", confused), keep_default_na=False, dtype=str)
        chance, worst = (
            ([], [])
            if classified is None
            else classified_gallery(
                test, classified, lambda file: read_if_there(raw, file), images=report.images, seed=seed
            )
        )
        values = {
            "verdict": NOT_YET,
            "classifier": scores,
            "recall_rows": recall_rows(scores),
            "confusion": heat_map(pairs, truth.classes, with_no_class=False) if len(pairs) else None,
            "chance": chance,
            "worst": worst,
            "learning": {"finetune": learning_charts(metrics / "finetune")},
            "models": {name: facts for name, facts in model_facts(models).items() if name in MODELS},
            **counts_and_faults(truth, read_issues(converted / "issues.csv")),
        }
        with whole(output) as partial:
            partial.write_text(render(values, "classification.html.j2"), encoding="utf-8")
        done("report_classifier: the page")


def main() -> None:
    """Run the stage from the command line."""
    stage_main(run)


if __name__ == "__main__":
    main()
