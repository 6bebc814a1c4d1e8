"""The functions of the package's face: `chunk`, `outline`, `sections`, `tables`."""

from collections.abc import Iterator
from typing import Unpack

from parsestrata.chunking.chunk import Chunk
from parsestrata.chunking.sections import DocumentSection
from parsestrata.conversion.conversion import Conversion
from parsestrata.conversion.loading import Loading, as_sources
from parsestrata.conversion.sections import cut_with_sections
from parsestrata.conversion.tables.document_table import DocumentTable
from parsestrata.conversion.tables.extraction import extract_tables
from parsestrata.document.outline import Section
from parsestrata.options import Options, OptionValues
from parsestrata.report import Report
from parsestrata.sources.source import Source, Sources, open_source


def chunk(
    source: Sources,
    *,
    report: Report | None = None,
    **options: Unpack[OptionValues],
) -> Iterator[Chunk]:
    """Cut one result or many into chunks.

    Args:
        source: A job id, a saved result or a PDF (path, `-`, bytes, open file), a dict, an SDK
            object, or a list or generator of them.
        report: A `Report()` that is filled on the way, complete with the last chunk.
        **options: Fields of `Options`.

    Yields:
        Chunks in reading order.

    Raises:
        ConfigError: An option is wrong; before the first chunk.
        ParseStrataError: A source cannot be read.
    """
    loading = Loading(Options(**options), report)
    pairs = loading.chunks(as_sources(source))
    return (chunk for chunk, _ in pairs)


def outline(source: Source, **options: Unpack[OptionValues]) -> tuple[Section, ...]:
    """Read the tree of sections of one result.

    Args:
        source: As for `chunk`.
        **options: Fields of `Options`; `repair_headings` matters here.

    Returns:
        The sections at the root, each with its pages and those below it.
    """
    made = Options(**options)
    return Conversion(open_source(source, made), made).outline()


def sections(
    source: Source,
    *,
    max_section_tokens: int | None = None,
    **options: Unpack[OptionValues],
) -> list[DocumentSection]:
    """Read the sections of one result, whole: what a hit in a chunk is a part of.

    Args:
        source: As for `chunk`.
        max_section_tokens: A larger section is left out, and the chunks right below it
            stand alone; None for no limit.
        **options: Fields of `Options`; with those of the chunks, `chunk_ids` names
            them.

    Returns:
        Sections in reading order, an outer one before those in it. Each chunk is in
        the `chunk_ids` of one: the nearest section that holds all of it.

    Raises:
        ConfigError: An option is wrong.
        ParseStrataError: The source cannot be read, or holds no items.
    """
    made = Options(**options)
    conversion = Conversion(open_source(source, made), made)
    return cut_with_sections(conversion, max_section_tokens=max_section_tokens)[1]


def tables(source: Source, **options: Unpack[OptionValues]) -> Iterator[DocumentTable]:
    """Read the tables of one result, whole, whatever the chunks hold of them.

    Args:
        source: As for `chunk`.
        **options: Fields of `Options`; with those of the chunks, `parts` names them.

    Yields:
        Tables in reading order, those merged over pages once.

    Raises:
        ConfigError: An option is wrong; before the first table.
        ParseStrataError: The source cannot be read, or holds no items.
    """
    made = Options(**options)
    return extract_tables(Conversion(open_source(source, made), made))
