"""The sentence at the top of a report, and its place in the page."""

import pytest

from pipeline.errors import PipelineError
from pipeline.evaluation.comparison import Comparison, Difference, Interval, Seeds
from pipeline.reporting.page import render
from pipeline.reporting.verdict import NOT_YET, Verdict, verdict_of, with_verdict

SEEDS = Seeds([0.5], [0.5], Interval(0.0, None, None))
PAGE = "<header>" + render({"verdict": NOT_YET}, "verdict.html.j2") + "</header>"


@pytest.mark.parametrize(
    ("change", "kind", "begin"),
    [
        ((0.04, 0.01, 0.07), "better", "This run is better than commit 1a2b3c4: mAP +0.040"),
        ((-0.04, -0.07, -0.01), "worse", "This run is worse than commit 1a2b3c4: mAP -0.040"),
        (
            (0.01, -0.02, 0.04),
            "equal",
            "Commit 1a2b3c4 and this run are not distinguishable with 99 test images: mAP",
        ),
    ],
)
def test_one_sentence_has_both_differences(change: tuple[float, ...], kind: str, begin: str) -> None:
    rows = [Difference(name, 0.5, 0.5, Interval(*change)) for name in ("mAP", "AP50", "AP75")]
    verdict = verdict_of(Comparison(99, rows, [], SEEDS), ("commit 1a2b3c4", "this run"))
    assert verdict.kind == kind and verdict.sentence.startswith(begin)
    interval = f"{change[0]:+.3f} (95 % interval {change[1]:+.3f} to {change[2]:+.3f})"
    assert verdict.sentence.endswith(f"; AP50 {interval}.") and verdict.sentence.count(interval) == 2


def test_a_verdict_replaces_another_and_is_escaped() -> None:
    once = with_verdict(PAGE, Verdict("better", "<b>hat</b>"))
    assert '<p class="verdict better">&lt;b&gt;hat&lt;/b&gt;</p>' in once and NOT_YET.sentence not in once
    assert with_verdict(once, NOT_YET).split() == PAGE.split()
    assert with_verdict(once, Verdict("better", "<b>hat</b>")) == once


def test_a_page_without_a_place_is_refused() -> None:
    with pytest.raises(PipelineError, match="no place for a verdict"):
        with_verdict("<header></header>", NOT_YET)
