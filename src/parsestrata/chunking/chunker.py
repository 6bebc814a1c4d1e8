"""Items -> chunks: the rules in their order, and what each chunk knows."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from parsestrata.chunking.binding import Block, bind
from parsestrata.chunking.chunk import Chunk, Origin, heading_path, make_uuid
from parsestrata.chunking.figures import captioned
from parsestrata.chunking.packing import Packer
from parsestrata.chunking.pieces import Piece, Writer
from parsestrata.chunking.tokens import resolve_counter
from parsestrata.document.model import Heading, Image, Item, Link
from parsestrata.document.outline import heading_paths, repair_headings
from parsestrata.options import Options
from parsestrata.report import DropReason, JobReport

if TYPE_CHECKING:
    from parsestrata.document.geometry import Region

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
    prepared = prepare_items(items, options, report)
    return chunk_prepared(prepared, origin, options, report)


def prepare_items(
    items: Iterable[Item], options: Options, report: JobReport
) -> Iterable[Item]:
    """Leave out what goes into no chunk, and mend headings where that is asked for.

    Args:
        items: All items of the document in reading order.
        options: `include_page_furniture` and `repair_headings`.
        report: Takes the dropped items and the repairs.
    """
    kept = keep_items(items, options, report)
    if options.repair_headings:
        return repair_headings(kept, lambda name: report.repairs.update((name,)))
    return kept


def chunk_prepared(
    items: Iterable[Item], origin: Origin, options: Options, report: JobReport
) -> Iterator[Chunk]:
    """Cut what `prepare_items` left; otherwise as `chunk_items`."""
    return pack_blocks(bind_items(items, options), origin, options, report)


def bind_items(items: Iterable[Item], options: Options) -> Iterator[Block]:
    """Group what `prepare_items` left into blocks that stay together."""
    writer = _make_writer(options)
    return bind((writer.write(item), path) for item, path in heading_paths(items))


def pack_blocks(
    blocks: Iterable[Block], origin: Origin, options: Options, report: JobReport
) -> Iterator[Chunk]:
    """Pack blocks into chunks; otherwise as `chunk_items`."""
    packer = Packer(_make_writer(options), options, origin.file_name)
    maker = ChunkMaker(origin, options, report)
    for draft in packer.pack(blocks):
        yield maker.make(
            draft.pieces,
            path=draft.path,
            context=packer.context(draft.path),
            body=draft.body,
            part=(draft.part, draft.parts),
        )


def _make_writer(options: Options) -> Writer:
    return Writer(resolve_counter(options.count_tokens), options.table_format)


def keep_items(
    items: Iterable[Item], options: Options, report: JobReport
) -> Iterator[Item]:
    """Leave out what goes into no chunk, and say why."""
    for item in items:
        table = item.table
        if table is not None and table.merged_pages:
            report.merged_tables[item.position] = table.merged_pages
        reason = _drop_reason(item, options)
        if reason is None:
            yield item
        else:
            report.drop(item.position, reason)


def _drop_reason(item: Item, options: Options) -> DropReason | None:
    """Say why an item goes into no chunk; None when it does."""
    if item.kind in _FURNITURE and not options.include_page_furniture:
        return _FURNITURE[item.kind]
    if (item.text and item.table is None) or _has_content(item):
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
        self._last_path: tuple[tuple[Heading, ...], str] = ((), "")

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
        path_text = self._join(path)
        gathered = gather(items)
        pages = (gathered["page_number"], gathered["page_end"])
        chunk = Chunk(
            id=self._identify(path_text, pages, part, f"{context}\n\n{body}"),
            origin=self._origin,
            body=body,
            context=context,
            headings=path,
            heading_path=path_text,
            page_label=items[0].page.label,
            tables=tuple([p.table for p in pieces if p.table is not None]),
            index=self._report.chunks,
            part=part[0],
            parts=part[1],
            **gathered,
        )
        self._report.chunks += 1
        return chunk

    def _join(self, path: tuple[Heading, ...]) -> str:
        """Join a path; the one of the chunk before is known."""
        last, text = self._last_path
        if path is not last:
            text = heading_path(path)
            self._last_path = (path, text)
        return text

    def _identify(
        self,
        path: str,
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
                path,
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


def gather(items: Sequence[Item]) -> dict[str, Any]:
    """Gather what items know, in their order: fields of a chunk.

    Its pages are those of the items, and those that a table was merged from.
    """
    regions: list[Region] = []
    images: list[Image] = []
    links: list[Link] = []
    numbers: list[int] = []
    concerns: dict[str, None] = {}
    confidences: list[float] = []
    for number, item in enumerate(items):
        page = item.page
        numbers.append(page.number)
        confidences += (item.confidence, page.confidence)
        regions += item.regions
        images += item.images and captioned(items, number)
        links += item.links
        if item.table is not None:
            numbers += item.table.merged_pages
            concerns |= dict.fromkeys(item.table.concerns)
    return {
        "page_number": min(numbers),
        "page_end": max(numbers),
        "regions": tuple(regions),
        "items": tuple([item.position for item in items]),
        "item_types": tuple(dict.fromkeys([item.kind for item in items])),
        "concerns": tuple(concerns),
        "confidence": min(filter(None, confidences), default=0.0),
        "images": tuple(images),
        "links": tuple(links),
    }
