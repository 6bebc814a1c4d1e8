"""The sections of a result, whole, and what a chunk is a part of."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from parsestrata.chunking.chunk import Chunk, document_id
from parsestrata.chunking.chunker import chunk_prepared, prepare_items
from parsestrata.chunking.sections import DocumentSection, make_sections
from parsestrata.conversion.conversion import Conversion
from parsestrata.conversion.tables import DocumentTable
from parsestrata.document.outline import heading_paths
from parsestrata.errors import ConfigError
from parsestrata.options import Options

Whole = TypeVar("Whole", DocumentSection, DocumentTable)


def cut_with_sections(
    conversion: Conversion,
    document: str = "",
    max_section_tokens: int | None = None,
) -> tuple[list[Chunk], list[DocumentSection]]:
    """Cut a result into chunks, and make the sections that hold them.

    Args:
        conversion: The result and its options.
        document: Id of the document; "" for the one that its name gives.
        max_section_tokens: A larger section is left out, and the chunks right below it
            stand alone; None for no limit.

    Returns:
        The chunks, and the sections in reading order; each chunk is in the
        `chunk_ids` of one.

    Raises:
        ConfigError: `max_section_tokens` is below 1.
        MissingContentError: The result holds no items.
        PageFailedError: A page failed and `on_failed_page="raise"`.
    """
    check_limit(max_section_tokens)
    options, report, origin = conversion.options, conversion.report, conversion.origin
    document = document or document_id(origin.source, options, report.namesake)
    items = list(prepare_items(conversion.items(), options, report))
    chunks = list(chunk_prepared(items, origin, options, report))
    sections = make_sections(
        list(heading_paths(items)),
        chunks,
        origin,
        options,
        document=document,
        max_tokens=max_section_tokens,
    )
    return chunks, sections


def check_limit(max_section_tokens: int | None) -> None:
    """Refuse a limit that no section keeps.

    Raises:
        ConfigError: It is below 1.
    """
    if max_section_tokens is not None and max_section_tokens < 1:
        message = (
            f"max_section_tokens={max_section_tokens}: expected 1 or more, or None"
        )
        raise ConfigError(message)


def check_split(options: Options) -> None:
    """Refuse a split that makes no chunks along the headings.

    Raises:
        ConfigError: It is not "chunk".
    """
    if options.split != "chunk":
        message = f'sections hold chunks: set split="chunk", not {options.split!r}'
        raise ConfigError(message)


def by_chunk(wholes: Iterable[Whole]) -> Mapping[str, tuple[Whole, ...]]:
    """Look sections or tables up by the chunks that are parts of them.

        found = by_chunk(tables("report.pdf"))[cite(hit).chunk_id]

    Args:
        wholes: What `sections` or `tables` gave, with the options of the chunks.

    Returns:
        Chunk id -> its one section, or its tables in reading order; a chunk without a
        table is in no mapping of tables.
    """
    found: dict[str, list[Whole]] = {}
    for whole in wholes:
        for chunk_id in dict.fromkeys(_chunk_ids(whole)):
            found.setdefault(chunk_id, []).append(whole)
    return {chunk_id: tuple(held) for chunk_id, held in found.items()}


def _chunk_ids(whole: DocumentSection | DocumentTable) -> Iterable[str]:
    if isinstance(whole, DocumentSection):
        return whole.chunk_ids
    return [part.chunk_id for part in whole.parts]
