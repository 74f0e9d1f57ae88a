"""The transfer table as text and as a page."""

import pandas as pd

from pipeline.evaluation.transfer import transfer_table
from pipeline.reporting.page import render
from pipeline.reporting.study import study_values, table_text
from tests.support.project import PARAMS

ROWS = [
    ("<net>", mode, seed, top1, 1.0, 1.0, 1.0, epochs)
    for mode, top1, epochs in (("scratch", 0.3, None), ("finetune", 0.9, 12.5))
    for seed in (1, 2)
]
TRAININGS = pd.DataFrame(
    ROWS,
    columns=["backbone", "mode", "seed", "test_top1", "test_top5", "train_top1", "train_top5", "epochs"],
)


def test_the_text_has_a_line_for_each_start() -> None:
    lines = table_text(transfer_table(TRAININGS)).splitlines()
    assert lines[0].split("  ")[0] == "backbone" and len(lines) == 3
    assert "0.900 ± 0.000" in lines[2] and "12.5 ± 0.0" in lines[2]
    assert lines[1].endswith("not by all seeds")


def test_the_page_names_the_best_start_and_escapes_names() -> None:
    values = study_values(transfer_table(TRAININGS), TRAININGS, PARAMS.study.model_dump())
    page = render(values, "study.html.j2")
    assert "The best start is &lt;net&gt;, finetune: 90.0 % of the test set right." in page
    assert "<net>" not in page and "<script" not in page
    assert "Transfer table · 4 trainings" in page
