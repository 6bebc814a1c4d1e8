"""`parsestrata chunk`: results -> chunks as JSON Lines, or as text to read."""

import argparse
import json
import sys
from typing import Any

from parsestrata.chunking.chunk import Chunk, contextualize
from parsestrata.cli.arguments import (
    API_NOTE,
    SOURCE_HELP,
    add_choice,
    add_document,
    add_many_jobs,
    add_number,
    add_output,
    add_switch,
    options_of,
)
from parsestrata.cli.output import format_pages, open_output
from parsestrata.conversion.loading import Loading
from parsestrata.options import (
    Context,
    MetadataProfile,
    OnFailedPage,
    Split,
    TableFormat,
)

_RULE = "─"
_RULE_WIDTH = 72


def attach(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "chunk",
        help="cut results into chunks, as JSON Lines",
        description="Cut results into chunks along their headings.",
        epilog=API_NOTE,
    )
    parser.set_defaults(run=run)
    parser.add_argument("sources", nargs="+", metavar="SOURCE", help=SOURCE_HELP)
    add_choice(parser, "split", Split, "what one chunk is")
    add_number(parser, "max_tokens", "cap of a chunk, its context included")
    add_number(parser, "min_tokens", "smaller ones merge with a neighbour")
    add_choice(parser, "context", Context, "what stands before the text")
    add_choice(parser, "table_format", TableFormat, "how tables are written")
    add_choice(parser, "metadata", MetadataProfile, "scalars only, or lists too")
    add_choice(parser, "on_failed_page", OnFailedPage, "about a page that failed")
    add_switch(parser, "include_page_furniture", "keep page headers and footers")
    add_switch(parser, "repair_headings", "mend missing and false headings")
    add_many_jobs(parser)
    add_document(parser)
    parser.add_argument(
        "--format",
        choices=("jsonl", "text"),
        default="jsonl",
        help="one JSON object a line, or text to read (default: %(default)s)",
    )
    add_output(parser)
    parser.add_argument(
        "--report",
        action="store_true",
        help="say on standard error what failed, was left out or was mended",
    )


def run(given: argparse.Namespace) -> None:
    """Write the chunks of every source."""
    loading = Loading(options_of(given))
    write = _as_json if given.format == "jsonl" else _as_text
    with open_output(given.output) as output:
        try:
            for chunk, report in loading.chunks(given.sources):
                output.write(write(chunk, loading.metadata(chunk, report)))
        finally:
            if given.report:
                sys.stderr.write(f"{loading.report}\n")


def _as_json(chunk: Chunk, metadata: dict[str, Any]) -> str:
    row = {"id": chunk.id, "text": contextualize(chunk), "metadata": metadata}
    return json.dumps(row, ensure_ascii=False) + "\n"


def _as_text(chunk: Chunk, _metadata: dict[str, Any]) -> str:
    pages = format_pages(chunk.page_number, chunk.page_end)
    facts = [f"{chunk.origin.source}, {pages}", ", ".join(chunk.item_types)]
    facts += [f"rows {part.row_range}" for part in chunk.tables if part.last_row]
    if chunk.parts > 1:
        facts.append(f"part {chunk.part} of {chunk.parts}")
    head = f"{_RULE * 2} #{chunk.index + 1} {'; '.join(facts)} "
    rule = head + _RULE * max(_RULE_WIDTH - len(head), 2)
    return f"{rule}\n{contextualize(chunk)}\n\n"
