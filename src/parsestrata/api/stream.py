"""Bytes or a file -> pages, one validated page at a time.

A page is validated when its turn comes and can be forgotten afterwards, so memory
follows the size of the body and not the number of objects in it.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, TypeVar

import pydantic
from msgspec import Raw

from parsestrata.api import lean
from parsestrata.api.envelope import Pages, scan
from parsestrata.api.items import WireModel
from parsestrata.api.models import (
    FailedPage,
    ImagesContentMetadata,
    Job,
    MarkdownPage,
    MetadataPage,
    StructuredPage,
    TextPage,
)
from parsestrata.errors import (
    MalformedJSONError,
    MissingContentError,
    ResponseError,
    SourceError,
)

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_NAMED_IN_PROBLEM = 3
_Page = TypeVar("_Page", bound=WireModel)


class ResultStream:
    """A v2 result, scanned and cut into pages, its pages not yet validated.

    Attributes:
        source: What to call the result in messages.
        data: The body, as UTF-8 JSON.
        job: The job, None in results saved without one.
    """

    def __init__(self, data: bytes, source: str) -> None:
        self.source = source
        self.data, self._envelope = scan(data, source)
        self.job: Job | None = self._one(Job, self._envelope.job, "job")

    @property
    def content(self) -> tuple[str, ...]:
        """What the result holds, as `expand` values: items, markdown, text, metadata."""
        return self._envelope.content

    @property
    def images(self) -> ImagesContentMetadata | None:
        """The image files of the result, None when they were not asked for."""
        raw = self._envelope.images_content_metadata
        return self._one(ImagesContentMetadata, raw, "images_content_metadata")

    def item_pages(self) -> Iterator[StructuredPage | FailedPage]:
        """Yield the pages of `expand=items` in the order of the answer.

        A page that does not fit becomes a `FailedPage` that says why.

        Raises:
            MissingContentError: The result holds no items.
        """
        return self._pages("items", StructuredPage)

    def lean_item_pages(self) -> Iterator[lean.Page | StructuredPage | FailedPage]:
        """Yield the same pages for a conversion: lean ones wherever a page fits them.

        Raises:
            MissingContentError: The result holds no items.
        """
        for ordinal, raw in enumerate(self._section("items").pages, 1):
            yield lean.read_page(raw) or _validate_page(raw, ordinal, StructuredPage)

    def markdown_pages(self) -> Iterator[MarkdownPage | FailedPage]:
        """Yield the pages of `expand=markdown`.

        Raises:
            MissingContentError: The result holds no markdown.
        """
        return self._pages("markdown", MarkdownPage)

    def text_pages(self) -> Iterator[TextPage | FailedPage]:
        """Yield the pages of `expand=text`.

        Raises:
            MissingContentError: The result holds no text.
        """
        return self._pages("text", TextPage)

    def metadata_pages(self) -> dict[int, MetadataPage]:
        """Read the pages of `expand=metadata`, by page number; {} without them."""
        if self._envelope.metadata is None:
            return {}
        found = self._pages("metadata", MetadataPage)
        return {p.page_number: p for p in found if isinstance(p, MetadataPage)}

    def lean_metadata(self) -> dict[int, lean.Metadata]:
        """Read what a conversion needs of `metadata_pages`; {} without them."""
        section = self._envelope.metadata
        found = map(lean.read_metadata, section.pages) if section else ()
        return {page.page_number: page for page in found if page}

    def _pages(self, name: str, model: type[_Page]) -> Iterator[_Page | FailedPage]:
        return _validate_pages(self._section(name).pages, model)

    def _section(self, name: str) -> Pages:
        section: Pages | None = getattr(self._envelope, name)
        if section is None:
            raise MissingContentError(self.source, _missing(name, self.content))
        return section

    def _one(self, model: type[_Page], raw: Raw, field: str) -> _Page | None:
        if bytes(raw) == b"null":
            return None
        try:
            return model.model_validate_json(bytes(raw))
        except pydantic.ValidationError as error:
            problem = f"`{field}` is not what a v2 result has: {_reason(error)}"
            raise ResponseError(self.source, problem) from None


def open_result(
    source: bytes | bytearray | memoryview | str | Path | IO[Any],
    name: str | None = None,
) -> ResultStream:
    """Scan a result and get ready to read its pages.

    Args:
        source: The JSON itself as bytes, or the path of a file, or an open file
            (binary or text).
        name: What to call it in messages, by default its path.

    Raises:
        SourceError: The file is not there or cannot be read.
        MalformedJSONError: The body is not JSON or was cut short.
        V1ResultError: The body comes from the v1 API.
        ResponseError: The body is JSON of another shape.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        return ResultStream(bytes(source), name or "<bytes>")
    if isinstance(source, str | Path):
        label = name or readable_name(source)
        return ResultStream(_read_file(Path(source)), label)
    data, label = read_open_file(source)
    return ResultStream(data, name or label)


def read_open_file(file: Any) -> tuple[bytes, str]:
    """Read what is left in an open file.

    Args:
        file: Binary or text; anything with `read`.

    Returns:
        The bytes, and the file's name or `<file>`.

    Raises:
        SourceError: It cannot be read, or gives neither bytes nor text.
        MalformedJSONError: A text file that is not in its encoding.
    """
    named = getattr(file, "name", None)
    label = readable_name(named) if isinstance(named, str | Path) else "<file>"
    try:
        data: object = file.read()
    except UnicodeDecodeError as error:
        problem = f"the JSON is not {error.encoding}, which the file was opened in"
        raise MalformedJSONError(label, problem, error.start) from None
    except (OSError, ValueError) as error:
        raise SourceError(label, f"cannot be read ({error})") from None
    if isinstance(data, str):
        return encode_text(data), label
    if not isinstance(data, bytes | bytearray | memoryview):
        problem = f"its read() gave {type(data).__name__}, not bytes or text"
        raise SourceError(label, problem)
    return bytes(data), label


def encode_text(text: str) -> bytes:
    """Encode JSON text; what no encoding can write becomes a replacement character."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return _LONE_SURROGATE.sub("\ufffd", text).encode()


def readable_name(path: str | Path) -> str:
    """Name a file, with replacement characters where its name is not UTF-8."""
    return _LONE_SURROGATE.sub("\ufffd", str(path))


def _read_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        problem = "there is no such file. Check the path"
    except IsADirectoryError:
        problem = "this is a directory. Name the files in it"
    except OSError as error:
        problem = f"cannot be read ({error.strerror or type(error).__name__})"
    raise SourceError(readable_name(path), problem)


def _validate_pages(
    raws: list[Raw], model: type[_Page]
) -> Iterator[_Page | FailedPage]:
    for ordinal, raw in enumerate(raws, 1):
        yield _validate_page(raw, ordinal, model)


def _validate_page(raw: Raw, ordinal: int, model: type[_Page]) -> _Page | FailedPage:
    body = bytes(raw)
    try:
        page: _Page = model.__pydantic_validator__.validate_json(body)
    except pydantic.ValidationError as error:
        return _failed_page(body, ordinal, error)
    return page


def _failed_page(
    body: bytes, ordinal: int, error: pydantic.ValidationError
) -> FailedPage:
    """Read a page that reports its failure, or make one that says what is wrong."""
    try:
        return FailedPage.model_validate_json(body)
    except pydantic.ValidationError:
        pass
    try:
        page = json.loads(body)
    except (ValueError, RecursionError):
        page = None
    known: dict[str, Any] = page if isinstance(page, dict) else {}
    number = known.get("page_number")
    reason = f"the page does not fit the v2 contract: {_reason(error)}"
    if known.get("success") is False:
        words = known.get("error")
        reason = words if isinstance(words, str) and words else "no reason given"
    return FailedPage(
        page_number=number if type(number) is int else ordinal,
        error=reason,
        success=False,
    )


def _reason(error: pydantic.ValidationError) -> str:
    problems = [
        f"{'.'.join(str(part) for part in e['loc']) or 'it'}: {e['msg']}"
        for e in error.errors(include_url=False, include_input=False)
    ]
    more = len(problems) - _NAMED_IN_PROBLEM
    tail = f"; and {more} more" if more > 0 else ""
    return "; ".join(problems[:_NAMED_IN_PROBLEM]) + tail


def _missing(name: str, content: tuple[str, ...]) -> str:
    have = ", ".join(content) or "none of items, markdown, text, metadata"
    return (
        f"the result has no `{name}` (it has: {have}). "
        f"Fetch it with expand={name}, or choose another split"
    )
