"""Reading DVCLive's logs."""

from pathlib import Path

from pipeline.reporting.learning import learning_charts


def log(folder: Path, name: str, values: list[str]) -> None:
    path = folder / "plots" / "metrics" / f"{name}.tsv"
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = "".join(
        f"{step}\t{value}\n" for step, value in zip(range(25, 25 * len(values) + 25, 25), values, strict=True)
    )
    path.write_text(f"step\t{name.split('/')[-1]}\n{rows}")


def test_train_and_val_share_a_chart_and_the_rate_comes_last(tmp_path: Path) -> None:
    for number, name in enumerate(
        ("train/loss", "val/loss", "train/learning_rate", "train/box_loss", "val_top1")
    ):
        log(tmp_path, name, [str(value + number) for value in (0.5, 0.25, 0.75)])
    charts = learning_charts(tmp_path)
    assert [chart.title for chart in charts] == ["loss", "box loss", "top1", "learning rate"]
    assert [line.name for line in charts[0].lines] == ["train", "val"]
    assert charts[0].caption == "val: lowest 1.25 at step 50, last 1.75"
    assert charts[2].caption == "val: highest 4.75 at step 75"


def test_the_rates_of_head_and_backbone_share_the_last_chart(tmp_path: Path) -> None:
    log(tmp_path, "rate/head", ["0.01", "0.001"])
    log(tmp_path, "rate/backbone", ["0.001", "0.0001"])
    log(tmp_path, "train/loss", ["0.5", "0.25"])
    loss, rates = learning_charts(tmp_path)
    assert (loss.title, rates.title) == ("loss", "learning rate")
    assert {line.name for line in rates.lines} == {"head", "backbone"}
    assert len({line.style for line in rates.lines}) == 2


def test_only_part_of_a_loss_is_not_shown_again(tmp_path: Path) -> None:
    for name in ("train/loss", "val/loss", "train/class_loss", "val/class_loss"):
        log(tmp_path, name, ["0.5", "0.25"] if name.startswith("train") else ["0.6", "0.5"])
    assert [chart.title for chart in learning_charts(tmp_path)] == ["loss"]


def test_values_that_are_none_and_logs_that_are_empty(tmp_path: Path) -> None:
    log(tmp_path, "train/loss", ["nan", "inf", ""])
    log(tmp_path, "val/loss", [])
    (chart,) = learning_charts(tmp_path)
    assert [line.path for line in chart.lines] == [""]
    assert learning_charts(tmp_path / "absent") == []
