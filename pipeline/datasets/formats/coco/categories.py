"""Names the classes of COCO files. Categories of one file may have equal names."""

from collections import defaultdict
from collections.abc import Iterator

from pipeline.datasets.formats.coco.contents import Contents
from pipeline.datasets.table.faults import Action, Fault, Issue


def tell_apart(contents: list[Contents]) -> list[Issue]:
    """Rename the categories whose name another category has, and return the issues.

    If the categories have different supercategories, each is named ``name (supercategory)``, in all files. Those with
    the same name and supercategory become one class.
    """
    kinds: defaultdict[str, set[str]] = defaultdict(set)
    for content in contents:
        for name, ids in _repeated(content):
            kinds[name].update(content.supercategories.get(key, "") for key in ids)
    issues = [issue for content in contents for issue in _issues(content, kinds)]
    for content in contents:
        for key, name in content.categories.items():
            kind = content.supercategories.get(key, "")
            if kind and len(kinds.get(name, ())) > 1:
                content.categories[key] = f"{name} ({kind})"
    return issues


def _repeated(content: Contents) -> Iterator[tuple[str, list[int | str]]]:
    """Yield each name of several categories of a file, and their ids."""
    ids: defaultdict[str, list[int | str]] = defaultdict(list)
    for key, name in content.categories.items():
        ids[name].append(key)
    yield from ((name, keys) for name, keys in ids.items() if len(keys) > 1)


def _issues(content: Contents, kinds: dict[str, set[str]]) -> Iterator[Issue]:
    for name, ids in _repeated(content):
        numbers = ", ".join(map(str, ids))
        how = "taken as one class"
        if len(kinds[name]) > 1:
            how = f"told apart by supercategory: {', '.join(sorted(filter(None, kinds[name])))}"
        detail = f"the categories {numbers[:80]} have the same name, {name!r}"
        yield Issue(content.file, Fault(None, "class-name-repeated", detail, Action.REPAIR, how))
