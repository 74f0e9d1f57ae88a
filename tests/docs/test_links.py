"""The documentation's links, anchors, images and paths lead somewhere, and the README stays short."""

import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md")]
PAGES += sorted((ROOT / "docs").rglob("*.md"))
README_LINES = 150

FENCE = re.compile(r"^( *)(`{3,}|~{3,}).*?^\1\2`*~* *$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"(`+)(.+?)\1", re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)
# A file or folder of the repository; the roots leave out what stages write, such as `data/raw`.
PATH = re.compile(
    r"(?:pipeline|docs|tools|tests|benchmarks|\.ci)/[\w./-]*|[A-Z]+\.md|(?:params|dvc|mkdocs)\.yaml|pyproject\.toml|requirements\.lock"
)
PLACEHOLDER = "NAME"  # stands for a name that the reader chooses


def named(page: Path) -> str:
    """Return a page's path as a person writes it."""
    return page.relative_to(ROOT).as_posix()


def prose(page: Path) -> str:
    """Return a page's text without its code blocks."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def slug(heading: str) -> str:
    """Return the anchor of a heading; GitHub and Python-Markdown agree on it for plain headings."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", text.lower()).strip())


@cache
def anchors(page: Path) -> frozenset[str]:
    """Return the anchors of a page's headings; a repeated heading gets a number on GitHub, so it may not be linked."""
    slugs = [slug(heading) for heading in HEADING.findall(prose(page))]
    return frozenset(name for name in slugs if slugs.count(name) == 1)


def fault_of(page: Path, link: str) -> str:
    """Say what is wrong with a link; "" if it leads somewhere."""
    parts = urlsplit(link)
    if parts.scheme:
        fine = (parts.scheme in {"http", "https"} and "." in parts.netloc) or parts.scheme == "mailto"
        return "" if fine else "it is not a complete http address"
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if not target.is_relative_to(ROOT):
        return "it leads out of the repository"
    if page.is_relative_to(ROOT / "docs") and not target.is_relative_to(ROOT / "docs"):
        return "it leads out of docs/, so the site has no such page"
    if not target.exists():
        return "there is no such file"
    if parts.fragment and parts.fragment not in anchors(target):
        return f"{named(target)} has no single heading of that anchor"
    return ""


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_lead_somewhere(page: Path) -> None:
    links = LINK.findall(CODE.sub("", prose(page)))
    faults = [f"{named(page)}: {link}: {fault}" for link in links if (fault := fault_of(page, link))]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_paths_of_the_repository_exist(page: Path) -> None:
    codes = {code.strip() for _, code in CODE.findall(prose(page))}
    paths = {code for code in codes if PATH.fullmatch(code) and PLACEHOLDER not in code}
    faults = [
        f"{named(page)}: `{path}` does not exist" for path in sorted(paths) if not (ROOT / path).exists()
    ]
    assert not faults, "\n".join(faults)


def test_every_page_is_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    missing = [
        named(page) for page in PAGES if page.parent == ROOT / "docs" and f": {page.name}\n" not in navigation
    ]
    assert not missing, f"mkdocs.yml: nav does not name {missing}"


def test_the_readme_is_short() -> None:
    lines = len((ROOT / "README.md").read_text(encoding="utf-8").splitlines())
    assert lines <= README_LINES, f"README.md has {lines} lines, more than {README_LINES}"


@pytest.mark.parametrize(
    ("link", "fault"),
    [
        ("docs/training.md#detectors", ""),
        ("#start", ""),
        ("https://dvc.org", ""),
        ("https://", "it is not a complete http address"),
        ("htp://dvc.org", "it is not a complete http address"),
        ("docs/absent.md", "there is no such file"),
        ("../other/README.md", "it leads out of the repository"),
        ("docs/training.md#absent", "docs/training.md has no single heading of that anchor"),
    ],
)
def test_a_broken_link_is_recognised(link: str, fault: str) -> None:
    assert fault_of(ROOT / "README.md", link) == fault
