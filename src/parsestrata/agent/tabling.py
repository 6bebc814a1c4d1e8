"""Tables: which there are, and one of them, some of its rows and columns."""

import json
import re
from collections.abc import Sequence
from typing import Literal, get_args

from parsestrata.agent.answer import DEFAULT_BUDGET, Answer, Call, Unit, shorten
from parsestrata.agent.opened import OpenDocument
from parsestrata.agent.sections import find_section
from parsestrata.chunking.tables import lay_out
from parsestrata.conversion.tables import DocumentTable
from parsestrata.document.model import Table
from parsestrata.errors import ToolCallError

TableText = Literal["csv", "markdown", "json"]
_ID = re.compile(r"(?:table\s*|t)?(\d+)", re.IGNORECASE)
_RANGE = re.compile(r"(\d+)(?:\s*[-\u2013:]\s*(\d*))?")
_LONGEST_TITLE = 120
_LONGEST_COLUMNS = 160
_MOST_NAMED = 12


def list_tables(
    document: OpenDocument,
    *,
    section: str = "",
    cursor: str = "",
    max_tokens: int = DEFAULT_BUDGET,
) -> Answer:
    """List the tables: id, title, pages, section, rows and columns.

    Args:
        document: The document.
        section: Only those in a section and below it, by id or title; "" for all.
        cursor: Of the answer before, to read on.
        max_tokens: Most tokens of the answer, at least 300.

    Raises:
        ToolCallError: There is no such section.
    """
    holders = document.table_sections
    chosen = list(zip(document.tables, holders, strict=True))
    if section:
        root = find_section(document.sections, section)
        chosen = [(table, holder) for table, holder in chosen if root.holds(holder)]
    units = [Unit(_describe(table, holder), tight=True) for table, holder in chosen]
    if not units:
        where = f"in section {section}" if section else "in this document"
        units = [Unit(f"There is no table {where}.")]
    arguments = (document.fingerprint, section)
    call = Call("list_tables", arguments, cursor, max_tokens, document.count)
    return call.answer(units)


def get_table(
    document: OpenDocument,
    table: str,
    *,
    rows: str = "",
    columns: Sequence[str] = (),
    format: TableText = "csv",  # noqa: A002 - what a caller calls it
    cursor: str = "",
    max_tokens: int = DEFAULT_BUDGET,
) -> Answer:
    """Read a table, or some of its rows and columns; every answer has the header.

    Args:
        document: The document.
        table: Its id, `t3`.
        rows: `5`, `1-20` or `21-`, counted from 1 below the header; "" for all.
        columns: Names in the header, or numbers from 1; () for all.
        format: `csv`, `markdown`, or `json`: one object a line.
        cursor: Of the answer before, to read on.
        max_tokens: Most tokens of the answer, at least 300.

    Raises:
        ToolCallError: There is no such table, row, column or format; says which there
            are.
    """
    if format not in get_args(TableText):
        problem = f"there is no format {format!r}"
        raise ToolCallError(problem, get_args(TableText))
    found = _find_table(document, table)
    start, stop = _find_rows(found, rows)
    picked = _find_columns(found, columns)
    header = [_cell(found.header, column) for column in picked]
    body = [[_cell(row, column) for column in picked] for row in found.rows[start:stop]]
    opening, lines = _write(header, body, format)
    head = "\n".join(filter(None, (_head(found, start, stop), opening)))
    units = [
        Unit(head, found.citation),
        *[Unit(line, found.citation, tight=True, opening=head) for line in lines],
    ]
    if found.note and stop == len(found.rows):
        units.append(Unit(found.note, found.citation))
    arguments = (document.fingerprint, found.number, start, stop, picked, format)
    call = Call("get_table", arguments, cursor, max_tokens, document.count)
    return call.answer(units)


def _describe(table: DocumentTable, section: str) -> str:
    """Write a table in one line."""
    title = shorten(table.title, _LONGEST_TITLE) or "(without a title)"
    columns = shorten(", ".join(table.header), _LONGEST_COLUMNS)
    where = f"{table.citation.pages}, in {section}"
    size = f"{len(table.rows)} rows x {len(table.header)} columns"
    return f"t{table.number}: {title} ({where}, {size}: {columns})"


def _head(table: DocumentTable, start: int, stop: int) -> str:
    """Write what stands above the rows: id, caption and which rows they are."""
    total = len(table.rows)
    name = f"t{table.number}: {table.caption or table.title}".rstrip(": ")
    some = f"\nRows {start + 1} to {stop} of {total}" if stop - start < total else ""
    return f"{name}{some}"


def _find_table(document: OpenDocument, asked: str) -> DocumentTable:
    match = _ID.fullmatch(asked.strip())
    number = int(match[1]) if match else 0
    if 1 <= number <= len(document.tables):
        return document.tables[number - 1]
    known = [
        f"t{table.number} {shorten(table.title, _LONGEST_TITLE)}".rstrip()
        for table in document.tables[:_MOST_NAMED]
    ]
    more = len(document.tables) - len(known)
    if more > 0:
        known.append(f"{more} more in list_tables")
    problem = f"there is no table {asked[:40]!r}"
    raise ToolCallError(problem, tuple(known) or ("no tables",))


def _find_rows(table: DocumentTable, asked: str) -> tuple[int, int]:
    """Return the rows below the header as a half-open range, counted from 0."""
    total = len(table.rows)
    if not asked.strip():
        return 0, total
    match = _RANGE.fullmatch(asked.strip())
    first = int(match[1]) if match else 0
    last = first
    if match and match[2] is not None:
        last = min(int(match[2] or total), total)
    if not 1 <= first <= last <= total:
        problem = f"t{table.number} has no rows {asked[:40]!r}"
        raise ToolCallError(problem, (f"rows 1-{total}",))
    return first - 1, last


def _find_columns(table: DocumentTable, asked: Sequence[str]) -> tuple[int, ...]:
    """Return the columns, counted from 0."""
    width = max(map(len, (table.header, *table.rows)))
    if not asked:
        return tuple(range(width))
    names = [_fold(name) for name in table.header]
    picked = []
    for name in [asked] if isinstance(asked, str) else asked:
        if _fold(name) in names:
            picked.append(names.index(_fold(name)))
        elif name.strip().isdecimal() and 1 <= int(name) <= width:
            picked.append(int(name) - 1)
        else:
            problem = f"t{table.number} has no column {name[:80]!r}"
            known = [shorten(one, _LONGEST_TITLE) for one in table.header if one]
            raise ToolCallError(problem, tuple(known))
    return tuple(picked)


def _fold(name: str) -> str:
    return " ".join(name.casefold().split())


def _cell(row: Sequence[str], column: int) -> str:
    return row[column] if column < len(row) else ""


def _write(
    header: list[str], body: list[list[str]], format_: TableText
) -> tuple[str, list[str]]:
    """Write what every answer repeats, and a text for each row."""
    if format_ == "json":
        names = [name or str(number) for number, name in enumerate(header, 1)]
        rows = [dict(zip(names, row, strict=True)) for row in body]
        return "", [json.dumps(row, ensure_ascii=False) for row in rows]
    table = Table(rows=(tuple(header), *map(tuple, body)), csv="", html="")
    layout = lay_out(table, format_)
    return layout.opening.rstrip("\n"), [row.rstrip("\n") for row in layout.rows]
