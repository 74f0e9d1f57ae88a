"""The command ``study``: train with each backbone, start and seed, and tabulate the scores."""

from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.artifacts import whole
from pipeline.commands.study.cells import Cell, cells, changes, shaping
from pipeline.errors import PipelineError
from pipeline.evaluation.transfer import transfer_table
from pipeline.experiments import read_file, reproduce, revision_of
from pipeline.params.changed import changed
from pipeline.params.combinations import combination_faults
from pipeline.params.load import PARAMS_FILE, load_params
from pipeline.params.schema import Params
from pipeline.reporting.page import render
from pipeline.reporting.study import study_values, table_text

MEASURES, SUMMARY = Path("metrics/study.json"), Path("metrics/detection.json")
TRAININGS, PAGE = Path("reports/study.csv"), Path("reports/study.html")


def study() -> None:
    """Run the trainings that are missing, print the table, and write it as a page.

    Raises:
        PipelineError: The parameters of a training cannot be used, or a stage fails.
    """
    params = load_params()
    wanted = list(cells(params))
    _refuse_unfit(params, wanted)
    reproduce(["convert"])  # once for all experiments, each of which finds its result
    rows = []
    for number, cell in enumerate(wanted, start=1):
        print(f"{cell.name}: {number} of {len(wanted)}", flush=True)
        rows.append(_row(cell, _revision(cell, params), detector=params.study.detector))
    trainings = pd.DataFrame(rows)
    table = transfer_table(trainings)
    print(table_text(table))
    with whole(TRAININGS) as partial:
        trainings.to_csv(partial, index=False)
    with whole(PAGE) as partial:
        values = study_values(table, trainings, params.study.model_dump())
        partial.write_text(render(values, "study.html.j2"), encoding="utf-8")
    print(f"wrote {PAGE}, and {TRAININGS} with a row for each training")


def _refuse_unfit(params: Params, wanted: list[Cell]) -> None:
    """Raise an error before the first training if the parameters of one cannot be used."""
    faults = {
        fault for cell in wanted for fault in combination_faults(changed(params, changes(cell, params)))
    }
    if faults:
        raise PipelineError("\n".join(f"{PARAMS_FILE}, section study: {fault}" for fault in sorted(faults)))


def _revision(cell: Cell, params: Params) -> str:
    """Return the revision of a training's experiment, which is run if there is none with these parameters."""
    targets = ["study/dvc.yaml:measure", *(["evaluate"] if params.study.detector else [])]
    return revision_of(cell.name, params, changes(cell, params), shaping, targets)


def _row(cell: Cell, revision: str, *, detector: bool) -> dict[str, Any]:
    """Return the row of a training: its cell and its scores."""
    measured = read_file(revision, MEASURES)
    scores = {f"{split}_top{k}": measured[split][f"top{k}"] for split in ("test", "train") for k in (1, 5)}
    if detector:
        scores["mAP"] = read_file(revision, SUMMARY)["mAP"]
    return {**cell._asdict(), **scores, "epochs": measured["epochs"]}
