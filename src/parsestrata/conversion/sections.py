"""The sections of a result, whole, and what a chunk is a part of."""

from collections.abc import Iterable
from typing import Any

from parsestrata.chunking.chunk import Chunk, document_id
from parsestrata.chunking.chunker import chunk_prepared, prepare_items
from parsestrata.chunking.citation import Citation, cite
from parsestrata.chunking.sections import DocumentSection, make_sections
from parsestrata.conversion.conversion import Conversion
from parsestrata.document.outline import heading_paths
from parsestrata.errors import ConfigError
from parsestrata.options import Options


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


def find_section(passage: Any, sections: Iterable[DocumentSection]) -> DocumentSection:
    """Find the section that holds a passage: the parent of its chunk.

    Args:
        passage: A Document, a node or its score, a chunk, their metadata, a
            `Citation`, or a chunk's id alone.
        sections: Of one document or many, made with the options of the chunks.

    Raises:
        ConfigError: It has no metadata, or its chunk is in none of the sections.
    """
    if not isinstance(passage, str | Citation):
        passage = cite(passage)
    chunk_id = passage if isinstance(passage, str) else passage.chunk_id
    for section in sections:
        if chunk_id in section.chunk_ids:
            return section
    message = (
        f"chunk {chunk_id or '(without an id)'} is in none of the sections: give "
        "`sections` the source and the options that the chunks were made with"
    )
    raise ConfigError(message)
