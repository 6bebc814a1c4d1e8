"""One table of a document as a value: its rows, what names it, and its exports."""

import csv
import html
import io
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from parsestrata.chunking.chunk import join_titles
from parsestrata.chunking.citation import Citation, write_pages
from parsestrata.chunking.tables import clean_row, lay_out
from parsestrata.conversion.tables import frames
from parsestrata.conversion.tables.numbers import DecimalMark
from parsestrata.conversion.tables.selection import (
    find_columns,
    find_rows,
    unique_names,
)
from parsestrata.conversion.tables.titles import plain_text
from parsestrata.document.geometry import Region
from parsestrata.document.model import Table
from parsestrata.options import TableFormat

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_SHOWN_ROWS = 60
_CELL = '<td style="text-align: left">'
"""Notebooks set cells to the right, where numbers belong and texts do not."""
_LINE_END = re.compile("[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")
_encode = msgspec.json.Encoder().encode


class TableChunk(Struct, frozen=True, kw_only=True):
    """A chunk that holds a table or some of its rows."""

    chunk_id: str
    first_row: int
    """1-based among the rows below the header; 0 when there are none."""
    last_row: int
    """Inclusive; 0 when there are none."""


class DocumentTable(Struct, frozen=True, kw_only=True):
    """One table of a document, merged over its pages, or a selection of it."""

    number: int
    """1-based, in reading order."""
    header: tuple[str, ...]
    """The first row; () for a table without a cell. Header rows that the parser put
    into one have `<br/>` between them: "2025<br/>Sold"."""
    rows: tuple[tuple[str, ...], ...]
    """The rows below the header, cells as the parser wrote them, "" for blank ones."""
    title: str = ""
    """One line that names it: its caption, the title above it, or the heading; ""
    without any of them."""
    caption: str = ""
    """Title, unit and caption, a line each: the short lines right above it and its
    caption below; "" when there are none."""
    note: str = ""
    """Footnotes and sources right below it, "" when there are none."""
    citation: Citation
    """Document, pages, heading path and boxes; `chunk_id` of the first part."""
    merged_pages: tuple[int, ...] = ()
    """Pages it was merged from, () when it stands on one."""
    concerns: tuple[str, ...] = ()
    """What the parser doubts, by type."""
    csv: str = ""
    """All of it, as the parser wrote it; "" in a selection."""
    html: str = ""
    """The same; merged cells are told here only. "" when not given."""
    parts: tuple[TableChunk, ...] = ()
    """The chunks it is in, in order: from a hit to its table and back. A row wider
    than a chunk is in several."""
    row_numbers: tuple[int, ...] = ()
    """Of a selection: which rows of the whole table these are; () for the whole."""

    @property
    def page_number(self) -> int:
        """First page, 1-based."""
        return self.citation.page_number

    @property
    def page_end(self) -> int:
        """Last page."""
        return self.citation.page_end

    @property
    def heading_path(self) -> tuple[str, ...]:
        """Titles above it, root first."""
        return self.citation.heading_path

    @property
    def regions(self) -> tuple[Region, ...]:
        """Its boxes in points from the top left."""
        return self.citation.regions

    @property
    def columns(self) -> tuple[str, ...]:
        """A name for each column of the widest row, no two alike.

        It is the header's cell on one line without tags. One without a name is
        "column 3"; the second that is called "2024" is "2024 (2)".
        """
        width = max([len(self.header), *[len(row) for row in self.rows]])
        return unique_names(self._line(self.header, width))

    @property
    def metadata(self) -> dict[str, Any]:
        """What is known of it but its cells: str and int only, "" for unknown.

        The keys that chunks have too mean the same.
        """
        citation = self.citation
        return {
            "table": self.number,
            "title": self.title,
            "caption": self.caption,
            "note": self.note,
            "source": citation.source,
            "job_id": citation.job_id,
            "file_name": citation.file_name,
            "page_number": self.page_number,
            "page_end": self.page_end,
            "page_label": citation.page_label,
            "heading_path": join_titles(self.heading_path),
            "bbox": _encode(self.regions).decode() if self.regions else "",
            "parse_concerns": ",".join(self.concerns),
        }

    def select(
        self,
        rows: str | int | range | Iterable[int] | None = None,
        columns: str | int | Iterable[str | int] | None = None,
    ) -> "DocumentTable":
        """Take some rows and columns; the citation stays that of the table.

        Args:
            rows: 1-based below the header: "1-20", "21-", "1-3, 7", 5, `range(1, 21)`
                or a list; None for all. What goes beyond the last row is left out.
            columns: Names of `columns` or 1-based numbers, in the order wanted; None
                for all.

        Raises:
            ConfigError: No row is meant, or there is no such column; says which
                there are.
        """
        kept = find_rows(rows, len(self.rows))
        places = find_columns(columns, self.columns, self.header)
        numbers = self.row_numbers or range(1, len(self.rows) + 1)
        row_numbers = tuple([numbers[row] for row in kept])
        picked = set(row_numbers)
        return msgspec.structs.replace(
            self,
            header=_pick(self.header, places),
            rows=tuple([_pick(self.rows[row], places) for row in kept]),
            csv="",
            html="",
            row_numbers=row_numbers,
            parts=tuple(
                [
                    p
                    for p in self.parts
                    if picked & {*range(p.first_row, p.last_row + 1)}
                ]
                if self.rows
                else self.parts
            ),
        )

    def records(self) -> list[dict[str, str]]:
        """Give each row as a dict of `columns` to the cell's text, "" for blank."""
        names = self.columns
        return [dict(zip(names, row, strict=True)) for row in self.cells()]

    def cells(self) -> list[tuple[str, ...]]:
        """Give the rows as they are exported: padded, each cell on one line.

        Inline tags are taken out, footnote marks become superscripts; `rows` has
        them as the parser wrote them.
        """
        width = len(self.columns)
        return [self._line(row, width) for row in self.rows]

    def to_csv(self) -> str:
        """Write `columns` and rows as CSV, a line each, quoted where need be."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerows([self.columns, *self.cells()])
        return out.getvalue()

    def to_markdown(self) -> str:
        """Write it as a Markdown table, the header as printed."""
        return self._write("markdown")

    def to_html(self) -> str:
        """Write it as HTML, a whole table as the parser did, with its merged cells."""
        return self.html or self._write("html")

    def to_pandas(
        self, *, numbers: bool = False, decimal: DecimalMark | None = None
    ) -> "pd.DataFrame":
        """Make a DataFrame of `columns` and rows; `attrs` is `metadata`.

        Args:
            numbers: Make numbers of the columns where each cell is one or blank ("",
                a dash, "n/a"), else all stays text. "(1,234)" is -1234, "$ 1,234" is
                1234, "12.5 %" is 12.5, footnote marks are left out. A column that
                mixes currencies, or percent with other numbers, stays text, so does
                one with a number that may be another elsewhere ("1.234").
            decimal: The decimal mark, which asks for numbers too: "," reads "1.234,5"
                as European tables mean it, "." reads "1.234" as a bit more than
                one. None takes the point where it is certain.

        Returns:
            Text columns with "" for blank cells; int64 columns, and float64 columns
            with NaN where a cell is blank.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        return frames.to_pandas(self, numbers=numbers or bool(decimal), decimal=decimal)

    def to_arrow(
        self, *, numbers: bool = False, decimal: DecimalMark | None = None
    ) -> "pa.Table":
        """Make an Arrow table of `columns` and rows; `metadata` is its schema's.

        Args:
            numbers: As for `to_pandas`.
            decimal: As for `to_pandas`.

        Returns:
            string columns with "" for blank cells; int64 and double columns with
            null.

        Raises:
            MissingExtraError: pyarrow is not installed.
        """
        return frames.to_arrow(self, numbers=numbers or bool(decimal), decimal=decimal)

    def __str__(self) -> str:
        pages = write_pages(self.page_number, self.page_end)
        size = f"{_count(len(self.rows), 'row')}, {_count(len(self.columns), 'column')}"
        return f"{self.number}. {self.title or 'without a title'} ({pages}, {size})"

    def _repr_html_(self) -> str:
        """Show its title and first rows in a notebook."""
        more = len(self.rows) - _SHOWN_ROWS
        rest = f"<p>and {more} more rows</p>" if more > 0 else ""
        title = html.escape(self.title or f"Table {self.number}")
        place = html.escape(str(self.citation))
        cells = self._write("html", _SHOWN_ROWS).replace("<td>", _CELL)
        return f"<p><b>{title}</b><br>{place}</p>\n{cells}{rest}"

    def _write(self, table_format: TableFormat, most: int | None = None) -> str:
        rows = (self._line(self.header, len(self.columns)), *self.cells()[:most])
        table = Table(rows=rows if self.columns else (), csv="", html="")
        return lay_out(table, table_format).write(0, len(rows))

    @staticmethod
    def _line(row: Sequence[str], width: int) -> tuple[str, ...]:
        cells = [plain_text(_LINE_END.sub(" ", cell)) for cell in clean_row(row)]
        return (*cells, *[""] * (width - len(cells)))


def _pick(row: Sequence[str], places: Sequence[int]) -> tuple[str, ...]:
    return tuple([row[place] if place < len(row) else "" for place in places])


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
