"""The comparison of two runs in words, as a table, as JSON, and as the values of a page."""

from collections.abc import Sequence
from typing import Any

from pipeline.evaluation.comparison import Comparison, Difference, Interval, images_that_tell
from pipeline.evaluation.seeds import seed_spread
from pipeline.reporting.changed_images import Changed
from pipeline.reporting.markdown import markdown_text
from pipeline.reporting.text_table import text_table

MANY = 1_000_000  # images; a larger number is not said
ONE_SEED = (
    "The intervals are those of the test images alone; the same training with another seed moves the scores too, and "
    "train.seeds shows by how much."
)


def verdict_sentence(comparison: Comparison, names: tuple[str, str]) -> str:
    """Return whether the second run is better, and on how many test images.

    Args:
        names: The names of the two runs.
    """
    main, (first, second) = comparison.main, names
    images = f"{comparison.images:,} test image{'' if comparison.images == 1 else 's'}"
    if main.change.value is None:
        return f"{first} and {second} are not distinguishable: no object of the {images} defines {main.name}."
    change = f"{main.name} {change_text(main.change)}"
    if main.verdict != "not distinguishable":
        return f"{second} is {main.verdict} than {first}: {change}, on {images}."
    return f"{first} and {second} are not distinguishable with {images}: {change}."


def further_sentence(comparison: Comparison) -> str:
    """Return how many test images would tell, or what difference these can show; "" if the runs are told apart."""
    main = comparison.main
    if main.verdict != "not distinguishable" or main.change.low is None:
        return ""
    wanted = images_that_tell(comparison)
    if wanted is None:
        return "The scores are equal."
    number = f"more than {MANY:,}" if wanted > MANY else f"about {wanted:,}"
    return f"If the difference is as large as measured, {number} test images would tell."


def seeds_sentence(comparison: Comparison) -> str:
    """Return how far the main score moves by the seeds of the trainings, apart from the choice of the test images."""
    first, second, change = comparison.seeds
    if change.low is None or change.high is None:
        return ONE_SEED
    name = comparison.main.name
    told = "more than chance explains" if change.low > 0 or change.high < 0 else "which may be chance"
    return (
        f"By the seeds alone, on the same test images: {name} is {_spread_text(first)} in A and {_spread_text(second)} "
        f"in B, a difference of {change_text(change)}, {told}. The other intervals are those of the test images alone."
    )


def _spread_text(values: Sequence[float]) -> str:
    spread = seed_spread(values)
    return f"{spread['mean']:.3f} ± {spread['spread']:.3f} ({len(values)} seeds)"


def change_text(change: Interval) -> str:
    """Return a difference with its interval, such as "+0.012 (95 % interval -0.003 to +0.027)"."""
    interval = (
        "no interval, as one image has none" if change.low is None else f"95 % interval {_range(change)}"
    )
    return f"{_signed(change.value)} ({interval})"


def comparison_table(comparison: Comparison) -> str:
    """Return the scores and their differences as text."""
    title = "AP by class" if comparison.main.name == "mAP" else "recall by class"
    lines = [
        ["score", "A", "B", "B - A", "95 % interval", ""],
        *map(_line, comparison.overall),
        [title, *[""] * 5],
        *map(_line, comparison.classes),
    ]
    return text_table(lines, left=1)


def comparison_markdown(comparison: Comparison, names: tuple[str, str], test_set: str) -> str:
    """Return the verdict and the table as Markdown, for a pull request."""
    rows = [["score", *names, "difference", "95 % interval", ""], ["---", *["---:"] * 4, "---"]]
    rows += [_line(row) for row in comparison.overall]
    classes = [["class", *rows[0][1:]], rows[1], *(_line(row) for row in comparison.classes)]
    tables = [
        "\n".join("| " + " | ".join(map(markdown_text, row)) + " |" for row in each)
        for each in (rows, classes)
    ]
    verdict = " ".join(filter(None, [verdict_sentence(comparison, names), further_sentence(comparison)]))
    return "\n\n".join(
        [
            f"**{markdown_text(verdict)}**",
            tables[0],
            f"<details><summary>By class</summary>\n\n{tables[1]}\n\n</details>",
            f"{markdown_text(seeds_sentence(comparison))} Test set `{test_set}`, {comparison.images:,} images.",
        ]
    )


def comparison_json(
    comparison: Comparison, names: tuple[str, str], task: str, test_set: str
) -> dict[str, Any]:
    """Return the comparison for a script.

    Args:
        names: The names of the two runs.
        task: ``detection`` or ``classification``.
        test_set: The fingerprint of the test set.
    """
    return {
        "a": names[0],
        "b": names[1],
        "task": task,
        "test_set": test_set,
        "test_images": comparison.images,
        "verdict": comparison.main.verdict,
        "score": comparison.main.name,
        "images_that_tell": images_that_tell(comparison),
        "seeds": {
            "a": comparison.seeds.first,
            "b": comparison.seeds.second,
            "difference": comparison.seeds.change.value,
            "low": comparison.seeds.change.low,
            "high": comparison.seeds.change.high,
        },
        "scores": {row.name: _entry(row) for row in comparison.overall},
        "per_class": {row.name: _entry(row) for row in comparison.classes},
    }


def comparison_values(
    comparison: Comparison, names: tuple[str, str], test_set: str, changed: Changed, drawn_score: float | None
) -> dict[str, Any]:
    """Return the values of the page.

    Args:
        names: The names of the two runs.
        test_set: The fingerprint of the test set.
        changed: The images that changed most.
        drawn_score: The least score of a detection that is drawn; None for a classifier.
    """
    widest = max(
        (abs(end) for row in _rows(comparison) for end in row.change if end is not None), default=0.0
    )
    return {
        "names": names,
        "test_set": test_set,
        "images": comparison.images,
        "main": comparison.main,
        "verdict": verdict_sentence(comparison, names),
        "further": further_sentence(comparison),
        "seeds": seeds_sentence(comparison),
        "blocks": [
            ("Scores", [_page_row(row, widest) for row in comparison.overall]),
            ("By class", [_page_row(row, widest) for row in comparison.classes]),
        ],
        "widest": widest,
        "changed": changed,
        "drawn_score": drawn_score,
    }


def _rows(comparison: Comparison) -> list[Difference]:
    return [*comparison.overall, *comparison.classes]


def _line(row: Difference) -> list[str]:
    said = "" if row.verdict == "not distinguishable" else row.verdict
    return [
        row.name,
        _plain(row.first),
        _plain(row.second),
        _signed(row.change.value),
        _range(row.change),
        said,
    ]


def _page_row(row: Difference, widest: float) -> dict[str, Any]:
    """Return a row of the page: its cells, and the ends of its interval in percent of a line from -widest to widest."""
    change = row.change

    def place(value: float | None) -> float | None:
        return None if value is None else round(50 + 50 * value / widest, 2) if widest else 50.0

    return {
        "cells": _line(row),
        "verdict": row.verdict.split()[0],
        "low": place(change.low),
        "high": place(change.high),
        "at": place(change.value),
    }


def _entry(row: Difference) -> dict[str, Any]:
    return {
        "a": row.first,
        "b": row.second,
        "difference": row.change.value,
        "low": row.change.low,
        "high": row.change.high,
        "verdict": row.verdict,
    }


def _plain(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _signed(value: float | None) -> str:
    """Return a difference with its sign, which is there too if it rounds to zero, and not if it is zero."""
    return "–" if value is None else f"{value:+.3f}" if value else "0.000"


def _range(change: Interval) -> str:
    return "–" if change.low is None else f"{_signed(change.low)} to {_signed(change.high)}"
