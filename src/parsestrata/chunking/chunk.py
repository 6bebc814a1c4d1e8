"""Chunk, its id and its context."""

import re
from collections.abc import Sequence
from hashlib import sha1

from msgspec import Struct

from parsestrata.chunking.tables import TablePart
from parsestrata.chunking.tokens import CountTokens
from parsestrata.document.geometry import Region
from parsestrata.document.model import Heading, Image, Link
from parsestrata.options import Context, Options

PATH_SEPARATOR = " > "
_LONE_BRACKET = re.compile(r"(?<!\S)>(?!\S)")
_ELLIPSIS = "…"
_CONTEXT_SHARE = 4
"""The context takes at most one part in four of the cap."""


class Origin(Struct, frozen=True, kw_only=True, gc=False):
    """Where a chunk comes from."""

    source: str
    """Stable name of the document, never empty."""
    job_id: str = ""
    """"" for results saved without a job."""
    file_name: str = ""
    """Name of the parsed file, "" when not known."""


class Chunk(Struct, frozen=True, kw_only=True, gc=False):
    """One piece of a document that is embedded and found on its own."""

    id: str
    """UUID made of the content: the same input gives the same id."""
    origin: Origin
    body: str
    """Markdown of the items, with the headings that stand among them."""
    context: str
    """One line that goes before the body: document and heading path; or ""."""
    headings: tuple[Heading, ...]
    """The path above all of the body, root first."""
    heading_path: str
    """Their texts joined with " > ", "" above the first one."""
    page_number: int
    """First page, 1-based."""
    page_end: int
    """Last page."""
    page_label: str = ""
    """Printed number of the first page, "" when not known."""
    regions: tuple[Region, ...] = ()
    """Every box of every item, in reading order."""
    items: tuple[int, ...] = ()
    """Positions of the items in the document; in a split item's parts, all have it."""
    item_types: tuple[str, ...] = ()
    """Kinds in order of first appearance."""
    tables: tuple[TablePart, ...] = ()
    concerns: tuple[str, ...] = ()
    """What the parser doubts about the tables, by type."""
    confidence: float = 0.0
    """Lowest of boxes and pages, 0 when not given."""
    images: tuple[Image, ...] = ()
    links: tuple[Link, ...] = ()
    index: int = 0
    """0-based position among the chunks of the document."""
    part: int = 1
    """1-based part of a split item."""
    parts: int = 1
    """1 when no item of the chunk was split."""


def contextualize(chunk: Chunk) -> str:
    """Put the context before the body: this is what is embedded."""
    return f"{chunk.context}\n\n{chunk.body}" if chunk.context else chunk.body


def heading_path(headings: Sequence[Heading]) -> str:
    """Join a path with " > "; within a title that becomes a single angle quote."""
    return join_titles([heading.text for heading in headings])


def join_titles(titles: Sequence[str]) -> str:
    """Join the titles of a path as `heading_path` does."""
    return PATH_SEPARATOR.join(
        [_LONE_BRACKET.sub("\u203a", t) if ">" in t else t for t in titles]
    )


def context_line(
    file_name: str,
    headings: Sequence[Heading],
    context: Context,
    max_tokens: int,
    count: CountTokens,
) -> str:
    """Write what goes before a body, at most a quarter of the cap.

    A line that is too long loses titles in its middle first, then characters.

    Args:
        file_name: Name of the document, "" when not known.
        headings: The path, root first.
        context: What is wanted.
        max_tokens: The cap of the whole chunk.
        count: The counter.
    """
    if context == "none":
        return ""
    name = file_name if context == "name+path" else ""
    parts = [" ".join(name.split()), *[heading_path([h]) for h in headings]]
    parts = [part for part in parts if part]
    limit = max_tokens // _CONTEXT_SHARE
    line = PATH_SEPARATOR.join(parts)
    if count(line) <= limit:
        return line
    for kept in range(len(parts) - 1, 1, -1):
        first, last = parts[: kept // 2], parts[len(parts) - (kept - kept // 2) :]
        line = PATH_SEPARATOR.join([*first, _ELLIPSIS, *last])
        if count(line) <= limit:
            return line
    return _shorten(parts[-1] if parts else "", limit, count)


def _shorten(text: str, limit: int, count: CountTokens) -> str:
    """Take characters out of the middle until the text fits; "" when none does."""
    half = len(text) // 2
    while half > 0:
        line = f"{text[:half].rstrip()}{_ELLIPSIS}{text[-half:].lstrip()}"
        if count(line) <= limit:
            return line
        half = half * 3 // 4
    return ""


def document_id(source: str, options: Options, namesake: int = 1) -> str:
    """Return the id of a document: all its nodes have it as their `ref_doc_id`.

    Args:
        source: As in the metadata.
        options: For the namespace.
        namesake: 2 for the second document of that name in a run, and so on: a
            docstore takes two documents of one id for versions of one.
    """
    name = f"{options.id_namespace}\x1fdocument\x1f{source}"
    if namesake > 1:
        name += f"\x1f{namesake}"
    return make_uuid(options.namespace, name)


def make_uuid(namespace: bytes, name: str) -> str:
    """Make the version 5 UUID that `uuid.uuid5` makes, in a third of its time.

    Args:
        namespace: The 16 bytes of a UUID.
        name: Any text.
    """
    digest = sha1(namespace + name.encode(), usedforsecurity=False).hexdigest()
    variant = "89ab"[int(digest[16], 16) & 3]
    return (
        f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-"
        f"{variant}{digest[17:20]}-{digest[20:32]}"
    )
