"""Where a passage stands: from whatever a retriever returns to a printed citation."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from parsestrata.chunking.chunk import PATH_SEPARATOR, Chunk
from parsestrata.chunking.metadata import to_rich
from parsestrata.document.geometry import Region
from parsestrata.errors import ConfigError

_PAGES = ("page_number", "page_end")
_NEEDED = ("source", *_PAGES)


class Citation(Struct, frozen=True, kw_only=True):
    """Where a passage stands. `str()` gives "report.pdf, p. 3-4, Risks > Market"."""

    source: str
    """Stable name of the document."""
    page_number: int
    """First page, 1-based."""
    page_end: int
    """Last page."""
    file_name: str = ""
    """Name of the parsed file, "" when not known."""
    job_id: str = ""
    page_label: str = ""
    """Printed number of the first page, "" when not known."""
    heading_path: tuple[str, ...] = ()
    """Root first."""
    regions: tuple[Region, ...] = ()
    """Boxes in points from the top left; `.fraction` gives them in 0..1."""
    chunk_id: str = ""
    """Of the chunk that the passage is, or is a part of."""

    @property
    def pages(self) -> str:
        """The pages as one prints them: "p. 3" or "p. 3-4"."""
        return write_pages(self.page_number, self.page_end)

    def __str__(self) -> str:
        path = PATH_SEPARATOR.join(self.heading_path)
        parts = (self.file_name or self.source, self.pages, path)
        return ", ".join([part for part in parts if part])


def write_pages(first: int, last: int) -> str:
    """Write a span of pages as "p. 3" or "p. 3-4"."""
    return f"p. {first}" if last <= first else f"p. {first}-{last}"


def cite(passage: Any) -> Citation:
    """Say where a passage stands.

    Args:
        passage: What a retriever or a loader gave: a LangChain Document, a
            LlamaIndex node, with or without its score; a `Chunk`; or the metadata of
            one of these, flat or rich, also with numbers as floats or as text, and
            without the keys that a store dropped or has None for. A piece that a text
            splitter made of one will do as well: it cites the chunk.

    Raises:
        ConfigError: It has no metadata, or they do not say on which page it stands.
    """
    if isinstance(passage, Chunk):
        return cite_chunk(passage)
    metadata = _find_metadata(passage)
    missing = [key for key in _NEEDED if not metadata.get(key)]
    if missing:
        message = (
            f"there is no citation without {', '.join(missing)} in the metadata: they "
            "are no chunk's, or the store keeps only some of the keys"
        )
        raise ConfigError(message)
    rich = {key: value for key, value in to_rich(metadata).items() if value is not None}
    values = {key: rich[key] for key in Citation.__struct_fields__ if key in rich}
    values |= {key: _as_page(rich[key]) for key in _PAGES}
    values["regions"] = rich.get("bbox") or ()
    try:
        return msgspec.convert(values, Citation, strict=False)
    except msgspec.ValidationError as error:
        message = f"these metadata are not what a chunk has: {error}"
        raise ConfigError(message) from None


def cite_chunk(chunk: Chunk) -> Citation:
    """Say where a chunk stands."""
    origin = chunk.origin
    return Citation(
        source=origin.source,
        page_number=chunk.page_number,
        page_end=chunk.page_end,
        file_name=origin.file_name,
        job_id=origin.job_id,
        page_label=chunk.page_label,
        heading_path=tuple([heading.text for heading in chunk.headings]),
        regions=chunk.regions,
        chunk_id=chunk.id,
    )


def _find_metadata(passage: Any) -> Mapping[str, Any]:
    """Find the metadata: of a node within its score, of a Document, or themselves.

    With its score a Document is the first of a pair.
    """
    first = passage[0] if isinstance(passage, tuple) and passage else passage
    inner = getattr(first, "node", first)
    metadata = getattr(inner, "metadata", inner)
    if isinstance(metadata, Mapping):
        return metadata
    kind = type(passage).__name__
    message = (
        f"{kind} has no metadata to cite. Give a Document, a node, a chunk or their "
        "metadata, one at a time"
    )
    raise ConfigError(message)


def _as_page(number: Any) -> Any:
    """Make an int of a whole number of whatever type a store has for it."""
    if isinstance(number, str) or not hasattr(number, "__int__"):
        return number
    try:
        whole = int(number)
    except (ValueError, OverflowError):  # not a number, or infinity
        return number
    return whole if whole == number else number
