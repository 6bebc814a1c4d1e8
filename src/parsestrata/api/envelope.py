"""The whole body, scanned once: every malformed byte found, each page a slice.

Nothing is copied and nothing of a page is looked at but its ends.
"""

import json
import re
from codecs import utf_8_decode

import msgspec
from msgspec import Raw, Struct

from parsestrata.api.models import ParseResult
from parsestrata.errors import MalformedJSONError, ResponseError, V1ResultError

NULL = Raw(b"null")
_HEAD = 1024
_SLICE = 65_536
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}"
    rb"|(u[dD][89a-fA-F][\da-fA-F]{2})|.)",
    re.DOTALL,
)
"""One escape of a JSON text; group 1: half of a surrogate pair, alone."""
_AT_BYTE = re.compile(r"(.*) \(byte (\d+)\)")
_PLAIN_KEY = re.compile(r"\w{1,40}")
_NAMED_KEYS = 8
_TRAILING = "trailing characters"

_CUT_SHORT = "the JSON ends too early: was the download cut short?"
_NO_UTF8 = "the JSON is not UTF-8"
_EMPTY_LIST = re.compile(rb"\[\s*\]")
_V1_CONTENT = frozenset({"md", "items", "images"})
"""What every page of a v1 result has beside its number."""
_V1_PROBLEM = (
    "this is a LlamaParse v1 result (pages with `page` and `md`, items with `lvl` and "
    "`bBox`, or one text), which lacks what a v2 result has. Parse the document again "
    'with v2: give the document itself and engine="cloud" (in the shell --cloud), or '
    "ask POST /api/v2/parse and give the new job id. docs/migrating.md has the rest"
)
_STRANGER_PROBLEM = (
    "this JSON is not a LlamaParse v2 result: it has neither `job` nor `items`, but "
    "{keys}. Save the answer of GET /api/v2/parse/{{job_id}}?expand=items,metadata"
)


class Pages(Struct):
    """The pages of one kind of content."""

    pages: list[Raw]


class Envelope(Struct):
    """The top level of a result; each page stays a slice of the body."""

    job: Raw = NULL
    items: Pages | None = None
    markdown: Pages | None = None
    text: Pages | None = None
    metadata: Pages | None = None
    images_content_metadata: Raw = NULL
    pages: Raw = NULL
    """Not a v2 key: a v1 result has it, and so has a downloaded items file."""

    @property
    def content(self) -> tuple[str, ...]:
        """What the result holds, as `expand` values: items, markdown, text, metadata."""
        names = ("items", "markdown", "text", "metadata")
        return tuple(n for n in names if getattr(self, n) is not None)


def scan(data: bytes, source: str) -> tuple[bytes, Envelope]:
    """Check every byte of a body and slice it.

    Half a surrogate pair, which JavaScript writes, becomes a replacement character.

    Args:
        data: JSON in UTF-8, UTF-16 or UTF-32.
        source: What to call it in messages.

    Returns:
        The body as UTF-8, mended where it had to be, and its top level.

    Raises:
        MalformedJSONError: The body is not JSON; with the byte of its UTF-8 form.
        V1ResultError: The body comes from the v1 API.
        ResponseError: The body is JSON of another shape.
    """
    data = _to_utf8(data)
    try:
        _check_utf8(data)
        data, envelope = _decode_mended(data, source)
    except UnicodeDecodeError as error:
        cut = error.reason == "unexpected end of data"
        problem = _CUT_SHORT if cut else _NO_UTF8
        offset = len(data) if cut else error.start
    except msgspec.DecodeError as error:
        problem, offset = _place(error, len(data))
    except RecursionError:
        problem, offset = "the JSON is nested too deep", 0
    else:
        if not envelope.content:
            _refuse_v1(data, source)
            _adopt_bare_pages(envelope)
            _refuse_strangers(data, source)
        return data, envelope
    raise MalformedJSONError(source, _name_stranger(data) or problem, offset)


def _check_utf8(data: bytes) -> None:
    """Decode a body slice by slice, so that its text never stands beside it.

    Raises:
        UnicodeDecodeError: With `start` counted from the first byte of the body.
    """
    view, position = memoryview(data), 0
    while position < len(view):
        stop = position + _SLICE
        try:
            piece = view[position:stop]
            _, used = utf_8_decode(piece, "strict", stop >= len(view))
        except UnicodeDecodeError as error:
            error.start += position
            raise
        position += used


def _place(error: msgspec.DecodeError, length: int) -> tuple[str, int]:
    """Say what is wrong with a body and at which byte."""
    found = _AT_BYTE.fullmatch(str(error))
    # The scanner counts one too far when a whole object is followed by more.
    offset = int(found[2]) - found[1].endswith(_TRAILING) if found else length
    if not found or offset >= length:
        return _CUT_SHORT, length
    return found[1].replace("JSON", "the JSON"), offset


def _to_utf8(data: bytes) -> bytes:
    """Drop a byte order mark and undo UTF-16 and UTF-32, which Windows writes."""
    encoding = json.detect_encoding(data)
    if encoding == "utf-8":
        return data
    if encoding == "utf-8-sig":
        return data[3:]
    width = 4 if encoding.startswith("utf-32") else 2
    whole = len(data) - len(data) % width
    return data[:whole].decode(encoding, "replace").encode()


def _decode_mended(data: bytes, source: str) -> tuple[bytes, Envelope]:
    try:
        return data, _decode(data, source)
    except msgspec.DecodeError:
        mended = _ESCAPE.sub(_mend_escape, data)
        return mended, _decode(mended, source)


def _mend_escape(escape: re.Match[bytes]) -> bytes:
    return rb"\ufffd" if escape[1] else escape[0]


def _decode(data: bytes, source: str) -> Envelope:
    """Slice the body.

    Raises:
        msgspec.DecodeError: The body is not JSON.
        V1ResultError: It comes from the v1 API.
        ResponseError: It is JSON of another shape.
    """
    try:
        return msgspec.json.decode(data, type=Envelope)
    except msgspec.ValidationError as error:
        _refuse_v1(data, source)
        problem = f"this JSON is not a LlamaParse v2 result: {error}"
        raise ResponseError(source, problem) from None


def _name_stranger(data: bytes) -> str:
    """Say what a body that is no JSON is, "" when that is not plain."""
    head = data[:_HEAD].lstrip()
    if not head and not data.strip():
        return "it is empty, not a JSON result"
    if head.startswith(b"<"):
        return "this is HTML or XML, not JSON: a login or an error page?"
    return ""


def _adopt_bare_pages(envelope: Envelope) -> None:
    """Take a downloaded items file for a result."""
    if not bytes(envelope.pages).startswith(b"["):
        return
    raws = msgspec.json.decode(envelope.pages, type=list[Raw])
    pages = _shallow_objects(envelope.pages)
    known = sum("page_number" in page and "items" in page for page in pages)
    if known == len(raws):
        envelope.items = Pages(raws)


def _refuse_strangers(data: bytes, source: str) -> None:
    """Refuse an object without one key of a v2 result, such as an error answer."""
    keys = msgspec.json.decode(data, type=dict[str, Raw])
    if keys.keys().isdisjoint({*ParseResult.model_fields, "pages"}):
        named = [key for key in keys if _PLAIN_KEY.fullmatch(key)][:_NAMED_KEYS]
        problem = _STRANGER_PROBLEM.format(keys=", ".join(named) or "nothing")
        raise ResponseError(source, problem)


# Results of the v1 API


def _refuse_v1(data: bytes, source: str) -> None:
    """Tell a v1 result in any form in which it is saved, alone or in a list.

    Raises:
        msgspec.DecodeError: The body is not JSON.
        V1ResultError: It comes from the v1 API.
    """
    msgspec.json.decode(data, type=Raw)  # a fault behind a wrong value is the worse one
    if any(_is_v1_page(one) or _is_v1_result(one) for one in _shallow_objects(data)):
        raise V1ResultError(source, _V1_PROBLEM)


def _shallow_objects(raw: bytes | Raw) -> list[dict[str, Raw]]:
    """Read an object or a list of them without their values; [] for anything else."""
    try:
        top = msgspec.json.decode(raw, type=dict[str, Raw] | list[dict[str, Raw]])
    except msgspec.ValidationError:
        return []
    return top if isinstance(top, list) else [top]


def _is_v1_result(result: dict[str, Raw]) -> bool:
    """Tell a v1 result: no `job`, and pages of v1, or `job_metadata` beside its content.

    The content is one text, one Markdown, `structured`, or, of a job that failed, no
    pages at all.
    """
    if "job" in result:
        return False
    pages = bytes(result.get("pages", NULL))
    if any(_is_v1_page(page) for page in _shallow_objects(pages)):
        return True
    texts = (bytes(result.get(name, NULL)) for name in ("markdown", "text"))
    return "job_metadata" in result and (
        "structured" in result
        or _EMPTY_LIST.fullmatch(pages) is not None
        or any(text.startswith(b'"') for text in texts)
    )


def _is_v1_page(page: dict[str, Raw]) -> bool:
    """Tell a v1 page: a number called `page`, or items with `lvl` and `bBox`."""
    if "page_number" in page:
        return False
    items = bytes(page.get("items", NULL))
    numbered = bytes(page.get("page", NULL)).isdigit()
    return (numbered and not _V1_CONTENT.isdisjoint(page)) or any(
        name in items for name in (b'"lvl"', b'"bBox"')
    )
