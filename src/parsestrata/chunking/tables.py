"""A table -> parts that repeat the header, each with its CSV."""

import html
import re
from collections.abc import Callable, Sequence

from msgspec import Struct

from parsestrata.document.model import Table
from parsestrata.options import TableFormat

_BREAK = re.compile(r"\s*<br\s*/?>\s*|\s*\n\s*", re.IGNORECASE)
_INLINE_TAG = re.compile(r"&lt;(/?(?:sup|sub|b|i|u|s|em|strong|code)\s*/?)&gt;")
_NEEDS_QUOTES = re.compile(r'[",\r\n]')


class TablePart(Struct, frozen=True, kw_only=True, gc=False):
    """A run of rows of a table, as it goes into the metadata."""

    csv: str
    """Header and rows; every cell that is not blank is quoted."""
    first_row: int
    """1-based among the rows below the header; 0 when there are none."""
    last_row: int
    """Inclusive; 0 when there are none."""
    total_rows: int
    """Rows below the header of the whole table."""

    @property
    def row_range(self) -> str:
        """The rows as "1-20"; "" for a table without rows below its header."""
        return f"{self.first_row}-{self.last_row}" if self.last_row else ""


class Layout(Struct, frozen=True, kw_only=True, gc=False):
    """How one table is written: an opening that every part repeats, rows, an end."""

    opening: str
    """The header and what must stand before the rows, newline included."""
    rows: tuple[str, ...]
    """One text a row below the header, newline included."""
    closing: str

    def write(self, start: int, stop: int) -> str:
        """Write the rows of the half-open range `[start, stop)` below the header."""
        body = "".join(self.rows[start:stop])
        return f"{self.opening}{body}{self.closing}".rstrip("\n")


def lay_out(table: Table, table_format: TableFormat) -> Layout:
    """Write header and rows of a table in one of the four formats.

    `compact` has one line a row, cells joined by " | ", no padding and no rule
    line; it costs a third to a half of the tokens of padded Markdown.
    """
    write_row, opening, closing = _FORMATS[table_format]
    if not table.rows:
        return Layout(opening="", rows=(), closing="")
    rows = [clean_row(row) for row in table.rows]
    head = _head(rows[0], table_format, write_row)
    return Layout(
        opening=opening + head,
        rows=tuple([write_row(row) for row in rows[1:]]),
        closing=closing,
    )


def header_pairs(table: Table, row: int) -> list[str]:
    """Write one row as `header: value` pairs, blank cells left out.

    Args:
        table: The table.
        row: 0-based among the rows below the header.
    """
    header = clean_row(table.rows[0])
    cells = clean_row(table.rows[row + 1])
    names = [*header, *[""] * (len(cells) - len(header))]
    return [
        f"{name}: {cell}" if name else cell
        for name, cell in zip(names, cells, strict=False)
        if cell
    ]


def silent_columns(table: Table) -> list[str]:
    """Return the names of the columns that have no value in any row."""
    header = clean_row(table.rows[0])
    rows = [clean_row(row) for row in table.rows[1:]]
    return [
        name
        for column, name in enumerate(header)
        if name and not any(row[column : column + 1] > ("",) for row in rows)
    ]


def row_label(table: Table, row: int) -> str:
    """Return the first cell of a row, which says what the row is about.

    Args:
        table: The table.
        row: 0-based among the rows below the header.
    """
    cells = clean_row(table.rows[row + 1])
    return cells[0] if cells else ""


def goes_with_row_above(table: Table, row: int) -> bool:
    """Say whether a row cannot be read without the one above it.

    A row without a label goes on with the row above; a row that is only a label
    ("Education | | |") is the title of the row below it.

    Args:
        table: The table.
        row: 0-based among the rows below the header.
    """
    cells, above = clean_row(table.rows[row + 1]), clean_row(table.rows[row])
    if row == 0 or len(cells) < 2 or not any(cells):  # noqa: PLR2004 - two columns
        return False
    return not cells[0] or (bool(above[:1] > ("",)) and not any(above[1:]))


def part_of(table: Table, start: int, stop: int) -> TablePart:
    """Describe the rows `[start, stop)` below the header, with their own CSV.

    Args:
        table: The whole table.
        start: 0-based among the rows below the header.
        stop: Exclusive.
    """
    total = max(len(table.rows) - 1, 0)
    whole = start == 0 and stop == total
    return TablePart(
        csv=table.csv if whole and table.csv else _csv(table, start, stop),
        first_row=start + 1 if stop > start else 0,
        last_row=stop if stop > start else 0,
        total_rows=total,
    )


def _csv(table: Table, start: int, stop: int) -> str:
    rows = [*table.rows[:1], *table.rows[start + 1 : stop + 1]]
    return "\n".join([_csv_line(row) for row in rows])


def _csv_line(row: Sequence[str]) -> str:
    if len(row) == 1 and not row[0]:
        return '""'
    line = '","'.join(row)
    if line.count('"') > 2 * len(row) - 2:
        return ",".join([_quote(cell) for cell in row])
    return f'"{line}"'.replace('""', "")


def _quote(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if cell else ""


def clean_row(row: Sequence[str]) -> tuple[str, ...]:
    """Put each cell on one line."""
    together = "|".join(row)
    if "<" in together or "\n" in together:
        row = [_BREAK.sub(" ", cell) for cell in row]
    return tuple([cell.strip() for cell in row])


def _head(
    header: Sequence[str], table_format: TableFormat, write_row: Callable[..., str]
) -> str:
    if table_format == "markdown":
        return write_row(header) + "|" + " --- |" * max(len(header), 1) + "\n"
    if table_format == "html":
        return f"<thead>\n{write_row(header, 'th')}</thead>\n<tbody>\n"
    return write_row(header)


def _compact_row(row: Sequence[str]) -> str:
    return " | ".join(row) + "\n"


def _markdown_row(row: Sequence[str]) -> str:
    return "| " + " | ".join([cell.replace("|", "\\|") for cell in row]) + " |\n"


def _html_row(row: Sequence[str], tag: str = "td") -> str:
    cells = "".join([f"<{tag}>{_escape(cell)}</{tag}>" for cell in row])
    return f"<tr>{cells}</tr>\n"


def _escape(cell: str) -> str:
    """Escape a cell but for the inline tags that parsers leave in it."""
    return _INLINE_TAG.sub(r"<\1>", html.escape(cell, quote=False))


def _csv_row(row: Sequence[str]) -> str:
    return ",".join([_quote(c) if _NEEDS_QUOTES.search(c) else c for c in row]) + "\n"


_FORMATS: dict[TableFormat, tuple[Callable[..., str], str, str]] = {
    "compact": (_compact_row, "", ""),
    "markdown": (_markdown_row, "", ""),
    "html": (_html_row, "<table>\n", "</tbody>\n</table>"),
    "csv": (_csv_row, "", ""),
}
