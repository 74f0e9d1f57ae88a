"""Reads CSV files with any separator, with decimal points or commas, and with broken lines or quotes."""

import csv
import logging
import re
import warnings
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from pandas.errors import ParserError

from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.raw.text_encoding import NOT_UTF_8, decodes, encoding_of, is_western, peeked_text
from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.errors import PipelineError

logger = logging.getLogger(__name__)

_HEAD_BYTES = 2**16

_CHUNK_ROWS = 500_000

_SEPARATORS = ",;\t|"

_MAX_SIDE = 2**31  # larger widths and heights, px, are cut to this

_WHOLE = re.compile(r"\d+(\.0)?")

_SKIPPED = re.compile(r"line (\d+): expected (\d+) fields, saw (\d+)")


class CsvFile(NamedTuple):
    """The header of a CSV file.

    Attributes:
        file: The path relative to the dataset's folder.
        columns: The fields of the first line that is not blank, stripped.
        separator: The comma, semicolon, tab or bar, whichever is most frequent in that line.
        encoding: The codec: "utf-16" if the file begins with its byte order mark, else "utf-8-sig".
            :func:`read_rows` checks whether the whole file is in that encoding.
        header: Whether the first line holds the names of the columns, and not a row.
    """

    file: str
    columns: tuple[str, ...]
    separator: str
    encoding: str
    header: bool = True


def csv_files(folder: DatasetFolder) -> list[CsvFile]:
    """Read the headers of the folder's .csv and .tsv files, sorted by path. Leave out files without a header."""
    files = sorted(folder.with_suffix(".csv") + folder.with_suffix(".tsv"))
    return [source for file in files if (source := _header(folder, file))]


def without_header(files: list[CsvFile], columns: list[str]) -> list[CsvFile]:
    """Return the files that have as many fields as ``columns`` in their first line, with these names of columns.

    Their first line is a row. The other files are logged.
    """
    if others := [source.file for source in files if len(source.columns) != len(columns)]:
        logger.info(
            "files are left out, because they have not %d columns: %s", len(columns), ", ".join(others)
        )
    return [
        source._replace(columns=tuple(columns), header=False)
        for source in files
        if len(source.columns) == len(columns)
    ]


def column_key(name: str) -> str:
    """Return the form in which names of columns are compared: "xmin" for ``X Min``, ``x_min`` and ``xmin``."""
    return re.sub(r"[\s_.-]+", "", name.lower())


def first_row(folder: DatasetFolder, source: CsvFile) -> dict[str, str]:
    """Return the first row, by column. It is empty if there is none, or it cannot be read."""
    lines = _lines(_head(folder, source.file))[int(source.header) :][:1]
    return dict(zip(source.columns, _fields(lines, source.separator), strict=False))


def _header(folder: DatasetFolder, file: str) -> CsvFile | None:
    head = _head(folder, file)
    lines = _lines(head)
    if not lines:
        return None
    separator = max(_SEPARATORS, key=lines[0].count)
    columns = _fields(lines[:1], separator)
    return CsvFile(file, columns, separator, encoding_of(head)) if columns else None


def _head(folder: DatasetFolder, file: str) -> bytes:
    """Return the first bytes of a file; none if it cannot be read."""
    try:
        with (folder.root / file).open("rb") as opened:
            return opened.read(_HEAD_BYTES)
    except OSError:
        return b""


def _lines(head: bytes) -> list[str]:
    """Return the lines that are not blank."""
    return [line for line in peeked_text(head).splitlines() if line.strip()]


def _fields(line: list[str], separator: str) -> tuple[str, ...]:
    """Return the stripped fields of a line, given as a list of at most one; none if it cannot be parsed."""
    try:
        return tuple(field.strip() for field in next(csv.reader(line, delimiter=separator), ()))
    except csv.Error:
        return ()


def read_rows(
    folder: DatasetFolder, source: CsvFile, columns: dict[str, str], issues: list[Issue]
) -> pd.DataFrame:
    """Read the rows below the header, if there is one. List lines that have more fields than the first as issues.

    If the quotes of a file are broken, the file is read again without regard to quotes, and this is an issue.

    Args:
        columns: The file's column for each column of the result.
        issues: The list to extend.

    Returns:
        The columns as stripped text (str); "" if a row has no such field. Images and labels that are numbers, such as
        ``1.0``, are whole numbers. If the file cannot be read, there are no rows.
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
    for name in {"image", "label"}.intersection(frame):
        frame[name] = _whole_numbers(frame[name])
    return frame


def _whole_numbers(texts: "pd.Series[str]") -> "pd.Series[str]":
    """Return a column of whole numbers without the ``.0`` that pandas appends to them; other columns unchanged."""
    values = [text for text in texts.unique() if text]
    if not any(value.endswith(".0") for value in values) or not all(map(_WHOLE.fullmatch, values)):
        return texts
    return texts.map({value: value.split(".")[0] for value in values}).fillna("")


def _unreadable(source: CsvFile, error: Exception, action: Action, how: str) -> Issue:
    detail = " ".join(str(error).split())  # some messages have several lines
    return Issue(source.file, Fault(None, "unreadable-annotation", detail, action, how))


def _in_its_encoding(folder: DatasetFolder, source: CsvFile) -> CsvFile:
    """Return the source with the encoding Windows-1252 if its text cannot be decoded and reads as a Western text.

    Spreadsheets on Windows save CSV files in that encoding.

    Raises:
        PipelineError: The text is in another encoding, so its names cannot be decoded.
    """
    path = folder.root / source.file
    if decodes(path, source.encoding):
        return source
    if not is_western(path):
        raise PipelineError(f"{path}: {NOT_UTF_8}")
    logger.info("%s: the text is not in UTF-8, so it is read as Windows-1252", source.file)
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
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        # header=None, because pandas would otherwise expect the fields of the first row if it has too many
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
    frame = pd.concat(parts, ignore_index=True).iloc[int(source.header) :].reset_index(drop=True)
    if quoting == csv.QUOTE_NONE:
        frame = frame.apply(lambda texts: texts.str.strip().str.strip('"'))
    issues += _broken_lines(source.file, [str(warning.message) for warning in caught])
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
    """Convert texts with decimal points or commas to float64 [N]; NaN for text that is no number."""
    if texts.str.contains(",", regex=False).any():
        texts = texts.str.replace(",", ".", regex=False)
    return pd.to_numeric(texts, errors="coerce").to_numpy(np.float64, na_value=np.nan)


def declared_sides(texts: pd.DataFrame, side: str) -> np.ndarray:
    """Return the declared widths or heights of the images of rows, int64 [R], px; 0 where none is declared.

    Args:
        texts: The rows.
        side: The column, "width" or "height", which may be absent.
    """
    known = numbers(texts[side]) if side in texts else np.zeros(len(texts))
    return np.nan_to_num(known, posinf=0, neginf=0).clip(0, _MAX_SIDE).astype(np.int64)
