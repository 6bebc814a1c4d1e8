"""Bytes or a file -> pages, one validated page at a time.

The whole body is scanned once, which finds every malformed byte before a page
is handed out, and cut into page slices without copying. A page is validated
when its turn comes and can be forgotten afterwards, so memory follows the size
of the body and not the number of objects in it.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, TypeVar

import msgspec
import pydantic
from msgspec import Raw, Struct

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
    V1ResultError,
)

_NULL = Raw(b"null")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_NAMED_IN_PROBLEM = 3
_Page = TypeVar("_Page", bound=WireModel)


class _Pages(Struct):
    pages: list[Raw] = []


class _Envelope(Struct):
    """The top level; each page stays a slice of the body."""

    job: Raw = _NULL
    items: _Pages | None = None
    markdown: _Pages | None = None
    text: _Pages | None = None
    metadata: _Pages | None = None
    images_content_metadata: Raw = _NULL
    pages: Raw = _NULL
    """Not a v2 key: a v1 result has it, and so has a downloaded items file."""


class _Numbered(Struct):
    page_number: int


class MetadataPages(Mapping[int, MetadataPage]):
    """What is known about each page, validated when its turn comes."""

    def __init__(self, raws: list[Raw]) -> None:
        self._raws: dict[int, Raw] = {}
        for raw in raws:
            try:
                number = msgspec.json.decode(raw, type=_Numbered).page_number
            except msgspec.ValidationError:
                continue
            self._raws[number] = raw

    def __getitem__(self, page_number: int) -> MetadataPage:
        try:
            return MetadataPage.model_validate_json(bytes(self._raws[page_number]))
        except pydantic.ValidationError:
            raise KeyError(page_number) from None

    def __iter__(self) -> Iterator[int]:
        return iter(self._raws)

    def __len__(self) -> int:
        return len(self._raws)


class ResultStream:
    """A v2 result, scanned and cut into pages, its pages not yet validated.

    Attributes:
        source: What to call the result in messages.
        data: The body, as UTF-8 JSON.
        job: The job, None in results saved without one.
    """

    def __init__(self, data: bytes, source: str) -> None:
        self.source = source
        self.data, self._envelope = _scan(_to_utf8(data), source)
        self._adopt_bare_pages()
        self.job: Job | None = self._one(Job, self._envelope.job, "job")

    @property
    def content(self) -> tuple[str, ...]:
        """What the result holds, as `expand` values: items, markdown, text, metadata."""
        names = ("items", "markdown", "text", "metadata")
        return tuple(n for n in names if getattr(self._envelope, n) is not None)

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

    def metadata_pages(self) -> Mapping[int, MetadataPage]:
        """Return the pages of `expand=metadata` by page number, each read when asked.

        Empty without them; one that does not fit is not there.
        """
        section = self._envelope.metadata
        return MetadataPages(section.pages if section else [])

    def _pages(self, name: str, model: type[_Page]) -> Iterator[_Page | FailedPage]:
        section: _Pages | None = getattr(self._envelope, name)
        if section is None:
            raise MissingContentError(self.source, _missing(name, self.content))
        return _validate_pages(section.pages, model)

    def _one(self, model: type[_Page], raw: Raw, field: str) -> _Page | None:
        if bytes(raw) == b"null":
            return None
        try:
            return model.model_validate_json(bytes(raw))
        except pydantic.ValidationError as error:
            problem = f"`{field}` is not what a v2 result has: {_reason(error)}"
            raise ResponseError(self.source, problem) from None

    def _adopt_bare_pages(self) -> None:
        """Take a downloaded items file for a result; tell a v1 result apart."""
        envelope = self._envelope
        if envelope.items is not None or bytes(envelope.pages) == b"null":
            return
        pages = msgspec.json.decode(envelope.pages)
        _refuse_v1(pages, self.source)
        if isinstance(pages, list) and all(_is_items_page(page) for page in pages):
            envelope.items = _Pages(msgspec.json.decode(envelope.pages, type=list[Raw]))


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
        return ResultStream(_read_file(Path(source)), name or str(source))
    data = source.read()
    label = name or str(getattr(source, "name", "<file>"))
    return ResultStream(data.encode() if isinstance(data, str) else data, label)


def _read_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        problem = "there is no such file. Check the path"
    except IsADirectoryError:
        problem = "this is a directory. Name the files in it"
    except OSError as error:
        problem = f"cannot be read ({error.strerror or type(error).__name__})"
    raise SourceError(str(path), problem)


def _to_utf8(data: bytes) -> bytes:
    """Drop a byte order mark and undo UTF-16, which shells on Windows write."""
    if data.startswith(b"\xef\xbb\xbf"):
        return data[3:]
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace").encode()
    return data


def _scan(data: bytes, source: str) -> tuple[bytes, _Envelope]:
    """Check every byte of the body and slice it; mend what can be mended."""
    try:
        return data, _decode(data, source)
    except msgspec.DecodeError as error:
        mended = _mend(data, source, cut_short=str(error).endswith("truncated"))
        return mended, _decode(mended, source)
    except RecursionError:
        raise MalformedJSONError(source, "nested too deep", 0) from None


def _decode(data: bytes, source: str) -> _Envelope:
    try:
        return msgspec.json.decode(data, type=_Envelope)
    except msgspec.ValidationError as error:
        if data.lstrip().startswith(b"["):
            _refuse_v1(msgspec.json.decode(data), source)
        problem = f"this JSON is not a LlamaParse v2 result: {error}"
        raise ResponseError(source, problem) from None


def _mend(data: bytes, source: str, *, cut_short: bool) -> bytes:
    """Replace lone surrogates, which the scanner refuses and JavaScript writes.

    Raises:
        MalformedJSONError: The body is not JSON whichever way it is read.
    """
    if not data.strip():
        raise MalformedJSONError(source, "the file is empty, not a JSON result", 0)
    if data.lstrip().startswith(b"<"):
        problem = "this is HTML or XML, not JSON: a login or an error page?"
        raise MalformedJSONError(source, problem, data.index(b"<"))
    try:
        text = data.decode()
        value = json.loads(text, parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        problem = "the JSON is not UTF-8"
        raise MalformedJSONError(source, problem, error.start) from None
    except json.JSONDecodeError as error:
        if cut_short:
            problem = "the JSON ends too early: was the download cut short?"
            raise MalformedJSONError(source, problem, len(data)) from None
        offset = len(text[: error.pos].encode())
        problem = f"the JSON is malformed: {error.msg}"
        raise MalformedJSONError(source, problem, offset) from None
    except (ValueError, RecursionError) as error:
        problem = f"the JSON is malformed: {error}"
        raise MalformedJSONError(source, problem, 0) from None
    clean = _LONE_SURROGATE.sub("\ufffd", json.dumps(value, ensure_ascii=False))
    return clean.encode()


def _refuse_constant(name: str) -> None:
    message = f"{name} is not a JSON number"
    raise ValueError(message)


def _validate_pages(
    raws: list[Raw], model: type[_Page]
) -> Iterator[_Page | FailedPage]:
    validate = model.__pydantic_validator__.validate_json
    for ordinal, raw in enumerate(raws, 1):
        body = bytes(raw)
        try:
            page = validate(body)
        except pydantic.ValidationError as error:
            page = _failed_page(body, ordinal, error)
        yield page


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
    except ValueError:
        page = None
    number = page.get("page_number") if isinstance(page, dict) else None
    return FailedPage(
        page_number=number if isinstance(number, int) else ordinal,
        error=f"the page does not fit the v2 contract: {_reason(error)}",
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


def _is_items_page(page: object) -> bool:
    return isinstance(page, dict) and "page_number" in page and "items" in page


def _refuse_v1(value: object, source: str) -> None:
    """Tell a v1 result by its pages: `page` and `md`, items with `lvl` or `bBox`."""
    pages: list[Any] = value if isinstance(value, list) else []
    if pages and isinstance(pages[0], dict) and isinstance(pages[0].get("pages"), list):
        pages = pages[0]["pages"]
    if any(_is_v1_page(page) for page in pages):
        raise V1ResultError(
            source,
            "this is a LlamaParse v1 result (pages with `page`, items with `lvl` and "
            "`bBox`), whose fields mean other things. Parse the document again with "
            "the v2 API, POST /api/v2/parse, and fetch it with expand=items,metadata",
        )


def _is_v1_page(page: object) -> bool:
    if not isinstance(page, dict) or "page_number" in page:
        return False
    items = page.get("items")
    named = isinstance(items, list) and any(
        isinstance(i, dict) and ("lvl" in i or "bBox" in i) for i in items
    )
    return named or "page" in page
