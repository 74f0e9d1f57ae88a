"""Finds the columns of a CSV file by their common names or by the names that the user gives."""

from collections.abc import Collection

from pipeline.datasets.formats.shared.csv_files import CsvFile, column_key
from pipeline.params.dataset import CsvColumns

BOX_SIZES = {
    "xmax": ("w", "boxwidth", "bboxwidth", "boxw", "bboxw", "width"),
    "ymax": ("h", "boxheight", "bboxheight", "boxh", "bboxh", "height"),
}
"""Common names of columns with the box's width or height instead of xmax or ymax, in the form of :func:`column_key`."""

CUSTOMARY = {
    "image": (
        *("filename", "file", "image", "imagepath", "path", "imagename", "imagefile", "filepath"),
        *("img", "imgpath", "imgname", "imageid", "imgid"),
    ),
    "label": (
        *(
            "class",
            "label",
            "name",
            "category",
            "classname",
            "labelname",
            "categoryname",
            "object",
            "species",
        ),
        *("classid", "labelid", "categoryid"),
    ),
    "xmin": (
        "xmin",
        "x1",
        "left",
        "minx",
        "bboxxmin",
        "boxxmin",
        "bboxx1",
        "roix1",
        "bboxleft",
        "bboxx",
        "x",
    ),
    "ymin": ("ymin", "y1", "top", "miny", "bboxymin", "boxymin", "bboxy1", "roiy1", "bboxtop", "bboxy", "y"),
    "xmax": (
        "xmax",
        "x2",
        "right",
        "maxx",
        "bboxxmax",
        "boxxmax",
        "bboxx2",
        "roix2",
        "bboxright",
        *BOX_SIZES["xmax"],
    ),
    "ymax": (
        "ymax",
        "y2",
        "bottom",
        "maxy",
        "bboxymax",
        "boxymax",
        "bboxy2",
        "roiy2",
        "bboxbottom",
        *BOX_SIZES["ymax"],
    ),
    "width": ("imagewidth", "imgwidth", "width"),
    "height": ("imageheight", "imgheight", "height"),
    "split": ("split", "set", "subset", "partition"),
}
"""Common names of each column, the likeliest first, in the form of :func:`column_key`."""

_OPTIONAL = ("width", "height", "split")


def find_columns(
    source: CsvFile, columns: CsvColumns, group: str | None, roles: Collection[str] = tuple(CUSTOMARY)
) -> dict[str, str]:
    """Find the file's columns.

    Args:
        columns: For each column, the name that the user gives, or "auto" for the common names.
        group: The name of the column of groups; None if there are no groups.
        roles: Those of the columns that are looked for.

    Returns:
        The file's name of each column: the keys of :data:`CUSTOMARY`, and "group" if ``group`` is given. It is "" for
        a required column that is missing. Optional columns that are missing are left out.
    """
    by_key = {column_key(name): name for name in reversed(source.columns)}
    names: dict[str, str] = {}
    for role, customary in CUSTOMARY.items():
        if role not in roles:
            continue
        given = getattr(columns, role)
        if given != "auto":
            names[role] = given if given in source.columns else by_key.get(column_key(given), "")
            continue
        # a column is used once: the width of a box is not the width of the image
        name = next(
            (by_key[key] for key in customary if key in by_key and by_key[key] not in names.values()), ""
        )
        if name or role not in _OPTIONAL:
            names[role] = name
    if group:
        names["group"] = by_key.get(column_key(group), "")
    return names


def missing(columns: dict[str, str]) -> list[str]:
    """Return the columns that are missing from a result of :func:`find_columns`."""
    return [role for role, name in columns.items() if not name]


def missing_columns_message(columns: dict[CsvFile, dict[str, str]]) -> str:
    """Return the message about the missing columns of the file that has the fewest.

    Args:
        columns: The result of :func:`find_columns` for each file.
    """
    source = min(columns, key=lambda source: len(missing(columns[source])))
    roles = missing(columns[source])
    keys = ", ".join("dataset.group_column" if role == "group" else f"dataset.csv.{role}" for role in roles)
    present = ", ".join(source.columns)[:200]
    return (
        f"{source.file} has no column for {', '.join(roles)}; its columns are {present}; "
        f"give the right names in {keys}"
    )
