"""The page: values in, one self-contained HTML text out, everything in it escaped."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipeline.reporting import charts, dataset

FOLDER = Path(__file__).parent


def render(values: dict[str, Any], template: str = "page.html.j2") -> str:
    """Fill a template of this folder with ``values``; a name it uses and does not get is an error."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"score": score_text, "percent": percent_text}
    style = Markup((FOLDER / "style.css").read_text(encoding="utf-8"))  # ours, so it may stand as it is
    frame = {
        "width": charts.WIDTH,
        "height": charts.HEIGHT,
        "left": charts.LEFT,
        "right": charts.WIDTH - charts.RIGHT,
    }
    frame |= {"top": charts.TOP, "bottom": charts.HEIGHT - charts.BOTTOM}
    values = {**values, "style": style, "frame": frame, "size_cells_a_side": dataset.CELLS}
    return environment.get_template(template).render(values)


def score_text(value: float | None) -> str:
    """Write a score with three decimals, a dash where it is undefined."""
    return "–" if value is None else f"{value:.3f}"


def percent_text(value: float | None) -> str:
    """Write a share in percent, a dash where it is undefined."""
    return "–" if value is None else f"{100 * value:.1f} %"
