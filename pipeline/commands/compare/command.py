"""The command ``compare``: say whether one run is better than another, and write a page about it."""

import json
from pathlib import Path
from typing import Literal

from pipeline.artifacts import whole
from pipeline.commands.compare.runs import DETECTION, Run, read_runs
from pipeline.datasets.raw.containers import read_if_there
from pipeline.errors import PipelineError
from pipeline.evaluation.comparison import Comparison, compare_scores
from pipeline.evaluation.resampled_scores import Scores, classifier_scores, detector_scores, draw_images
from pipeline.evaluation.thresholds import shared_score
from pipeline.output_place import output_place
from pipeline.params.load import load_params
from pipeline.params.schema import Params
from pipeline.reporting.changed_images import Changed, changed_classifications, changed_detections
from pipeline.reporting.comparison import (
    comparison_json,
    comparison_markdown,
    comparison_table,
    comparison_values,
    further_sentence,
    seeds_sentence,
    verdict_sentence,
)
from pipeline.reporting.page import render

Form = Literal["text", "json", "markdown"]


def compare(first: str, second: str, *, form: Form, output: Path) -> None:
    """Print the differences and the verdict, and write the page.

    Args:
        first: The run A: ``workspace``, an experiment, a commit, a branch, a tag, or a folder with a finished run.
        form: What is printed: the table and the sentences, the same as Markdown, or a JSON object.
        output: The HTML page to write.

    Raises:
        PipelineError: A run is not there, or the two cannot be compared.
    """
    params = load_params()
    if output.is_dir():
        raise PipelineError(f"{output}: is a folder; name an HTML file to write")
    a, b = read_runs(first, second)
    names = (first, second)
    compared = compare_runs(a, b, params)
    changed = _changed(a, b, params)
    score = shared_score(params.report.score) if a.task == DETECTION else None
    values = comparison_values(compared, names, a.test_set, changed, score)
    with output_place(str(output), "name another file"), whole(output) as partial:
        partial.write_text(render(values, "compare.html.j2"), encoding="utf-8")
    if form == "json":
        print(json.dumps(comparison_json(compared, names, a.task, a.test_set), indent=2, ensure_ascii=False))
        return
    if form == "markdown":
        print(comparison_markdown(compared, names, a.test_set))
        return
    print(f"A: {first}\nB: {second}\ntest set {a.test_set}: {compared.images:,} images\n")
    print(f"{comparison_table(compared)}\n")
    for sentence in (verdict_sentence(compared, names), further_sentence(compared), seeds_sentence(compared)):
        if sentence:
            print(sentence)
    print(f"wrote {output}" + (", with the images that changed most" if any(changed) else ""))
    unread = sum(not pair.first.uri for pairs in changed for pair in pairs)
    if unread:
        raw = _raw(params)
        print(f"{unread} of these images could not be read from {raw}; `dvc checkout {raw}` brings them back")


def compare_runs(a: Run, b: Run, params: Params) -> Comparison:
    """Return the differences of two runs, by the bootstrap over their test images."""
    draws = draw_images(len(a.truth.images))

    def scores(run: Run) -> list[Scores]:
        if run.task == DETECTION:
            limit = params.evaluate.max_detections
            return [detector_scores(run.truth, each, draws, max_detections=limit) for each in run.trainings]
        return [classifier_scores(run.truth, each, draws) for each in run.trainings]

    return compare_scores(scores(a), scores(b), len(a.truth.images))


def _changed(a: Run, b: Run, params: Params) -> Changed:
    raw, predicted = _raw(params), (a.predicted, b.predicted)

    def read(file: str) -> bytes:
        return read_if_there(raw, file)

    if a.task != DETECTION:
        return changed_classifications(a.truth, predicted, read, images=params.report.images)
    return changed_detections(
        a.truth,
        predicted,
        read,
        images=params.report.images,
        iou=params.evaluate.iou,
        score=shared_score(params.report.score),
        max_detections=params.evaluate.max_detections,
    )


def _raw(params: Params) -> Path:
    """Return the folder of the images, which is that of the workspace whatever is compared."""
    return Path("data") / params.dataset.images
