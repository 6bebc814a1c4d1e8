"""Items -> the texts a body is made of, whole or in parts (rules 5 and 6)."""

import re
from collections.abc import Iterator
from itertools import pairwise

import msgspec

from parsestrata.chunking.splitting import cut_text, partition
from parsestrata.chunking.tables import (
    TablePart,
    goes_with_row_above,
    header_pairs,
    lay_out,
    part_of,
    row_label,
    silent_columns,
)
from parsestrata.chunking.tokens import CountTokens
from parsestrata.document.model import Item, ListEntry, Table
from parsestrata.options import TableFormat

_INDENT = "  "
_FENCE = re.compile(r"`{3,}")
_LONGEST_LABEL = 60
"""Characters of a row's first cell that are repeated when the row is split."""

_NARROWEST = 4
"""Tokens into which any character and a little more goes."""


class Piece(msgspec.Struct, frozen=True, gc=False):
    """A text that goes into one body as it is."""

    text: str
    tokens: int
    item: Item
    table: TablePart | None = None
    repeated: bool = False
    """True for a text that stands in another chunk and is only said again."""
    part: int = 1
    """1-based; from 2 on the text goes on with an item of an earlier chunk."""


class _Cut(msgspec.Struct, frozen=True):
    """An item cut at its own boundaries."""

    segments: list[str]
    """Each with its trailing white space."""
    opening: str = ""
    """What every part repeats before its segments, newline included."""
    closing: str = ""
    rows: list[tuple[int, int]] = []
    """Of a table: the rows below the header that each segment holds, half-open."""


class Writer:
    """Writes items as text, whole or in parts.

    Args:
        count: The counter.
        table_format: How tables are written.

    Attributes:
        count: The counter.
    """

    def __init__(self, count: CountTokens, table_format: TableFormat) -> None:
        self.count = self._count = count
        self._table_format = table_format

    def write(self, item: Item) -> Piece:
        """Write an item whole."""
        if item.table is not None:
            return self._write_table(item, item.table)
        text = write_entries(item.entries) if item.entries else item.text
        return Piece(text, self._count(text), item)

    def write_rows(self, table: Table) -> tuple[str, list[str]]:
        """Write a table as its header and a line for each row below it."""
        layout = lay_out(table, self._table_format)
        rows = [row.rstrip("\n") for row in layout.rows]
        return layout.opening.rstrip("\n"), rows

    def frame_tokens(self, item: Item) -> int:
        """Count what each part of a table repeats; 0 for anything else."""
        if item.table is None:
            return 0
        layout = lay_out(item.table, self._table_format)
        return self._count(layout.opening + layout.closing)

    def write_parts(
        self, item: Item, first: int, rest: int, tail: int = 0
    ) -> list[Piece]:
        """Write an item in parts.

        Args:
            item: The item.
            first: Most tokens of the first part.
            rest: Most tokens of every other part.
            tail: Tokens that the last part should leave free, where it can.

        Returns:
            At least one part; together they hold the whole item.
        """
        cut = self._cut(item, min(first, rest))
        frame = self._count(cut.opening + cut.closing)
        sizes = [self._count(segment) for segment in cut.segments]
        if sizes and sizes[-1] + tail <= min(first, rest) - frame:
            sizes[-1] += tail
        ranges = partition(sizes, first - frame, rest - frame)
        spans = _without_blanks(ranges, cut.segments)
        return [
            self._part(item, cut, number, span) for number, span in enumerate(spans, 1)
        ]

    def _write_table(self, item: Item, table: Table) -> Piece:
        rows = max(len(table.rows) - 1, 0)
        if self._table_format == "html" and table.html:
            text = table.html.strip()
        else:
            text = lay_out(table, self._table_format).write(0, rows)
        return Piece(text, self._count(text), item, part_of(table, 0, rows))

    def _part(self, item: Item, cut: _Cut, number: int, span: tuple[int, int]) -> Piece:
        start, stop = span
        body = "".join(cut.segments[start:stop]).strip("\n").rstrip()
        text = f"{cut.opening}{body}{cut.closing}"
        table = None
        if item.table is not None:
            rows = cut.rows[start:stop]
            run = (rows[0][0], rows[-1][1]) if rows else (0, 0)
            table = part_of(item.table, *run)
        return Piece(text, self._count(text), item, table, part=number)

    def _cut(self, item: Item, room: int) -> _Cut:
        """Cut an item so that each segment with the frame fits into the room."""
        if item.table is not None:
            return self._cut_table(item.table, room)
        if item.kind == "code" and item.plain.strip():
            return self._cut_code(item, room)
        if item.entries:
            return _Cut(self._cut_entries(item.entries, room))
        return _Cut(cut_text(item.text, room, self._count))

    def _cut_entries(self, entries: tuple[ListEntry, ...], room: int) -> list[str]:
        """Cut a list at its outermost entries, a long one of these at its lines."""
        starts = [n for n, entry in enumerate(entries) if not entry.depth or not n]
        segments: list[str] = []
        for start, stop in pairwise([*starts, len(entries)]):
            text = f"{write_entries(entries[start:stop])}\n"
            fits = self._count(text) <= room
            segments += [text] if fits else self._cut_lines(text, room)
        return segments

    def _cut_lines(self, text: str, room: int) -> list[str]:
        lines = text.splitlines(keepends=True)
        return [part for line in lines for part in cut_text(line, room, self._count)]

    def _cut_code(self, item: Item, room: int) -> _Cut:
        """Cut code at its lines; the fence is closed and opened again."""
        fence = "`" * max([3, *[len(run) + 1 for run in _FENCE.findall(item.plain)]])
        opening, closing = f"{fence}{item.language}\n", f"\n{fence}"
        frame = self._count(opening + closing)
        if frame > room // 2:
            return _Cut(self._cut_lines(item.plain, room))
        segments = self._cut_lines(item.plain, room - frame)
        return _Cut(segments, opening, closing)

    def _cut_table(self, table: Table, room: int) -> _Cut:
        """Cut a table at its rows, and a row wider than the room at its cells."""
        layout = lay_out(table, self._table_format)
        frame = self._count(layout.opening + layout.closing)
        if not layout.rows:
            return _Cut(self._cut_lines(layout.opening, room))
        header_fits = frame <= room // 2
        limit = room - frame if header_fits else room
        segments: list[str] = []
        rows: list[tuple[int, int]] = []
        names = " | ".join(silent_columns(table)) if not header_fits else ""
        if names:
            segments += self._cut_lines(f"{names}\n", limit)
            rows += [(0, 1)] * len(segments)
        whole = False
        for number, row in enumerate(layout.rows):
            size = self._count(row)
            follows = whole and goes_with_row_above(table, number)
            whole = header_fits and size <= limit
            if follows and whole and self._count(segments[-1]) + size <= limit * 3 // 4:
                segments[-1] += row
                rows[-1] = (rows[-1][0], number + 1)
                continue
            parts = [row] if whole else self._cut_row(table, number, limit)
            segments += parts
            rows += [(number, number + 1)] * len(parts)
        if not header_fits:
            return _Cut(segments, rows=rows)
        return _Cut(segments, layout.opening, layout.closing, rows)

    def _cut_row(self, table: Table, row: int, limit: int) -> list[str]:
        """Write a row as lines of `header: value` pairs, its label on each line."""
        label = row_label(table, row)
        prefix = f"{label} | " if label and len(label) <= _LONGEST_LABEL else ""
        room = limit - self._count(prefix)
        if room < max(limit // 2, _NARROWEST):
            prefix, room = "", limit
        lines: list[str] = []
        line = ""
        for pair in header_pairs(table, row):
            for part in cut_text(pair, room, self._count):
                joined = f"{line} | {part}" if line else part
                if line and self._count(joined) > (room if lines else limit):
                    lines.append(line)
                    joined = part
                line = joined
        lines.append(line)
        return [f"{prefix if number else ''}{t}\n" for number, t in enumerate(lines)]


def _without_blanks(
    spans: list[tuple[int, int]], segments: list[str]
) -> list[tuple[int, int]]:
    """Put what is only white space to the run before it, or after it at the top."""
    kept: list[tuple[int, int]] = []
    for start, stop in spans:
        runs = [(start, stop), *kept[-1:]]
        if kept and any(not "".join(segments[a:b]).strip() for a, b in runs):
            kept[-1] = (kept[-1][0], stop)
        else:
            kept.append((start, stop))
    return kept


def write_entries(entries: tuple[ListEntry, ...] | list[ListEntry]) -> str:
    """Write list entries, one below the other, nested ones indented."""
    return "\n".join(list(_entry_lines(entries)))


def _entry_lines(entries: tuple[ListEntry, ...] | list[ListEntry]) -> Iterator[str]:
    for entry in entries:
        indent = _INDENT * entry.depth
        first, *more = entry.text.splitlines() or [""]
        yield f"{indent}{entry.marker} {first}".rstrip()
        hanging = indent + " " * (len(entry.marker) + 1)
        yield from (f"{hanging}{line}" if line.strip() else "" for line in more)
