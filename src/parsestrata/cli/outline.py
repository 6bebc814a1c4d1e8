"""`parsestrata outline`: the section tree of a result with its pages."""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from parsestrata.cli.arguments import (
    API_NOTE,
    SOURCE_HELP,
    add_api,
    add_document,
    add_switch,
    options_of,
)
from parsestrata.cli.output import format_pages
from parsestrata.conversion.conversion import Conversion
from parsestrata.document.outline import Section
from parsestrata.errors import ConfigError
from parsestrata.sources.source import open_source


def attach(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "outline",
        help="show the section tree of a result with its pages",
        description="Show the section tree of a result with its pages.",
        epilog=API_NOTE,
    )
    parser.set_defaults(run=run)
    parser.add_argument(
        "source",
        metavar="SOURCE",
        help=SOURCE_HELP,
    )
    parser.add_argument(
        "--depth", type=int, default=None, metavar="N", help="show N levels of the tree"
    )
    parser.add_argument(
        "--format",
        choices=("text", "json"),
        default="text",
        help="(default: %(default)s)",
    )
    add_switch(parser, "repair_headings", "mend missing and false headings")
    add_api(parser)
    add_document(parser)


def run(given: argparse.Namespace) -> None:
    """Write the tree."""
    if given.depth is not None and given.depth < 1:
        message = f"--depth {given.depth}: expected 1 or more"
        raise ConfigError(message)
    options = options_of(given)
    sections = Conversion(open_source(given.source, options), options).outline()
    depth = given.depth or sys.maxsize
    if given.format == "json":
        text = json.dumps(_tree(sections, depth), ensure_ascii=False, indent=2)
        sys.stdout.write(f"{text}\n")
        return
    for line in _lines(sections, depth):
        sys.stdout.write(f"{line}\n")
    if not sections:
        sys.stderr.write("parsestrata: the result has no headings\n")


def _tree(sections: Iterable[Section], depth: int) -> list[dict[str, Any]]:
    return [
        {
            "heading": section.heading.text,
            "level": section.heading.level,
            "page_number": section.page_number,
            "page_end": section.page_end,
            "sections": _tree(section.sections, depth - 1) if depth > 1 else [],
        }
        for section in sections
    ]


def _lines(sections: Iterable[Section], depth: int, indent: str = "") -> Iterator[str]:
    for section in sections:
        pages = format_pages(section.page_number, section.page_end)
        yield f"{indent}{section.heading.text}  ({pages})"
        if depth > 1:
            yield from _lines(section.sections, depth - 1, f"{indent}  ")
