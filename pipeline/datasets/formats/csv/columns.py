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
    "bbox": ("bbox", "boundingbox", "bndbox", "box"),
    "width": ("imagewidth", "imgwidth", "width"),
    "height": ("imageheight", "imgheight", "height"),
    "split": ("split", "set", "subset", "partition"),
}
"""Common names of each column, the likeliest first, in the form of :func:`column_key`."""

_OPTIONAL = ("bbox", "width", "height", "split")

_CORNERS = ("xmin", "ymin", "xmax", "ymax")


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
        a required column that is missing. Optional columns that are missing are left out. A column with all numbers
        of the box counts if the user names it, or if xmin and ymin are missing. The columns of corners are then left
        out.
    """
    by_key = {column_key(name): name for name in reversed(source.columns)}
    in_one_column = columns.bbox != "auto" or (
        bool(_name_of("bbox", source, by_key, columns))
        and not any(_name_of(corner, source, by_key, columns) for corner in ("xmin", "ymin"))
    )
    left_out = _CORNERS if in_one_column else ("bbox",)
    names: dict[str, str] = {}
    for role in CUSTOMARY:
        if role in roles and role not in left_out:
            # a column is used once: the width of a box is not the width of the image
            name = _name_of(role, source, by_key, columns, names.values())
            if name or role not in _OPTIONAL or getattr(columns, role) != "auto":
                names[role] = name
    if group:
        names["group"] = by_key.get(column_key(group), "")
    return names


def _name_of(
    role: str,
    source: CsvFile,
    by_key: dict[str, str],
    columns: CsvColumns,
    used: Collection[str] = (),
) -> str:
    """Return the file's name of a column; "" if it is missing.

    Args:
        by_key: The file's columns by their names in the form of :func:`column_key`.
        columns: For each column, the name that the user gives, or "auto" for the common names.
        used: Columns that are not found by a common name.
    """
    given: str = getattr(columns, role)
    if given != "auto":
        return given if given in source.columns else by_key.get(column_key(given), "")
    return next((by_key[key] for key in CUSTOMARY[role] if key in by_key and by_key[key] not in used), "")


def missing(columns: dict[str, str]) -> list[str]:
    """Return the columns that are missing from a result of :func:`find_columns`."""
    return [role for role, name in columns.items() if not name]


def missing_columns_message(columns: dict[CsvFile, dict[str, str]], settings: CsvColumns) -> str:
    """Return the message about the missing columns of the file that has the fewest.

    Args:
        columns: The result of :func:`find_columns` for each file.
        settings: The columns that the user names.
    """
    if not columns:
        count = len(settings.columns or ())
        return f"dataset.csv.columns names {count} columns, but no file has so many; name all columns of the files"
    source = min(columns, key=lambda source: len(missing(columns[source])))
    roles = missing(columns[source])
    keys = ", ".join("dataset.group_column" if role == "group" else f"dataset.csv.{role}" for role in roles)
    present = ", ".join(source.columns)[:200]
    return (
        f"{source.file} has no column for {', '.join(roles)}; its columns are {present}; "
        f"give the right names in {keys} or, if the file has no header, those of all columns in dataset.csv.columns"
    )
