"""The tables of a result, whole, and from a passage to the tables it holds rows of."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import msgspec
from msgspec import Struct

from parsestrata.chunking.binding import Block, Path, bind
from parsestrata.chunking.chunk import Chunk
from parsestrata.chunking.chunker import bind_items, pack_blocks, prepare_items
from parsestrata.chunking.citation import Citation, cite
from parsestrata.chunking.pieces import Writer
from parsestrata.conversion.conversion import Conversion
from parsestrata.conversion.splits import split_result
from parsestrata.conversion.tables.document_table import DocumentTable, TableChunk
from parsestrata.conversion.tables.titles import read_texts
from parsestrata.document.model import Item, Table
from parsestrata.document.outline import heading_text
from parsestrata.errors import AccountingError, AllPagesFailedError, ConfigError

__all__ = [
    "DocumentTable",
    "TableChunk",
    "extract_tables",
    "find_tables",
    "rows_of",
    "tables_among",
]

_ALONG_HEADINGS = frozenset({"chunk", "result"})
"""Values of `split` whose chunks, now or later in a pipeline, are cut along headings."""


class _Found(Struct, kw_only=True):
    """A table, and as much as is known of the chunks it is in."""

    block: Block
    item: Item
    table: Table
    holder: Chunk | None = None
    parts: list[TableChunk] = []


def extract_tables(conversion: Conversion) -> Iterator[DocumentTable]:
    """Yield the tables of a result in reading order, each when all of it is known.

    Args:
        conversion: The result and its options, those of the chunks that `parts` name.

    Raises:
        MissingContentError: The result holds no items.
        PageFailedError: A page failed and `on_failed_page="raise"`; before the first
            table.
        AllPagesFailedError: There is no table, and no page that was parsed.
    """
    tables = _number(_gather(conversion), conversion.origin.source)
    must_be_whole = conversion.options.on_failed_page == "raise"
    yield from list(tables) if must_be_whole else tables
    report = conversion.report
    if conversion.options.on_failed_page == "warn" and report.nothing_was_parsed:
        page, reason = next(iter(report.failed_pages.items()))
        raise AllPagesFailedError(report.source, page, reason)


def tables_among(
    items: Iterable[tuple[Item, Path]], chunks: Sequence[Chunk], writer: Writer
) -> Iterator[DocumentTable]:
    """Yield the tables among items that were read and cut already.

    Args:
        items: All that are kept, each with the headings above it.
        chunks: All chunks of them, along headings.
        writer: Counts how short a line above a table is.
    """
    waiting: dict[int, _Found] = {}
    blocks = bind((writer.write(item), path) for item, path in items)
    for _ in _note_tables(blocks, waiting):
        pass
    source = chunks[0].origin.source if chunks else ""
    return _number(_place(chunks, waiting, _held_along(waiting)), source)


def find_tables(
    passage: Any, tables: Iterable[DocumentTable]
) -> tuple[DocumentTable, ...]:
    """Find the tables that a passage holds or holds rows of.

    They are known by the chunk's id where `tables` was given the options that the
    chunks were made with, else by their boxes, which any options leave alone.

    Args:
        passage: A Document, a node or its score, a chunk, their metadata, a
            `Citation`, or a chunk's id alone.
        tables: Of one document or many.

    Returns:
        In the order of `tables`; () for a passage without a table.

    Raises:
        ConfigError: It has no metadata, or they are no chunk's.
    """
    known = list(tables)
    cited = _cite(passage)
    found = [table for table in known if _parts_in(table, cited)]
    if not found and cited.regions:
        found = [table for table in known if _stands_within(table, cited)]
    return tuple(found)


def rows_of(passage: Any, table: DocumentTable) -> DocumentTable:
    """Take the rows of a table that a passage holds, as a selection of it.

    Args:
        passage: As for `find_tables`.
        table: One that `find_tables` found.

    Raises:
        ConfigError: The passage is none of the table's `parts`: `tables` was given
            other options than the chunks.
    """
    parts = _parts_in(table, _cite(passage))
    if not parts:
        message = (
            "the passage is in none of the table's chunks: give `tables` the source "
            "and the options that the chunks were made with"
        )
        raise ConfigError(message)
    runs = [range(part.first_row, part.last_row + 1) for part in parts if part.last_row]
    if not runs:
        return table
    numbers = table.row_numbers or range(1, len(table.rows) + 1)
    wanted = {row for run in runs for row in run}
    return table.select([at for at, n in enumerate(numbers, 1) if n in wanted])


def _cite(passage: Any) -> Citation:
    if isinstance(passage, Citation):
        return passage
    if isinstance(passage, str):
        return Citation(source="", page_number=0, page_end=0, chunk_id=passage)
    return cite(passage)


def _parts_in(table: DocumentTable, cited: Citation) -> list[TableChunk]:
    return [part for part in table.parts if part.chunk_id == cited.chunk_id]


def _stands_within(table: DocumentTable, cited: Citation) -> bool:
    """Say whether a passage has all boxes of a table of the same document."""
    if table.citation.source != cited.source or not table.regions:
        return False
    return set(table.regions) <= set(cited.regions)


def _number(found: Iterable[_Found], source: str) -> Iterator[DocumentTable]:
    for number, one in enumerate(found, 1):
        yield _describe(number, one, source)


def _gather(conversion: Conversion) -> Iterator[_Found]:
    """Read the document once along its headings, and again for any other split."""
    options, report = conversion.options, conversion.report
    waiting: dict[int, _Found] = {}
    items = prepare_items(conversion.items(), options, report)
    blocks = _note_tables(bind_items(items, options), waiting)
    if options.split in _ALONG_HEADINGS:
        chunks = pack_blocks(blocks, conversion.origin, options, report)
        return _place(chunks, waiting, _held_along(waiting))
    for _ in blocks:
        pass
    positions = iter(list(waiting))
    chunks = split_result(_read_again(conversion))
    return _place(
        chunks, waiting, lambda chunk: [*islice(positions, len(chunk.tables))]
    )


def _held_along(waiting: dict[int, _Found]) -> Callable[[Chunk], list[int]]:
    """Find a chunk's tables by position, as chunks along headings have them."""
    return lambda chunk: [n for n in chunk.items if n in waiting]


def _read_again(conversion: Conversion) -> Conversion:
    """Start over on the same result, without a second word on what failed."""
    options = conversion.options
    if options.on_failed_page != "placeholder":
        options = options.model_copy(update={"on_failed_page": "skip"})
    return Conversion(conversion.result, options)


def _note_tables(
    blocks: Iterable[Block], waiting: dict[int, _Found]
) -> Iterator[Block]:
    """Hand blocks on, and remember those of tables by their position."""
    for block in blocks:
        item = block.core.item if block.core else None
        if item is not None and item.table is not None:
            waiting[item.position] = _Found(block=block, item=item, table=item.table)
        yield block


def _place(
    chunks: Iterable[Chunk],
    waiting: dict[int, _Found],
    held_by: Callable[[Chunk], list[int]],
) -> Iterator[_Found]:
    """Yield each table once a chunk without it comes after those with its rows.

    Args:
        chunks: All of them, in reading order.
        waiting: Tables by position, in reading order; taken out when yielded.
        held_by: Finds the positions of a chunk's tables, in order.
    """
    for chunk in chunks:
        held = held_by(chunk)
        for position, part in zip(held, chunk.tables, strict=True):
            found = waiting[position]
            found.holder = found.holder or chunk
            rows = {"first_row": part.first_row, "last_row": part.last_row}
            found.parts.append(TableChunk(chunk_id=chunk.id, **rows))
        while waiting:
            position, first = next(iter(waiting.items()))
            if position in held or not first.parts:
                break
            yield waiting.pop(position)
    yield from waiting.values()


def _describe(number: int, found: _Found, source: str) -> DocumentTable:
    table = found.table
    texts = read_texts(found.block, table.rows[0] if table.rows else ())
    return DocumentTable(
        number=number,
        header=table.rows[0] if table.rows else (),
        rows=table.rows[1:],
        title=texts.title,
        caption=texts.caption,
        note=texts.note,
        citation=_locate(found, source),
        merged_pages=table.merged_pages,
        concerns=table.concerns,
        csv=table.csv,
        html=table.html,
        parts=tuple(found.parts),
    )


def _locate(found: _Found, source: str) -> Citation:
    """Say where a table stands: its own pages, titles and boxes.

    A heading right above that is only a unit or a date is in its caption, and no
    title above it.
    """
    item, holder = found.item, found.holder
    if holder is None:
        raise AccountingError(source, lost=(item.position,), doubled=())
    titles = [heading.text for heading in found.block.path]
    lead = [piece.item for piece in found.block.lead if piece.item.level]
    taken = {heading_text(item.plain) for item in lead}
    while titles and titles[-1] in taken:
        titles.pop()
    return msgspec.structs.replace(
        cite(holder),
        page_number=min(item.pages),
        page_end=max(item.pages),
        page_label=item.page.label,
        heading_path=tuple(titles),
        regions=item.regions,
    )
