"""Documents that are no result yet: told apart, and parsed."""

import os
from pathlib import Path
from typing import Any, TypeGuard

from parsestrata.api.stream import ResultStream, open_result, readable_name
from parsestrata.options import Options
from parsestrata.sources.fetching import Fetcher
from parsestrata.sources.local.kinds import HEAD, begins_as_pdf, is_document_name


def is_document(source: Any) -> TypeGuard[str | os.PathLike[str] | bytes]:
    """Tell a PDF or an office file, by path or content, from all other sources."""
    if isinstance(source, bytes | bytearray | memoryview):
        return begins_as_pdf(bytes(source[:HEAD]))
    if not isinstance(source, str | os.PathLike):
        return False
    path = Path(os.fsdecode(source))
    try:
        return path.is_file() and (is_document_name(path.name) or _is_pdf(path))
    except (OSError, ValueError):
        return False


def open_document(
    document: Path | bytes, name: str | None, options: Options
) -> ResultStream:
    """Parse a document and get ready to read its result.

    Args:
        document: A path, or a PDF's bytes.
        name: What to call bytes, `<...>` or None when they have no file name.
        options: Engine, and what it needs.

    Raises:
        EngineError: The local engine cannot parse it.
        ConfigError: `engine="cloud"` without a key.
        APIError: The API refused it or did not answer.
        JobError: The API could not parse it.
    """
    if options.engine == "cloud":
        return _parse_in_cloud(document, name or "", options)
    from parsestrata.sources.local.parsing import (  # noqa: PLC0415 - when needed
        parse_document,
    )

    label = readable_name(document) if isinstance(document, Path) else name
    return open_result(parse_document(document, options, name=name), label)


def _parse_in_cloud(
    document: Path | bytes, name: str, options: Options
) -> ResultStream:
    fetcher = Fetcher(options)
    try:
        return fetcher.parse(document, "" if name.startswith("<") else name).open()
    finally:
        fetcher.close()


def _is_pdf(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return begins_as_pdf(file.read(HEAD))
    except OSError:
        return False
