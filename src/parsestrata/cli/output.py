"""Where the commands write: standard output, or a file that is whole or not there."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from parsestrata.errors import FailedSourcesError

STANDARD_OUTPUT = "-"


def speak_utf8() -> None:
    """Write UTF-8 whatever the locale says: JSON Lines are UTF-8."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")


def complain(problem: object) -> None:
    """Say on one line of standard error what is wrong."""
    line = " ".join(str(problem).split())
    sys.stderr.write(f"parsestrata: {line}\n")


def format_pages(first: int, last: int) -> str:
    """Write a page span as people cite it."""
    return f"p. {first}" if first == last else f"pp. {first}-{last}"


@contextmanager
def open_output(name: str) -> Iterator[IO[str]]:
    """Open the output of a command.

    A file is put in its place whole or not at all, and keeps the mode of the one
    that was there. When some of many sources failed, what the others gave is kept.

    Args:
        name: A path, or `-` for standard output.

    Raises:
        OSError: The file cannot be written.
    """
    path = Path(name)
    if name == STANDARD_OUTPUT:
        yield sys.stdout
    elif path.exists() and not path.is_file():
        with path.open("w", encoding="utf-8") as output:
            yield output
    else:
        yield from _replace_whole(path)


def _replace_whole(path: Path) -> Iterator[IO[str]]:
    target = path.resolve()
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    kept = False
    try:
        with _open_draft(draft, target, path) as output:
            yield output
        kept = True
    except FailedSourcesError as error:
        kept = len(error.failures) < error.total
        raise
    finally:
        if kept:
            draft.replace(target)
        else:
            with suppress(OSError):
                draft.unlink()


def _open_draft(draft: Path, target: Path, path: Path) -> IO[str]:
    """Open the draft with the mode of its target; an error names the path given."""
    try:
        output = draft.open("w", encoding="utf-8", errors="replace")
        if target.exists():
            shutil.copymode(target, draft)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
    return output
