"""The sentence at the top of a report: whether the run is better than an earlier one."""

from typing import NamedTuple

from pipeline.errors import PipelineError
from pipeline.evaluation.comparison import Comparison
from pipeline.reporting.comparison import change_text, verdict_sentence
from pipeline.reporting.page import render

START, END = "<!-- verdict -->", "<!-- end of the verdict -->"
"""They surround the sentence in the page. Nothing else in it can hold them, because values are escaped."""


class Verdict(NamedTuple):
    """What a report says of the run and an earlier one.

    Attributes:
        kind: ``better``, ``worse``, ``equal`` (not distinguishable) or ``unknown`` (not compared).
        sentence: The verdict in words.
    """

    kind: str
    sentence: str


NOT_YET = Verdict("unknown", "Not compared with an earlier commit yet; python -m pipeline verdict does it.")
"""What the stages write, whose pages depend on nothing but their inputs."""


def verdict_of(comparison: Comparison, names: tuple[str, str]) -> Verdict:
    """Return the verdict, with the difference of the main score and of the next one: mAP and AP50, or top1 and top5.

    Args:
        names: The names of the earlier run and of this one, for the middle of a sentence.
    """
    sentence, further = verdict_sentence(comparison, names), comparison.overall[1]
    if further.change.value is not None:
        sentence = f"{sentence[:-1]}; {further.name} {change_text(further.change)}."
    kind = {"better": "better", "worse": "worse"}.get(comparison.main.verdict, "equal")
    return Verdict(kind, sentence[0].upper() + sentence[1:])


def with_verdict(page: str, verdict: Verdict) -> str:
    """Return the HTML of a report with another verdict.

    Raises:
        PipelineError: The page has no place for a verdict.
    """
    before, start, rest = page.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise PipelineError(
            "the report has no place for a verdict, as an older version wrote it; run `make repro`"
        )
    return before + render({"verdict": verdict}, "verdict.html.j2").strip() + after
