"""Rendering of a self-contained HTML page, in which all values are escaped."""

from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipeline.reporting import charts, dataset
from pipeline.reporting.markdown import markdown_text

FOLDER = Path(__file__).parent


def render(values: dict[str, Any], template: str = "page.html.j2") -> str:
    """Return the HTML of a page.

    Args:
        values: The values by the names that the template uses.
        template: The file name of a template in this folder.

    Raises:
        jinja2.UndefinedError: The template uses a name that ``values`` lacks.
    """
    style, script = (  # Neither is escaped.
        Markup((FOLDER / name).read_text(encoding="utf-8")) for name in ("style.css", "gallery_filter.js")
    )
    frame = {
        "width": charts.WIDTH,
        "height": charts.HEIGHT,
        "left": charts.LEFT,
        "right": charts.WIDTH - charts.RIGHT,
    }
    frame |= {"top": charts.TOP, "bottom": charts.HEIGHT - charts.BOTTOM}
    parts = {"style": style, "script": script, "script_hash": script_hash(script), "frame": frame}
    values = {**values, **parts, "size_cells_a_side": dataset.CELLS}
    return templates(html=True).get_template(template).render(values)


def script_hash(script: str) -> str:
    """Return the hash by which a page's Content-Security-Policy lets this script run, and no other."""
    return b64encode(sha256(script.encode()).digest()).decode()


def templates(*, html: bool) -> Environment:
    """Return the templates of this folder, with the filters ``score``, ``percent`` and, for Markdown, ``md``.

    Args:
        html: Whether values are escaped for HTML. Those of Markdown are not: its templates use ``md``.
    """
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"score": score_text, "percent": percent_text, "md": markdown_text}
    return environment


def score_text(value: float | None) -> str:
    """Return a score with three decimals, or a dash for None."""
    return "–" if value is None else f"{value:.3f}"


def percent_text(value: float | None) -> str:
    """Return a share in [0, 1] as a percentage with one decimal, or a dash for None."""
    return "–" if value is None else f"{100 * value:.1f} %"
