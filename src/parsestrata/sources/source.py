"""What a string, path or object means, and how its result is had."""

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pydantic_core

from parsestrata.api.stream import ResultStream, open_result
from parsestrata.errors import SourceError
from parsestrata.options import Options
from parsestrata.sources.fetching import Fetcher

_JOB_ID = re.compile(
    r"pjb-[A-Za-z0-9-]+|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    re.IGNORECASE,
)
_STANDARD_INPUT = "-"
_SHOWN = 120
_PDF = b"%PDF-"

Source = Any
"""A job id; the path of a saved result, or `-` for standard input; its bytes, its
dict or an open file; or an object of the vendor's SDK."""


def open_source(source: Source, options: Options) -> ResultStream:
    """Find out what a source is and get its result.

    Args:
        source: - `pjb-...` or a UUID that names no file: fetched from the API
            - any other text or `Path`: the path of a saved result; `-` is
              standard input
            - bytes, a dict, an open file: the result itself
            - an object with `model_dump`: a result of the vendor's SDK
        options: Key, base URL, project, organization and split, for a job id.

    Raises:
        SourceError: It is nothing of the above, or is not there.
        ResponseError: It is no v2 result.
        APIError: The API refused or did not answer.
        ConfigError: A job id without a key.
    """
    if isinstance(source, str):
        return _open_text(source, options)
    if isinstance(source, os.PathLike):
        return _open_path(Path(source))
    if isinstance(source, bytes | bytearray | memoryview):
        return _open_bytes(bytes(source), None)
    if hasattr(source, "read"):
        return open_result(source)
    if isinstance(source, Mapping):
        return _open_bytes(_to_json(dict(source)), "<dict>")
    if hasattr(source, "model_dump"):
        dumped = source.model_dump(mode="json", by_alias=True, exclude_unset=True)
        return _open_bytes(_to_json(dumped), f"<{type(source).__name__}>")
    raise SourceError(
        type(source).__name__,
        "is no source. Give a job id, the path of a saved result, its bytes, its "
        "dict, an open file or a result of the llama-cloud SDK",
    )


def is_job_id(source: Source) -> bool:
    """Say whether a source is fetched: `pjb-...` or a UUID that names no file."""
    named = isinstance(source, str) and _JOB_ID.fullmatch(source) is not None
    return named and not Path(source).is_file()


def describe_source(source: Source) -> str:
    """Name a source in a message or a report, without its content."""
    if isinstance(source, str | os.PathLike):
        text = str(source)
        return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return f"<{type(source).__name__}>"


def _open_text(text: str, options: Options) -> ResultStream:
    if text == _STANDARD_INPUT:
        return _open_bytes(sys.stdin.buffer.read(), "<stdin>")
    if text.lstrip().startswith("{"):
        return _open_bytes(text.encode(), "<text>")
    if is_job_id(text):
        return _fetch(text, options)
    return _open_path(Path(text))


def _open_path(path: Path) -> ResultStream:
    try:
        exists = path.exists()
    except (OSError, ValueError):
        exists = False
    if not exists:
        raise SourceError(
            describe_source(path),
            "there is no such file, and it is no job id (pjb-…). Check the path",
        )
    if not path.is_file() and not path.is_dir():
        problem = "is neither a file nor a directory. Pipe it in and name it -"
        raise SourceError(str(path), problem)
    if path.is_file() and _begins_as_pdf(path):
        raise SourceError(str(path), _PDF_PROBLEM)
    return open_result(path)


def _open_bytes(data: bytes, name: str | None) -> ResultStream:
    if data.startswith(_PDF):
        raise SourceError(name or "<bytes>", _PDF_PROBLEM)
    return open_result(data, name)


_PDF_PROBLEM = (
    "is a PDF, not a parse result. Parse it with LlamaParse v2 and give the job id, "
    "or the saved answer of GET /api/v2/parse/{job_id}?expand=items,metadata"
)


def _begins_as_pdf(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(_PDF)) == _PDF
    except OSError:
        return False


def _to_json(value: dict[str, Any]) -> bytes:
    try:
        return pydantic_core.to_json(value)
    except pydantic_core.PydanticSerializationError as error:
        problem = f"holds something that is not JSON: {error}"
        name = "<dict>"
        raise SourceError(name, problem) from None


def _fetch(job_id: str, options: Options) -> ResultStream:
    fetcher = Fetcher(options)
    try:
        return fetcher.fetch(job_id).open()
    finally:
        fetcher.close()
