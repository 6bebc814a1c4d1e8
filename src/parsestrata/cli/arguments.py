"""What the commands take by the same names as `Options`."""

import argparse
from typing import Any, get_args

from parsestrata.options import Options, Region, make_options

API_NOTE = (
    "A job id is fetched from the API with the key in LLAMA_CLOUD_API_KEY "
    "(or LLAMA_PARSE_API_KEY); a saved result needs no key."
)
SOURCE_HELP = "job id, path of a saved result, or - for standard input"


def options_of(given: argparse.Namespace) -> Options:
    """Build options of what was given; what was not keeps its default."""
    values = {
        name: value
        for name, value in vars(given).items()
        if name in Options.model_fields and value is not None
    }
    return make_options(**values)


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


def add_many_jobs(parser: argparse.ArgumentParser) -> None:
    """Add the options of the API, and how many jobs are fetched and kept."""
    add_api(parser)
    add_number(parser, "concurrency", "jobs fetched at a time")
    parser.add_argument(
        "--store",
        default=None,
        metavar="DIR",
        help="folder of results, asked before the API and filled from it",
    )
