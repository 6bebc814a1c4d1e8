"""What a string, path or object means, and how its result is had."""

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

import pydantic_core

from parsestrata.api.stream import ResultStream, open_result
from parsestrata.errors import ConfigError, SourceError
from parsestrata.options import Options
from parsestrata.sources.local.office import is_office_name
from parsestrata.sources.local.parsing import HEAD, begins_as_pdf, parse_document

_JOB_ID = re.compile(
    r"pjb-[A-Za-z0-9-]+|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    re.IGNORECASE,
)
_STANDARD_INPUT = "-"
_SHOWN = 120

_EXPAND: dict[str, tuple[str, ...]] = {
    "chunk": ("items", "metadata"),
    "item": ("items", "metadata"),
    "page": ("items", "markdown", "metadata"),
    "document": ("items", "markdown", "metadata"),
    "result": ("items", "markdown", "metadata"),
}
"""What is asked of the API for each split, and nothing else."""

Source = Any
"""A job id; the path of a saved result or of a PDF, or `-` for standard input; its
bytes, its dict or an open file; or an object of the vendor's SDK."""


def open_source(source: Source, options: Options) -> ResultStream:
    """Find out what a source is and get its result.

    Args:
        source: - `pjb-...` or a UUID that names no file: fetched from the API
            - any other text or `Path`: the path of a saved result, a PDF or an
              office file; `-` is standard input
            - bytes, a dict, an open file: the result, or the PDF, itself
            - an object with `model_dump`: a result of the vendor's SDK
        options: Key, base URL, project, organization and split, for a job id;
            engine, password, OCR and limits, for a document.

    Raises:
        SourceError: It is nothing of the above, or is not there.
        ResponseError: It is no v2 result.
        EngineError: A document cannot be parsed.
        APIError: The API refused or did not answer.
        ConfigError: A job id without a key.
    """
    if isinstance(source, str):
        return _open_text(source, options)
    if isinstance(source, os.PathLike):
        return _open_path(Path(source), options)
    if isinstance(source, bytes | bytearray | memoryview):
        return open_bytes(bytes(source), None, options)
    if hasattr(source, "read"):
        return _open_file(source, options)
    if isinstance(source, Mapping):
        return open_result(_to_json(dict(source)), "<dict>")
    if hasattr(source, "model_dump"):
        dumped = source.model_dump(mode="json", by_alias=True, exclude_unset=True)
        return open_result(_to_json(dumped), f"<{type(source).__name__}>")
    raise SourceError(
        type(source).__name__,
        "is no source. Give a job id, the path of a saved result, its bytes, its "
        "dict, an open file or a result of the llama-cloud SDK",
    )


def describe_source(source: Source) -> str:
    """Name a source in a message or a report, without its content."""
    if isinstance(source, str | os.PathLike):
        text = str(source)
        return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return f"<{type(source).__name__}>"


def _open_text(text: str, options: Options) -> ResultStream:
    if text == _STANDARD_INPUT:
        return open_bytes(sys.stdin.buffer.read(), "<stdin>", options)
    if text.lstrip().startswith("{"):
        return open_result(text.encode(), "<text>")
    path = Path(text)
    if _JOB_ID.fullmatch(text) and not path.is_file():
        return _fetch(text, options)
    return _open_path(path, options)


def _open_path(path: Path, options: Options) -> ResultStream:
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
    if path.is_file() and (is_document_name(path.name) or _begins_as_pdf(path)):
        return open_result(parse(path, options), str(path))
    return open_result(path)


def open_bytes(data: bytes, name: str | None, options: Options) -> ResultStream:
    """Get the result that bytes are, or that the PDF they are is parsed to.

    Args:
        data: A result as JSON, or a PDF.
        name: Of the file they come from, None when there is none.
        options: As for `open_source`.
    """
    if not begins_as_pdf(data[:HEAD]):
        return open_result(data, name)
    file_name = None if name is None or name.startswith("<") else PurePath(name).name
    return open_result(parse(data, options, file_name), name)


def _open_file(file: Any, options: Options) -> ResultStream:
    name = getattr(file, "name", None)
    label = name if isinstance(name, str) else "<file>"
    try:
        data = file.read()
    except UnicodeDecodeError:
        problem = 'is no text. Open it with "rb"'
        raise SourceError(label, problem) from None
    return open_bytes(data.encode() if isinstance(data, str) else data, label, options)


def parse(document: Path | bytes, options: Options, name: str | None = None) -> bytes:
    """Parse a document that is no result yet, with the engine of the options.

    Args:
        document: A path, or a PDF's bytes.
        options: Engine, and what it needs.
        name: File name of bytes, None when there is none.

    Returns:
        A v2 result as JSON.

    Raises:
        EngineError: The local engine cannot parse it.
        ConfigError: The engine cannot be had.
    """
    if options.engine == "cloud":
        message = (
            "engine='cloud': documents cannot be sent up from here. Parse it with "
            "LlamaParse and give the job id, or leave it to engine='local'"
        )
        raise ConfigError(message)
    return parse_document(document, options, name=name)


def is_document_name(name: str) -> bool:
    """Tell a PDF or an office file by its name."""
    return name.lower().endswith(".pdf") or is_office_name(name)


def _begins_as_pdf(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return begins_as_pdf(file.read(HEAD))
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
    from parsestrata.api.client import ParseClient  # noqa: PLC0415 - requests is slow

    client = ParseClient(
        api_key=options.find_api_key(),
        base_url=options.base_url or os.environ.get("LLAMA_CLOUD_BASE_URL"),
        project_id=options.project_id,
        organization_id=options.organization_id,
        timeout=options.timeout,
    )
    return open_result(client.get(job_id, _EXPAND[options.split]), job_id)
