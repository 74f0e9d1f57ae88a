"""Which columns of a CSV file hold what, by the names that are customary or those that the user gives."""

from pipeline.datasets.formats.shared.csv_files import CsvFile, column_key
from pipeline.params.dataset import CsvColumns

BOX_SIZES = {
    "xmax": ("w", "boxwidth", "bboxwidth", "boxw", "bboxw", "width"),
    "ymax": ("h", "boxheight", "bboxheight", "boxh", "bboxh", "height"),
}
"""Names of columns that hold the box's size in place of its far corner, as :func:`column_key` has them."""

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
    "xmin": ("xmin", "x1", "left", "minx", "bboxxmin", "boxxmin", "bboxx1", "bboxleft", "bboxx", "x"),
    "ymin": ("ymin", "y1", "top", "miny", "bboxymin", "boxymin", "bboxy1", "bboxtop", "bboxy", "y"),
    "xmax": ("xmax", "x2", "right", "maxx", "bboxxmax", "boxxmax", "bboxx2", "bboxright", *BOX_SIZES["xmax"]),
    "ymax": (
        "ymax",
        "y2",
        "bottom",
        "maxy",
        "bboxymax",
        "boxymax",
        "bboxy2",
        "bboxbottom",
        *BOX_SIZES["ymax"],
    ),
    "width": ("imagewidth", "imgwidth", "width"),
    "height": ("imageheight", "imgheight", "height"),
    "split": ("split", "set", "subset", "partition"),
}
"""Names of the columns, the likeliest first, as :func:`column_key` has them."""

_OPTIONAL = ("width", "height", "split")


def find_columns(source: CsvFile, columns: CsvColumns, group: str | None) -> dict[str, str]:
    """Return the name in the file of each column, "" for those that are not there."""
    named = {column_key(name): name for name in reversed(source.columns)}
    found: dict[str, str] = {}
    for role, customary in CUSTOMARY.items():
        given = getattr(columns, role)
        if given != "auto":
            found[role] = given if given in source.columns else named.get(column_key(given), "")
            continue
        # a width that is the box's is not the image's
        name = next(
            (named[key] for key in customary if key in named and named[key] not in found.values()), ""
        )
        if name or role not in _OPTIONAL:
            found[role] = name
    if group:
        found["group"] = named.get(column_key(group), "")
    return found


def missing(columns: dict[str, str]) -> list[str]:
    """Return which of the columns that must be there are not."""
    return [role for role, name in columns.items() if not name]


def what_is_missing(columns: dict[CsvFile, dict[str, str]]) -> str:
    """Say what the file that lacks the least lacks."""
    source = min(columns, key=lambda source: len(missing(columns[source])))
    roles = missing(columns[source])
    keys = ", ".join("dataset.group_column" if role == "group" else f"dataset.csv.{role}" for role in roles)
    there = ", ".join(source.columns)[:200]
    return f"{source.file} has no column for {', '.join(roles)} among {there}; name it in {keys}"
