"""What the commands take by the same names as `Options`."""

import argparse
from pathlib import Path
from typing import Any, get_args

from parsestrata.cli.output import STANDARD_OUTPUT
from parsestrata.errors import ConfigError
from parsestrata.options import Engine, Options, Region

API_NOTE = (
    "A job id is fetched from the API with the key in LLAMA_CLOUD_API_KEY "
    "(or LLAMA_PARSE_API_KEY); a saved result needs no key."
)
SOURCE_HELP = "job id, path of a saved result or a PDF, or - for standard input"


def options_of(given: argparse.Namespace) -> Options:
    """Build options of what was given; what was not keeps its default."""
    values = {
        name: value
        for name, value in vars(given).items()
        if name in Options.model_fields and value is not None
    }
    if (password_file := getattr(given, "password_file", None)) is not None:
        values["password"] = _read_password(password_file)
    return Options(**values)


def _read_password(path: Path) -> str:
    """Read the first line of a file."""
    try:
        return path.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
    except (OSError, ValueError) as error:
        message = f"--password-file {path}: cannot be read ({error})"
        raise ConfigError(message) from None


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def add_choice(
    parser: argparse.ArgumentParser, name: str, choices: Any, text: str
) -> None:
    """Add an option that is one word of a `Literal`."""
    default = Options.model_fields[name].default
    parser.add_argument(
        _flag(name),
        choices=get_args(choices),
        default=None,
        help=f"{text} (default: {default})",
    )


def add_number(parser: argparse.ArgumentParser, name: str, text: str) -> None:
    """Add an option that is a whole number."""
    default = Options.model_fields[name].default
    parser.add_argument(
        _flag(name),
        type=int,
        default=None,
        metavar="N",
        help=f"{text} (default: {default})",
    )


def add_switch(parser: argparse.ArgumentParser, name: str, text: str) -> None:
    """Add an option that is on or off."""
    parser.add_argument(_flag(name), action="store_true", default=None, help=text)


def add_api(parser: argparse.ArgumentParser) -> None:
    """Add the options of the API, but for the key, which others could see."""
    parser.add_argument(
        "--region",
        choices=get_args(Region),
        default=None,
        help="of the API, for job ids (default: us)",
    )
    for name in ("base_url", "project_id", "organization_id"):
        what = f"of the API, for job ids: {name.replace('_', ' ')}"
        parser.add_argument(_flag(name), default=None, metavar="TEXT", help=what)


def add_document(parser: argparse.ArgumentParser) -> None:
    """Add the options of the local engine; a password comes from a file."""
    add_choice(parser, "engine", Engine, "what parses a document")
    parser.add_argument(
        "--cloud",
        action="store_const",
        dest="engine",
        const="cloud",
        help="short for --engine cloud: LlamaParse, by upload",
    )
    parser.add_argument(
        "--tier", default=None, metavar="TIER", help="of LlamaParse (default: agentic)"
    )
    parser.add_argument(
        "--password-file",
        type=Path,
        default=None,
        metavar="FILE",
        help="file whose first line is the password of an encrypted PDF",
    )
    parser.add_argument(
        "--ocr-languages",
        default=None,
        metavar="LANG+LANG",
        help="read scanned pages, with Tesseract's data for these languages: eng+deu",
    )
    parser.add_argument(
        "--tessdata", default=None, metavar="DIR", help="where that data lies"
    )
    for name in ("timeout_per_page", "parse_timeout"):
        default = Options.model_fields[name].default
        parser.add_argument(
            _flag(name),
            type=float,
            default=None,
            metavar="SECONDS",
            help=f"most that a document may take to parse (default: {default:g})",
        )
    add_number(parser, "memory_limit", "MiB that parsing a document may take")


def add_many_jobs(parser: argparse.ArgumentParser) -> None:
    """Add the options of the API, and how many jobs are fetched and kept."""
    add_api(parser)
    add_number(parser, "concurrency", "jobs and documents at a time")
    parser.add_argument(
        "--store",
        default=None,
        metavar="DIR",
        help="folder of results, asked before the API and filled from it",
    )


def add_output(parser: argparse.ArgumentParser) -> None:
    """Add where the command writes."""
    parser.add_argument(
        "-o",
        "--output",
        default=STANDARD_OUTPUT,
        metavar="FILE",
        help="write there once all is done (default: standard output)",
    )
