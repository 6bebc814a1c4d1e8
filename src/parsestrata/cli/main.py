"""One parser for all commands, and what their errors become."""

import argparse
import os
import sys
import warnings
from collections.abc import Sequence
from typing import Any, NoReturn

from parsestrata import __version__
from parsestrata.cli import chunk, fetch, outline, parse, serve, tables
from parsestrata.cli.arguments import API_NOTE
from parsestrata.cli.output import complain, speak_utf8
from parsestrata.errors import (
    ConfigError,
    FailedSourcesError,
    ParseStrataError,
    ParseStrataWarning,
)

_OK, _FAILED, _USAGE, _INTERRUPTED = 0, 1, 2, 130
_COMMANDS = (chunk, outline, tables, parse, fetch, serve)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: Without the program's name; None for those of the process.

    Returns:
        The exit code: 0 all went well, 1 something could not be read or written
        (one line on standard error for each), 2 the command line is wrong, 130
        interrupted.
    """
    speak_utf8()
    given = make_parser().parse_args(arguments)
    code = _FAILED
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always", ParseStrataWarning)
            warnings.showwarning = _show_warning
            given.run(given)
            sys.stdout.flush()
        code = _OK
    except ConfigError as error:
        complain(error)
        code = _USAGE
    except FailedSourcesError as error:
        for name, cause in error.failures:
            text = str(cause)
            complain(text if name in text else f"{name}: {text}")
    except ParseStrataError as error:
        complain(error)
    except BrokenPipeError:
        _close_output()
    except OSError as error:
        complain(f"{error.filename or 'output'}: {error.strerror or error}")
    except KeyboardInterrupt:
        code = _INTERRUPTED
    return code


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, like all others."""

    def error(self, message: str) -> NoReturn:
        complain(f"{message} (see {self.prog} --help)")
        raise SystemExit(_USAGE)


def make_parser() -> argparse.ArgumentParser:
    """Build the parser of all commands."""
    parser = _Parser(
        prog="parsestrata",
        description="LlamaParse v2 results, cut along their own headings.",
        epilog=API_NOTE,
    )
    parser.add_argument(
        "--version", action="version", version=f"parsestrata {__version__}"
    )
    commands = parser.add_subparsers(required=True)
    for command in _COMMANDS:
        command.attach(commands)
    return parser


def _show_warning(message: Warning | str, *_args: Any, **_kwargs: Any) -> None:
    complain(f"warning: {message}")


def _close_output() -> None:
    """Send what is still buffered nowhere: the reader has gone."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
