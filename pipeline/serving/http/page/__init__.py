"""The page on which people drop an image."""

from pathlib import Path

_FOLDER = Path(__file__).parent

FILES = {
    "/": ((_FOLDER / "page.html").read_bytes(), "text/html"),
    "/page.css": ((_FOLDER / "page.css").read_bytes(), "text/css"),
    "/page.js": ((_FOLDER / "page.js").read_bytes(), "text/javascript"),
}
"""The contents and the media type of each file of the page, by its path."""

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
"""What a browser is told with each file: nothing is loaded from elsewhere."""
