"""The tables of a result, whole: each with its caption, its place and its parts."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec
from msgspec import Struct

from parsestrata.chunking.binding import CAPTION_LABELS, Block, Path, bind
from parsestrata.chunking.chunk import Chunk
from parsestrata.chunking.chunker import chunk_prepared, prepare_items
from parsestrata.chunking.citation import Citation, cite
from parsestrata.chunking.packing import join
from parsestrata.chunking.pieces import Writer
from parsestrata.chunking.tokens import resolve_counter
from parsestrata.conversion.conversion import Conversion
from parsestrata.document.geometry import Region
from parsestrata.document.model import Item, Table
from parsestrata.document.outline import heading_paths


class TableChunk(Struct, frozen=True, kw_only=True):
    """A chunk that holds a table or some of its rows."""

    chunk_id: str
    first_row: int
    """1-based among the rows below the header; 0 when there are none."""
    last_row: int
    """Inclusive; 0 when there are none."""


class DocumentTable(Struct, frozen=True, kw_only=True):
    """One table of a document, merged over its pages."""

    number: int
    """1-based, in reading order."""
    header: tuple[str, ...]
    """The first row; () for a table without a cell."""
    rows: tuple[tuple[str, ...], ...]
    """The rows below the header, cells as the parser wrote them, "" for blank ones."""
    caption: str
    """Title, unit and caption: the short lines right above it and its caption below;
    "" when there are none."""
    note: str
    """Footnotes and sources right below it, "" when there are none."""
    citation: Citation
    """Document, pages, heading path and boxes; `chunk_id` of the first part."""
    merged_pages: tuple[int, ...] = ()
    """Pages it was merged from, () when it stands on one."""
    concerns: tuple[str, ...] = ()
    """What the parser doubts, by type."""
    csv: str = ""
    """All of it, as the parser wrote it."""
    html: str = ""
    """The same; merged cells are told here only. "" when not given."""
    parts: tuple[TableChunk, ...] = ()
    """The chunks it is in, in order: from a hit to its table and back."""

    @property
    def page_number(self) -> int:
        """First page, 1-based."""
        return self.citation.page_number

    @property
    def page_end(self) -> int:
        """Last page."""
        return self.citation.page_end

    @property
    def heading_path(self) -> tuple[str, ...]:
        """Titles above it, root first."""
        return self.citation.heading_path

    @property
    def regions(self) -> tuple[Region, ...]:
        """Its boxes in points from the top left."""
        return self.citation.regions

    @property
    def title(self) -> str:
        """First line of its caption, else the deepest heading; "" without both."""
        line = self.caption.partition("\n")[0]
        return line or (self.heading_path[-1] if self.heading_path else "")


def extract_tables(conversion: Conversion) -> Iterator[DocumentTable]:
    """Yield the tables of a result in reading order.

    Args:
        conversion: The result and its options, those of the chunks that `parts` name.

    Raises:
        MissingContentError: The result holds no items.
        PageFailedError: A page failed and `on_failed_page="raise"`.
    """
    options, report = conversion.options, conversion.report
    items = list(prepare_items(conversion.items(), options, report))
    chunks = chunk_prepared(items, conversion.origin, options, report)
    writer = Writer(resolve_counter(options.count_tokens), options.table_format)
    yield from tables_among(list(heading_paths(items)), chunks, writer)


def tables_among(
    items: Sequence[tuple[Item, Path]], chunks: Iterable[Chunk], writer: Writer
) -> Iterator[DocumentTable]:
    """Yield the tables among items.

    Args:
        items: All that are kept, each with the headings above it.
        chunks: All chunks of them.
        writer: Counts how short a line above a table is.
    """
    positions = {item.position for item, _ in items if item.table is not None}
    parts: dict[int, list[TableChunk]] = {position: [] for position in positions}
    holders: dict[int, Chunk] = {}
    for chunk in chunks:
        held = [position for position in chunk.items if position in positions]
        for position, part in zip(held, chunk.tables, strict=True):
            holders.setdefault(position, chunk)
            rows = {"first_row": part.first_row, "last_row": part.last_row}
            parts[position].append(TableChunk(chunk_id=chunk.id, **rows))
    number = 0
    for block in bind((writer.write(item), path) for item, path in items):
        item = block.core.item if block.core else None
        if item is not None and item.table is not None:
            number += 1
            citation = _cite(item, block.path, holders[item.position])
            own = tuple(parts[item.position])
            yield _describe(number, block, item.table, citation, own)


def _cite(item: Item, path: Path, holder: Chunk) -> Citation:
    """Say where a table stands: its own pages and boxes within those of the chunk."""
    merged = item.table.merged_pages if item.table else ()
    pages = (item.page.number, *merged)
    return msgspec.structs.replace(
        cite(holder),
        page_number=min(pages),
        page_end=max(pages),
        page_label=item.page.label,
        heading_path=tuple([heading.text for heading in path]),
        regions=item.regions,
    )


def _describe(
    number: int,
    block: Block,
    table: Table,
    citation: Citation,
    parts: tuple[TableChunk, ...],
) -> DocumentTable:
    below = [piece.item for piece in block.trail]
    captions = [item for item in below if item.label in CAPTION_LABELS]
    notes = [item for item in below if item.label not in CAPTION_LABELS]
    return DocumentTable(
        number=number,
        header=table.rows[0] if table.rows else (),
        rows=table.rows[1:],
        caption=_text([*[piece.item for piece in block.lead], *captions]),
        note=_text(notes),
        citation=citation,
        merged_pages=table.merged_pages,
        concerns=table.concerns,
        csv=table.csv,
        html=table.html,
        parts=parts,
    )


def _text(items: Iterable[Item]) -> str:
    return join([item.plain or item.text for item in items]).replace("\n\n", "\n")
