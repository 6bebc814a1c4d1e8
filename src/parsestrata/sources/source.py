"""What a string, path or object means, and how its result is had."""

import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeAlias, TypeGuard

import pydantic_core

from parsestrata.api.stream import (
    ResultStream,
    encode_text,
    open_result,
    read_open_file,
    readable_name,
)
from parsestrata.errors import SourceError
from parsestrata.options import Options
from parsestrata.sources.documents import is_document, open_document
from parsestrata.sources.fetching import Fetcher

_JOB_ID = re.compile(
    r"pjb-[A-Za-z0-9-]+|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    re.IGNORECASE,
)
_JSON_TEXT = re.compile(r"\ufeff?\s*(?:\{|\[\s*[\[{\]])")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+:/", re.IGNORECASE)
_SECRET = re.compile(r"(?<=:/)(/?)[^/?#]*@|[?#].*", re.DOTALL)
"""In an address: user and password, query and fragment."""
_STANDARD_INPUT = "-"
_SHOWN = 120


class Readable(Protocol):
    """An open file, binary or text."""

    def read(self) -> bytes | str:
        """Return what is left in it."""
        ...


class Dumpable(Protocol):
    """A result of the vendor's SDK, or another model of pydantic."""

    def model_dump(self) -> dict[str, Any]:
        """Return it as a dict."""
        ...


Source: TypeAlias = (
    str
    | os.PathLike[str]
    | bytes
    | bytearray
    | memoryview
    | Mapping[str, Any]
    | Readable
    | Dumpable
)
"""A job id; the path of a saved result or a document, or `-` for standard input; its
bytes, its dict or an open file; or an object of the vendor's SDK."""

Sources: TypeAlias = Source | Sequence[Source] | Iterator[Source]
"""One source, or a list, a tuple or a generator of them."""


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
        return _open_path(Path(os.fsdecode(source)), options)
    if isinstance(source, bytes | bytearray | memoryview):
        return open_bytes(bytes(source), None, options)
    if isinstance(source, Mapping):
        return open_result(_to_json(dict(source), "<dict>"), "<dict>")
    if hasattr(source, "read") and not isinstance(source, type):
        return open_bytes(*read_open_file(source), options)
    if hasattr(source, "model_dump") and not isinstance(source, type):
        return _open_sdk_object(source, f"<{type(source).__name__}>")
    raise SourceError(
        type(source).__name__,
        "is no source. Give a job id, the path of a saved result, its bytes, its "
        "dict, an open file or a result of the llama-cloud SDK",
    )


def is_job_id(source: Source) -> TypeGuard[str]:
    """Say whether a source is fetched: `pjb-...` or a UUID that names no file."""
    return (
        isinstance(source, str)
        and _JOB_ID.fullmatch(source) is not None
        and not _stands_at(source, Path.is_file)
    )


def describe_source(source: Source) -> str:
    """Name a source in a message or a report, without its content.

    What follows the `?` of a URL, where signatures stand, is left out.
    """
    if isinstance(source, os.PathLike):
        source = os.fsdecode(source)
    if not isinstance(source, str):
        return f"<{type(source).__name__}>"
    if _JSON_TEXT.match(source):
        return "<text>"
    if _ADDRESS.match(source):
        source = _SECRET.sub(r"\1", source)
    name = readable_name(source[: _SHOWN + 1])
    name = _CONTROL.sub(lambda found: repr(found[0])[1:-1], name)
    return name if len(name) <= _SHOWN else f"{name[:_SHOWN]}…"


def _open_text(text: str, options: Options) -> ResultStream:
    if text == _STANDARD_INPUT:
        return _open_standard_input(options)
    if _JSON_TEXT.match(text):
        return open_result(encode_text(text), "<text>")
    if not text.strip():
        raise SourceError(repr(text[:_SHOWN]), "is blank: name a job id or a file")
    if is_job_id(text):
        return _fetch(text, options)
    if _ADDRESS.match(text) and not _stands_at(text, Path.exists):
        problem = "is an address, not a file. Download it and give the file"
        raise SourceError(describe_source(text), problem)
    return _open_path(Path(text), options)


def _open_standard_input(options: Options) -> ResultStream:
    name = "<stdin>"
    if sys.stdin is None:
        raise SourceError(name, "this process has no standard input")
    data, _ = read_open_file(getattr(sys.stdin, "buffer", sys.stdin))
    return open_bytes(data, name, options)


def _open_path(path: Path, options: Options) -> ResultStream:
    if not _stands_at(path, Path.exists):
        problem = "there is no such file, and it is no job id (pjb-…). Check the path"
        raise SourceError(describe_source(path), problem)
    if path.is_dir():
        problem = (
            "this is a directory. Name the files in it: a list, or "
            f'sorted(Path({readable_name(path)!r}).rglob("*.json"))'
        )
        raise SourceError(describe_source(path), problem)
    if not path.is_file():
        problem = "is neither a file nor a directory. Pipe it in and name it -"
        raise SourceError(describe_source(path), problem)
    if is_document(path):
        return open_document(path, None, options)
    return open_result(path)


def _stands_at(path: str | Path, test: Callable[[Path], bool]) -> bool:
    """Test a path; one that no file can have, as a very long one, is False."""
    try:
        return test(Path(path))
    except (OSError, ValueError):
        return False


def _open_sdk_object(source: Any, name: str) -> ResultStream:
    try:
        dumped = source.model_dump(
            mode="json", by_alias=True, exclude_unset=True, warnings=False
        )
    except (TypeError, ValueError) as error:
        problem = f"its model_dump() failed ({type(error).__name__})"
        raise SourceError(name, problem) from None
    return open_result(_to_json(dumped, name), name)


def open_bytes(data: bytes, name: str | None, options: Options) -> ResultStream:
    """Get the result that bytes are, or that the PDF they are is parsed to.

    Args:
        data: A result as JSON, or a PDF.
        name: Of the file they come from, `<...>` or None when there is none.
        options: As for `open_source`.
    """
    if is_document(data):
        return open_document(data, name, options)
    return open_result(data, name)


def _to_json(value: Any, name: str) -> bytes:
    try:
        return pydantic_core.to_json(value)
    except pydantic_core.PydanticSerializationError:
        pass  # json names the type, and writes half a surrogate pair as an escape
    try:
        return json.dumps(value).encode()
    except (TypeError, ValueError, RecursionError) as error:
        problem = f"holds something that is not JSON: {error}"
        raise SourceError(name, problem) from None


def _fetch(job_id: str, options: Options) -> ResultStream:
    fetcher = Fetcher(options)
    try:
        return fetcher.fetch(job_id).open()
    finally:
        fetcher.close()
