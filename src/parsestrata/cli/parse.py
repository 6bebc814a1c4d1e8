"""`parsestrata parse`: a PDF or an office file -> a v2 result as JSON."""

import argparse
import sys
import warnings
from pathlib import Path
from typing import Any

from parsestrata.api.models import FailedPage
from parsestrata.api.stream import open_result
from parsestrata.cli.arguments import add_document, add_output, options_of
from parsestrata.cli.output import STANDARD_OUTPUT, open_output
from parsestrata.errors import ConfigError, PageFailedError, ParseStrataWarning
from parsestrata.sources.local.parsing import parse_document


def attach(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "parse",
        help="parse a PDF or an office file on this machine into v2 JSON",
        description=(
            "Parse a PDF, or an office file where LibreOffice is installed, into the "
            "JSON that LlamaParse v2 gives. No key and no network are needed."
        ),
    )
    parser.set_defaults(run=run)
    parser.add_argument(
        "file", metavar="FILE", help="path of a document, or - for standard input"
    )
    add_output(parser)
    parser.add_argument(
        "--images",
        type=Path,
        default=None,
        metavar="DIR",
        help="write the document's images there, named as in the result",
    )
    add_document(parser)


def run(given: argparse.Namespace) -> None:
    """Write the result."""
    options = options_of(given)
    if options.engine == "cloud":
        message = "--engine cloud: `parse` works on this machine alone"
        raise ConfigError(message)
    source: Path | bytes = Path(given.file)
    if given.file == STANDARD_OUTPUT:
        source = sys.stdin.buffer.read()
    name = "<stdin>" if isinstance(source, bytes) else str(source)
    result = parse_document(source, options, name=name, images=given.images)
    for page in open_result(result, name).item_pages():
        if isinstance(page, FailedPage):
            problem = PageFailedError(name, page.page_number, page.error)
            warnings.warn(str(problem), ParseStrataWarning, stacklevel=1)
    with open_output(given.output) as output:
        output.write(result.decode())
        output.write("\n")
