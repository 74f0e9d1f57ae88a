"""CSV files as they come: any separator, quotes, byte order marks, decimal commas, and lines that are broken."""

import csv
import logging
import re
import warnings
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from pandas.errors import ParserError

from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.raw.text_encoding import decodes, encoding_of, peeked_text
from pipeline.datasets.table.faults import Action, Fault, Issue

logger = logging.getLogger(__name__)

_HEAD_BYTES = 2**16

_CHUNK_ROWS = 500_000

_SEPARATORS = ",;\t|"

_SKIPPED = re.compile(r"line (\d+): expected (\d+) fields, saw (\d+)")


class CsvFile(NamedTuple):
    """A CSV file.

    Attributes:
        file: Relative to the dataset's folder.
        columns: The fields of its first line, stripped.
        separator: The one of comma, semicolon, tab and bar that is most frequent in the first line.
        encoding: UTF-8, or UTF-16 where the file begins with its mark; of text in neither it is found out later.
    """

    file: str
    columns: tuple[str, ...]
    separator: str
    encoding: str


def csv_files(folder: DatasetFolder) -> list[CsvFile]:
    """Look into the heads of the folder's .csv and .tsv files; those without one are left out."""
    files = sorted(folder.with_suffix(".csv") + folder.with_suffix(".tsv"))
    return [found for file in files if (found := _head(folder, file))]


def column_key(name: str) -> str:
    """Return a column's name as names are compared: ``X Min``, ``x_min`` and ``xmin`` are one."""
    return re.sub(r"[\s_.-]+", "", name.lower())


def _head(folder: DatasetFolder, file: str) -> CsvFile | None:
    try:
        with (folder.root / file).open("rb") as opened:
            head = opened.read(_HEAD_BYTES)
    except OSError:
        return None
    lines = [line for line in peeked_text(head).splitlines() if line.strip()]
    if not lines:
        return None
    separator = max(_SEPARATORS, key=lines[0].count)
    try:
        columns = next(csv.reader(lines[:1], delimiter=separator))
    except csv.Error:
        return None
    return CsvFile(file, tuple(column.strip() for column in columns), separator, encoding_of(head))


def read_rows(
    folder: DatasetFolder, source: CsvFile, columns: dict[str, str], issues: list[Issue]
) -> pd.DataFrame:
    """Read the rows below the first line; those with another number of fields than it are listed.

    Args:
        folder: The dataset.
        source: The file.
        columns: Name in the result: name in the file.
        issues: Where broken lines are added.

    Returns:
        The columns as stripped text, "" where a row has none.
    """
    try:
        source = _in_its_encoding(folder, source)
        frame = _parse(folder, source, columns, csv.QUOTE_MINIMAL, issues)
    except (ParserError, OSError, ValueError, KeyError) as error:
        issues.append(_unreadable(source, error, Action.REPAIR, "read without regard to quotes"))
        try:
            frame = _parse(folder, source, columns, csv.QUOTE_NONE, issues)
        except (ParserError, OSError, ValueError, KeyError) as worse:
            issues.append(_unreadable(source, worse, Action.DROP, "file left out"))
            frame = pd.DataFrame(columns=list(columns), dtype="str")
    for name in frame:
        frame[name] = frame[name].str.strip()
    return frame


def _unreadable(source: CsvFile, error: Exception, action: Action, how: str) -> Issue:
    detail = " ".join(str(error).split())  # the message may have several lines
    return Issue(source.file, Fault(None, "unreadable-annotation", detail, action, how))


def _in_its_encoding(folder: DatasetFolder, source: CsvFile) -> CsvFile:
    """Take text that is not in UTF-8 for that of a western Windows, as its spreadsheets save it."""
    if decodes(folder.root / source.file, source.encoding):
        return source
    logger.info("%s: its text is not in UTF-8; read as Windows-1252", source.file)
    return source._replace(encoding="cp1252")


def _parse(
    folder: DatasetFolder,
    source: CsvFile,
    columns: dict[str, str],
    quoting: Literal[0, 3],
    issues: list[Issue],
) -> pd.DataFrame:
    positions = [source.columns.index(name) for name in columns.values()]
    parts = []
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        # without a header for pandas, which would take a first row of too many fields for the right one
        chunks = pd.read_csv(
            folder.root / source.file,
            sep=source.separator,
            encoding=source.encoding,
            encoding_errors="replace",
            header=None,
            dtype=str,
            keep_default_na=False,
            quoting=quoting,
            on_bad_lines="warn",
            chunksize=_CHUNK_ROWS,
        )
        with chunks:
            for chunk in chunks:
                part = chunk[positions].fillna("").set_axis(list(columns), axis=1)
                if quoting == csv.QUOTE_MINIMAL and part.apply(_has_line_break).any():
                    raise ValueError("a quote is closed in another line than it begins in")
                parts.append(part)
    frame = pd.concat(parts, ignore_index=True).iloc[1:].reset_index(drop=True)
    if quoting == csv.QUOTE_NONE:
        frame = frame.apply(lambda texts: texts.str.strip().str.strip('"'))
    issues += _broken_lines(source.file, [str(warning.message) for warning in said])
    return frame


def _has_line_break(texts: "pd.Series[str]") -> bool:
    return bool(texts.str.contains("\n", regex=False).any())


def _broken_lines(file: str, messages: list[str]) -> list[Issue]:
    details = [
        f"line {line} has {seen} fields, the first line {expected}"
        for message in messages
        for line, expected, seen in _SKIPPED.findall(message)
    ]
    return [
        Issue(file, Fault(None, "unreadable-annotation", detail, Action.DROP, "line left out"))
        for detail in details
    ]


def numbers(texts: pd.Series) -> np.ndarray:
    """Return float64 of texts, with decimal point or comma; NaN where there is no number."""
    if texts.str.contains(",", regex=False).any():
        texts = texts.str.replace(",", ".", regex=False)
    return pd.to_numeric(texts, errors="coerce").to_numpy(np.float64, na_value=np.nan)
