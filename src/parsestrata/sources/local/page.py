"""One page of the engine's -> v2 items, with every run of text in one of them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from parsestrata.sources.local.boxes import Box, hull, to_box
from parsestrata.sources.local.furniture import Furniture, Habits, find_furniture
from parsestrata.sources.local.items import (
    Block,
    Item,
    boxes_of,
    label_captions,
    links_apart,
    make_items,
)
from parsestrata.sources.local.links import Anchor, put_link, read_anchors
from parsestrata.sources.local.lists import Entry, make_lists, read_entries
from parsestrata.sources.local.markup import escape, letters
from parsestrata.sources.local.runs import Frame, Run, line_text, lines, place
from parsestrata.sources.local.tables import cells
from parsestrata.sources.local.tags import Role, heading_level, read_roles

if TYPE_CHECKING:
    from liteparse.types import LayoutBlock, ParsedPage

_LETTER = re.compile(r"[^\W\d_]")
_NO_TEXT = frozenset({"rule", "figure"})


class _Piece(NamedTuple):
    """Items that stand together, and where."""

    box: Box
    items: list[Item]


class Page(NamedTuple):
    """A page as the contract has it."""

    items: list[Item]
    """Header first, footer last."""
    header: str
    """Markdown of the header, "" without one."""
    footer: str
    body: str
    """Markdown of all that is neither."""


def build_page(page: "ParsedPage", runs: Sequence[Run], habits: Habits) -> Page:
    """Make the items of a page.

    Args:
        page: The engine's.
        runs: Of the page, all of them.
        habits: Of the document.
    """
    furniture = find_furniture(page.page_num, page_frame(page), runs, habits)
    roles = read_roles(page.structure_tree.roots) if page.structure_tree else {}
    anchors = read_anchors(page.annotations or (), runs)
    blocks, left_over, kept = _read_blocks(page, runs, anchors, furniture)
    pieces = _make_pieces(blocks, roles)
    for part in _paragraphs(
        [run for run in left_over if id(run) not in furniture.runs]
    ):
        _insert(pieces, part[0][0], _left_over_text(part, anchors))
    items = label_captions([item for piece in pieces for item in piece.items])
    body = "\n\n".join(item["md"] for item in items if item["md"])
    header = _container("header", furniture.header, kept)
    footer = _container("footer", furniture.footer, kept)
    return Page(
        [*header, *items, *footer],
        header[0]["md"] if header else "",
        footer[0]["md"] if footer else "",
        body,
    )


def page_frame(page: "ParsedPage") -> Box:
    """Return the rectangle of the whole page."""
    return Box(0.0, 0.0, page.width, page.height)


# Blocks


def _read_blocks(
    page: "ParsedPage",
    runs: Sequence[Run],
    anchors: Sequence[Anchor],
    furniture: Furniture,
) -> tuple[list[Block], list[Run], set[int]]:
    """Pair blocks with their runs; one that is all furniture is left out.

    Returns:
        The blocks in reading order, the runs of none, and the `id` of those in one.
    """
    sources = [b for b in page.blocks or () if b.kind != "rule" and b.bbox]
    boxes = [to_box(block.bbox) for block in sources if block.bbox]
    texts = [_block_text(block) for block in sources]
    frames = [Frame(b, t, letters(t)) for b, t in zip(boxes, texts, strict=True)]
    by_block, left_over = place(runs, frames)
    owner = {id(run): n for n, own in enumerate(by_block) for run in own}
    blocks: list[Block] = []
    kept: set[int] = set()
    for n, (source, box, own) in enumerate(zip(sources, boxes, by_block, strict=True)):
        if own and all(id(run) in furniture.runs for run in own):
            continue
        kept.update(id(run) for run in own)
        mine = [a for a in anchors if any(owner.get(r) == n for r in a.runs)]
        text, links = _write_links(source, mine)
        crossed = any(owner.get(id(r)) != n and box.holds(r.box) for r in runs)
        around = hull([box, *(run.box for run in own)])
        blocks.append(Block(source, text, around, own, crossed, links))
    return blocks, left_over, kept


def _block_text(block: "LayoutBlock") -> str:
    """Return all the text that a block shows."""
    if block.kind in _NO_TEXT:
        return ""
    if block.kind == "table":
        return "".join(cell.text for row in cells(block) for cell in row)
    return f"{block.marker or ''}{block.text or ''}{''.join(block.lines or ())}"


def _write_links(
    block: "LayoutBlock", anchors: Iterable[Anchor]
) -> tuple[str, list[Anchor]]:
    text, apart = block.text or "", []
    for anchor in anchors:
        linked = put_link(text, anchor) if text else None
        if linked is None:
            apart.append(anchor)
        else:
            text = linked
    return text, apart


def _make_pieces(blocks: Sequence[Block], roles: Mapping[int, Role]) -> list[_Piece]:
    """Make items of blocks, list entries that follow each other into one list."""
    pieces: list[_Piece] = []
    entries: list[Entry] = []
    for block in blocks:
        level = _level(block, roles)
        if block.source.kind == "list_item" and not level and block.runs:
            source = block.source
            marker, depth = source.marker or "", source.level or 0
            entries += read_entries(block.text, marker, depth, block.runs, roles)
            continue
        _close_list(pieces, entries)
        pieces.append(
            _Piece(block.box, [*make_items(block, level), *links_apart(block)])
        )
    _close_list(pieces, entries)
    return pieces


def _close_list(pieces: list[_Piece], entries: list[Entry]) -> None:
    if entries:
        pieces.append(_Piece(hull(e.box for e in entries), make_lists(entries)))
        entries.clear()


def _level(block: Block, roles: Mapping[int, Role]) -> int:
    """Return the level of a block as a heading; a number alone is none."""
    source = block.source
    if source.kind not in {"heading", "paragraph", "list_item"}:
        return 0
    titled = source.kind == "heading" and _LETTER.search(block.text)
    known = (source.level or 1) if titled else 0
    return min(heading_level(block.runs, roles, known), 6)


# What is in no block


def _paragraphs(runs: Sequence[Run]) -> list[list[list[Run]]]:
    """Group lines that stand right below each other."""
    parts: list[list[list[Run]]] = []
    for line in lines(runs):
        box = hull(run.box for run in line)
        above = hull(run.box for run in parts[-1][-1]) if parts else None
        beside = above and above.x < box.right and box.x < above.right
        if above and beside and box.y - above.bottom < box.height:
            parts[-1].append(line)
        else:
            parts.append([line])
    return parts


def _left_over_text(part: Sequence[Sequence[Run]], anchors: Iterable[Anchor]) -> _Piece:
    box = hull(run.box for line in part for run in line)
    own = {id(run) for line in part for run in line}
    text = " ".join(line_text(line) for line in part)
    md = escape(text)
    for anchor in anchors:
        if not anchor.runs.isdisjoint(own):
            md = put_link(md, anchor) or md
    item = {"type": "text", "md": md, "bbox": boxes_of([box], md), "value": text}
    return _Piece(box, [item])


def _insert(pieces: list[_Piece], first: Run, piece: _Piece) -> None:
    """Put a text after the last one that stands above it in its column.

    One that is written sideways goes to the end.
    """
    if first.rotation:
        pieces.append(piece)
        return
    at = 0
    for n, other in enumerate(pieces, 1):
        beside = other.box.x < piece.box.right and piece.box.x < other.box.right
        if beside and other.box.bottom <= piece.box.y + piece.box.height / 2:
            at = n
    pieces.insert(at, piece)


def _container(kind: str, found: Sequence[Sequence[Run]], kept: set[int]) -> list[Item]:
    """Make a header or footer of lines but for what is in a block; [] of nothing."""
    rest = [[run for run in line if id(run) not in kept] for line in found]
    children = [_line(line) for line in rest if line]
    if not children:
        return []
    around = hull(run.box for line in rest for run in line)
    md = "\n\n".join(str(child["md"]) for child in children)
    return [{"type": kind, "md": md, "bbox": [around.to_wire()], "items": children}]


def _line(line: Sequence[Run]) -> Item:
    text = line_text(line)
    box = hull(run.box for run in line).to_wire()
    return {"type": "text", "md": escape(text), "bbox": [box], "value": text}
