"""`parsestrata tables`: the tables of a result, listed or as CSV, JSON or Markdown."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

from parsestrata.cli.arguments import (
    API_NOTE,
    SOURCE_HELP,
    add_api,
    add_choice,
    add_document,
    add_output,
    add_switch,
    options_of,
)
from parsestrata.cli.output import open_output
from parsestrata.conversion.conversion import Conversion
from parsestrata.conversion.tables.document_table import DocumentTable
from parsestrata.conversion.tables.extraction import extract_tables
from parsestrata.errors import ConfigError
from parsestrata.options import OnFailedPage
from parsestrata.sources.source import open_source


def attach(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "tables",
        help="list the tables of a result, or write them as CSV, JSON or Markdown",
        description="List the tables of a result, or write them whole.",
        epilog=API_NOTE,
    )
    parser.set_defaults(run=run)
    parser.add_argument("source", metavar="SOURCE", help=SOURCE_HELP)
    parser.add_argument(
        "--table", type=int, default=None, metavar="N", help="only the Nth table"
    )
    parser.add_argument(
        "--format",
        choices=tuple(_WRITERS),
        default=None,
        help="(default: list, with --table csv)",
    )
    add_output(parser)
    add_choice(parser, "on_failed_page", OnFailedPage, "about a page that failed")
    add_switch(parser, "repair_headings", "mend missing and false headings")
    add_api(parser)
    add_document(parser)


def run(given: argparse.Namespace) -> None:
    """Write the tables."""
    options = options_of(given)
    conversion = Conversion(open_source(given.source, options), options)
    found = list(extract_tables(conversion))
    name = conversion.origin.source
    if given.table is not None:
        found = [_find(given.table, found, name)]
    write = _WRITERS[given.format or ("list" if given.table is None else "csv")]
    with open_output(given.output) as output:
        output.write(write(found))
    if not found:
        sys.stderr.write(f"parsestrata: {name} has no tables\n")


def _find(number: int, found: Sequence[DocumentTable], name: str) -> DocumentTable:
    if 1 <= number <= len(found):
        return found[number - 1]
    there = f"tables 1-{len(found)}" if found else "no tables"
    message = f"--table {number}: {name} has {there}"
    raise ConfigError(message)


def _as_list(found: Sequence[DocumentTable]) -> str:
    return "".join([f"{table}\n" for table in found])


def _as_csv(found: Sequence[DocumentTable]) -> str:
    """Write one below the other, with a blank line between."""
    return "\n".join([table.to_csv() for table in found])


def _as_markdown(found: Sequence[DocumentTable]) -> str:
    return "\n".join(
        [f"**{table.title}**\n\n{table.to_markdown()}\n" for table in found]
    )


def _as_json(found: Sequence[DocumentTable]) -> str:
    rows = [
        {**table.metadata, "columns": table.columns, "rows": table.cells()}
        for table in found
    ]
    return json.dumps(rows, ensure_ascii=False, indent=2) + "\n"


_WRITERS: dict[str, Callable[[Sequence[DocumentTable]], str]] = {
    "list": _as_list,
    "csv": _as_csv,
    "json": _as_json,
    "markdown": _as_markdown,
}
