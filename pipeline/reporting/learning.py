"""Learning curves that DVCLive logged, with train and val in one chart."""

from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.reporting.charts import LineChart, Series, line_chart

PARTS = ("train", "val")
RATE = "rate/"
STYLES = {"train": "train", "val": "val", "head": "train", "backbone": "val"}
"""Line of a chart -> the style that it is drawn in. The learning rates have the two colours of the other charts."""


def learning_charts(log: Path) -> list[LineChart]:
    """Return a chart of each metric that DVCLive logged in the folder ``log``.

    ``train/loss.tsv`` and ``val/loss.tsv`` share a chart, as do ``train_loss.tsv`` and ``val_loss.tsv``. The loss comes
    first, and the learning rates of head and backbone come last, in one chart. If several metrics have the same values,
    only the first is shown.
    """
    folder = log / "plots" / "metrics"
    metrics: dict[str, list[Series]] = {}
    for path in sorted(folder.rglob("*.tsv")):
        part, name = _split_name(path.relative_to(folder).with_suffix("").as_posix())
        if (series := _read(path, part)) is not None:
            metrics.setdefault(name, []).append(series)
    shown: dict[bytes, str] = {}
    for name in sorted(metrics, key=_order):  # A loss that is the only term of the total loss equals it.
        shown.setdefault(b"".join(series.y.tobytes() for series in metrics[name]), name)
    return [_chart(name, metrics[name]) for name in shown.values()]


def _split_name(path: str) -> tuple[str, str]:
    """Return the line and the chart of a metric: "val" and "loss" for "val/loss", or "head" and "learning rate"."""
    if path.startswith(RATE):
        return path.removeprefix(RATE), "learning rate"
    for part in PARTS:
        for separator in ("/", "_"):
            if path.startswith(part + separator):
                return part, path.removeprefix(part + separator)
    return "train", path


def _order(name: str) -> tuple[int, str]:
    """Return the sort key of a metric: the loss first, then other losses, other metrics and the learning rate."""
    return (
        0 if name == "loss" else 1 if "loss" in name else 3 if "rate" in name or name == "lr" else 2
    ), name


def _read(path: Path, part: str) -> Series | None:
    """Return the series in a file of DVCLive, with training steps as x. Return None if the file has no values."""
    table = pd.read_csv(path, sep="\t")
    if table.shape[1] < 2 or not len(table):
        return None
    steps = table["step"] if "step" in table else pd.Series(range(len(table)))
    values = pd.to_numeric(table.iloc[:, -1], errors="coerce").replace([np.inf, -np.inf], np.nan)
    return Series(part, STYLES.get(part, "train"), steps.to_numpy(np.float64), values.to_numpy(np.float64))


def _chart(name: str, series: list[Series]) -> LineChart:
    values = np.concatenate([s.y for s in series])
    values = values[np.isfinite(values)]
    high = float(values.max(initial=0.0)) or 1.0
    share = "loss" not in name and "rate" not in name and 0.2 < high <= 1 and values.min(initial=0.0) >= 0
    last = max(float(s.x.max()) for s in series)
    return line_chart(
        name.replace("_", " ").replace("/", " / "),
        series,
        x_name="step",
        x_range=(0.0, max(last, 1.0)),
        y_range=(min(0.0, float(values.min(initial=0.0))), 1.0 if share else high),
        whole_x=True,
        caption=_caption(name, series),
    )


def _caption(name: str, series: list[Series]) -> str:
    """Return the best and the last value in words, of val if it was logged, otherwise of train."""
    chosen = next((s for s in series if s.name == "val"), series[0])
    if "rate" in name or name == "lr" or not np.isfinite(chosen.y).any():
        return ""
    best = int(np.nanargmin(chosen.y) if "loss" in name else np.nanargmax(chosen.y))
    extreme = "lowest" if "loss" in name else "highest"
    text = f"{chosen.name}: {extreme} {chosen.y[best]:.3g} at step {chosen.x[best]:.0f}"
    return text + (f", last {chosen.y[-1]:.3g}" if best != len(chosen.y) - 1 else "")
