"""Learning curves: what DVCLive logged of a training, train and val in one chart."""

from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.reporting.charts import LineChart, Series, line_chart

PARTS = ("train", "val")


def learning_charts(log: Path) -> list[LineChart]:
    """Chart every figure that DVCLive logged in ``log``; nothing if it logged none.

    ``train/loss.tsv`` and ``val/loss.tsv`` share a chart, as do ``train_loss.tsv`` and ``val_loss.tsv``.
    """
    folder = log / "plots" / "metrics"
    figures: dict[str, list[Series]] = {}
    for path in sorted(folder.rglob("*.tsv")):
        part, name = _split_name(path.relative_to(folder).with_suffix("").as_posix())
        if (series := _read(path, part)) is not None:
            figures.setdefault(name, []).append(series)
    shown: dict[bytes, str] = {}
    for name in sorted(figures, key=_order):  # the only part of a loss is the loss; once is enough
        shown.setdefault(b"".join(series.y.tobytes() for series in figures[name]), name)
    return [_chart(name, figures[name]) for name in shown.values()]


def _split_name(path: str) -> tuple[str, str]:
    for part in PARTS:
        for separator in ("/", "_"):
            if path.startswith(part + separator):
                return part, path.removeprefix(part + separator)
    return "train", path


def _order(name: str) -> tuple[int, str]:
    """Put the loss first, the other losses next, and the learning rate, which nobody awaits, last."""
    return (
        0 if name == "loss" else 1 if "loss" in name else 3 if "rate" in name or name == "lr" else 2
    ), name


def _read(path: Path, part: str) -> Series | None:
    table = pd.read_csv(path, sep="\t")
    if table.shape[1] < 2 or not len(table):
        return None
    steps = table["step"] if "step" in table else pd.Series(range(len(table)))
    values = pd.to_numeric(table.iloc[:, -1], errors="coerce").replace([np.inf, -np.inf], np.nan)
    return Series(part, part, steps.to_numpy(np.float64) + 1, values.to_numpy(np.float64))


def _chart(name: str, series: list[Series]) -> LineChart:
    values = np.concatenate([s.y for s in series])
    values = values[np.isfinite(values)]
    high = float(values.max(initial=0.0)) or 1.0
    share = "loss" not in name and "rate" not in name and 0.2 < high <= 1 and values.min(initial=0.0) >= 0
    last = max(float(s.x.max()) for s in series)
    return line_chart(
        name.replace("_", " ").replace("/", " / "),
        series,
        x_name="epoch",
        x_range=(1.0, max(last, 2.0)),
        y_range=(min(0.0, float(values.min(initial=0.0))), 1.0 if share else high),
        whole_x=True,
        caption=_caption(name, series),
    )


def _caption(name: str, series: list[Series]) -> str:
    """Say where val (or, failing that, train) was best, and where it ended."""
    chosen = next((s for s in series if s.name == "val"), series[0])
    if "rate" in name or name == "lr" or not np.isfinite(chosen.y).any():
        return ""
    best = int(np.nanargmin(chosen.y) if "loss" in name else np.nanargmax(chosen.y))
    extreme = "lowest" if "loss" in name else "highest"
    said = f"{chosen.name}: {extreme} {chosen.y[best]:.3g} at epoch {chosen.x[best]:.0f}"
    return said + (f", last {chosen.y[-1]:.3g}" if best != len(chosen.y) - 1 else "")
