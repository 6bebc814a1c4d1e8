"""Items -> chunks: the rules in their order, and what each chunk knows."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from parsestrata.chunking.binding import bind
from parsestrata.chunking.chunk import Chunk, Origin, heading_path, make_uuid
from parsestrata.chunking.packing import Packer
from parsestrata.chunking.pieces import Piece, Writer
from parsestrata.chunking.tokens import resolve_counter
from parsestrata.document.model import Heading, Item
from parsestrata.document.outline import heading_paths, repair_headings
from parsestrata.options import Options
from parsestrata.report import DropReason, JobReport

_FURNITURE: dict[str, DropReason] = {"header": "page_header", "footer": "page_footer"}


def chunk_items(
    items: Iterable[Item], origin: Origin, options: Options, report: JobReport
) -> Iterator[Chunk]:
    """Cut a document along its headings.

    Memory follows the size of a section's last few blocks, not of the document.

    Args:
        items: All items of the document in reading order.
        origin: Where they come from.
        options: `max_tokens` and its neighbours; connection options are not read.
        report: Takes the dropped items, the repairs and the accounting.

    Yields:
        Chunks in reading order.
    """
    kept = keep_items(items, options, report)
    if options.repair_headings:
        kept = repair_headings(kept, lambda name: report.repairs.update((name,)))
    writer = Writer(resolve_counter(options.count_tokens), options.table_format)
    paired = ((writer.write(item), path) for item, path in heading_paths(kept))
    packer = Packer(writer, options, origin.file_name)
    maker = ChunkMaker(origin, options, report)
    for draft in packer.pack(bind(paired)):
        yield maker.make(
            draft.pieces,
            path=draft.path,
            context=packer.context(draft.path),
            body=draft.body,
            part=(draft.part, draft.parts),
        )


def keep_items(
    items: Iterable[Item], options: Options, report: JobReport
) -> Iterator[Item]:
    """Leave out what goes into no chunk, and say why."""
    for item in items:
        reason = _drop_reason(item, options)
        if item.table is not None and item.table.merged_pages:
            report.merged_tables[item.position] = item.table.merged_pages
        if reason is None:
            yield item
        else:
            report.drop(item.position, reason)


def _drop_reason(item: Item, options: Options) -> DropReason | None:
    """Say why an item goes into no chunk; None when it does."""
    if item.kind in _FURNITURE and not options.include_page_furniture:
        return _FURNITURE[item.kind]
    if _has_content(item):
        return None
    return "merged_into_page" if item.merged_into_page else "empty"


def _has_content(item: Item) -> bool:
    if item.table is not None:
        return any(any(cell.strip() for cell in row) for row in item.table.rows)
    return bool(item.text or any(entry.text for entry in item.entries))


class ChunkMaker:
    """Numbers chunks, gives them their ids and gathers what their items know.

    Args:
        origin: Of all chunks.
        options: For the namespace of the ids.
        report: Takes the accounting.
    """

    def __init__(self, origin: Origin, options: Options, report: JobReport) -> None:
        self._origin = origin
        self._namespace = options.namespace
        self._salt = options.id_namespace
        self._report = report
        self._seen: dict[str, int] = {}

    def make(
        self,
        pieces: list[Piece],
        *,
        path: tuple[Heading, ...] = (),
        context: str = "",
        body: str = "",
        part: tuple[int, int] = (1, 1),
    ) -> Chunk:
        """Make a chunk of pieces.

        Args:
            pieces: In reading order, at least one; a repeated one lends only its text.
            path: Headings above all of it, root first.
            context: The line before the body.
            body: The text of the pieces.
            part: Number and total of a split item's parts.
        """
        items = [piece.item for piece in pieces if not piece.repeated]
        self._report.place(
            [p.item.position for p in pieces if p.part == 1 and not p.repeated],
            [p.item.position for p in pieces if p.part > 1],
        )
        first, last = _pages(items)
        chunk = Chunk(
            id=self._identify(path, (first, last), part, f"{context}\n\n{body}"),
            origin=self._origin,
            body=body,
            context=context,
            headings=path,
            page_number=first,
            page_end=last,
            page_label=items[0].page.label,
            regions=tuple(chain.from_iterable([item.regions for item in items])),
            items=tuple([item.position for item in items]),
            item_types=tuple(dict.fromkeys([item.kind for item in items])),
            tables=tuple([p.table for p in pieces if p.table is not None]),
            concerns=_concerns(items),
            confidence=_lowest_confidence(items),
            images=tuple(chain.from_iterable([item.images for item in items])),
            links=tuple(chain.from_iterable([item.links for item in items])),
            index=self._report.chunks,
            part=part[0],
            parts=part[1],
        )
        self._report.chunks += 1
        return chunk

    def _identify(
        self,
        path: tuple[Heading, ...],
        pages: tuple[int, int],
        part: tuple[int, int],
        text: str,
    ) -> str:
        """Make an id of what the chunk says and where, not of what is around it.

        Item positions stay out, so that a paragraph put in on page 1 leaves the
        ids of later pages alone; a text that comes again on the same page under
        the same headings is told apart by how often it came before.
        """
        key = "\x1f".join(
            [
                self._salt,
                self._origin.source,
                heading_path(path),
                f"{pages[0]}-{pages[1]}",
                f"{part[0]}/{part[1]}",
                text,
            ]
        )
        identity = make_uuid(self._namespace, key)
        times = self._seen.get(identity, 0)
        self._seen[identity] = times + 1
        if times:
            identity = make_uuid(self._namespace, f"{key}\x1f{times}")
        return identity


def _pages(items: Sequence[Item]) -> tuple[int, int]:
    """Find first and last page, those a table was merged from included."""
    numbers = [item.page.number for item in items]
    for item in items:
        if item.table is not None and item.table.merged_pages:
            numbers += item.table.merged_pages
    return min(numbers), max(numbers)


def _concerns(items: Sequence[Item]) -> tuple[str, ...]:
    found = [c for item in items if item.table for c in item.table.concerns]
    return tuple(dict.fromkeys(found))


def _lowest_confidence(items: Sequence[Item]) -> float:
    given = [item.confidence for item in items if item.confidence]
    given += [item.page.confidence for item in items if item.page.confidence]
    return min(given, default=0.0)
