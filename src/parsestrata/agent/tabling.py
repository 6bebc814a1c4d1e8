"""Tables: which there are, and one of them, some of its rows and columns."""

import json
import re
from collections.abc import Sequence
from typing import Literal, get_args

from parsestrata.agent.answer import DEFAULT_BUDGET, Answer, Call, Unit, shorten
from parsestrata.agent.opened import OpenDocument
from parsestrata.agent.sections import look_up
from parsestrata.chunking.tables import lay_out
from parsestrata.conversion.tables.extraction import DocumentTable
from parsestrata.document.model import Table
from parsestrata.errors import ConfigError, ToolCallError

TableText = Literal["csv", "markdown", "json"]
_ID = re.compile(r"(?:table\s*|t)?(\d+)", re.IGNORECASE)
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
        root = look_up(document.sections, section)
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
        rows: `5`, `1-20`, `21-` or `1-3, 7`, counted from 1 below the header; "" for
            all.
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
    try:
        picked = found.select(rows.strip() or None, columns or None)
    except ConfigError as error:
        problem = f"t{found.number}: {error}"
        raise ToolCallError(problem) from None
    opening, lines = _write(picked, format)
    head = "\n".join(filter(None, (_head(picked, len(found.rows)), opening)))
    units = [
        Unit(head, found.citation),
        *[Unit(line, found.citation, tight=True, opening=head) for line in lines],
    ]
    if found.note and len(picked.rows) == len(found.rows):
        units.append(Unit(found.note, found.citation))
    arguments = (document.fingerprint, found.number, rows, columns, format)
    call = Call("get_table", arguments, cursor, max_tokens, document.count)
    return call.answer(units)


def _describe(table: DocumentTable, section: str) -> str:
    """Write a table in one line."""
    title = shorten(table.title, _LONGEST_TITLE) or "(without a title)"
    columns = shorten(", ".join(table.header), _LONGEST_COLUMNS)
    where = f"{table.citation.pages}, in {section}"
    size = f"{len(table.rows)} rows x {len(table.header)} columns"
    return f"t{table.number}: {title} ({where}, {size}: {columns})"


def _head(table: DocumentTable, total: int) -> str:
    """Write what stands above the rows: id, caption and which rows they are."""
    name = f"t{table.number}: {table.caption or table.title}".rstrip(": ")
    if len(table.rows) == total:
        return name
    numbers = table.row_numbers
    span = f"{numbers[0]} to {numbers[-1]}" if len(numbers) > 1 else f"{numbers[0]}"
    return f"{name}\n{'Rows' if len(numbers) > 1 else 'Row'} {span} of {total}"


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


def _write(table: DocumentTable, form: TableText) -> tuple[str, list[str]]:
    """Write what every answer repeats, and a text for each row."""
    if form == "json":
        records = table.records()
        return "", [json.dumps(record, ensure_ascii=False) for record in records]
    whole = Table(rows=(table.header, *table.rows), csv="", html="")
    layout = lay_out(whole, form)
    return layout.opening.rstrip("\n"), [row.rstrip("\n") for row in layout.rows]
