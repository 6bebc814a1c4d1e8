"""Pieces -> blocks: what must stay together (rules 3 and 7)."""

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from parsestrata.chunking.pieces import Piece
from parsestrata.document.model import Heading, Item
from parsestrata.document.outline import is_false_heading

MOST_LEAD_LINES = 3
LONGEST_LEAD_LINE = 25
"""Tokens."""
_LONGEST_INTRODUCTION = 150
"""Tokens of a text that ends with a colon and introduces what follows."""
_LONGEST_NOTE = 100
"""Tokens of a text below a table that reads like a note without being labelled so."""
CAPTION_LABELS = frozenset({"caption", "figure_title"})
_NOTE_LABELS = frozenset({"footnote"})
_NOTE = re.compile(
    r"<sup>|(?:data )?sources?\b|notes?\b|data:|see accompanying\b", re.IGNORECASE
)
_FIGURE_LABELS = frozenset({"chart", "image", "figure"})

Path = tuple[Heading, ...]


class Block(Struct, frozen=True, kw_only=True, gc=False):
    """A core piece with what may not be torn from it."""

    path: Path
    heads: tuple[Piece, ...]
    """Headings that stand right above."""
    lead: tuple[Piece, ...] = ()
    """Short lines above a table, a caption, the line that introduces a list."""
    core: Piece | None = None
    """None for headings with nothing below them at a document's end."""
    trail: tuple[Piece, ...] = ()
    """Caption and notes below a table or a figure."""

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """All of them in reading order."""
        core = () if self.core is None else (self.core,)
        return (*self.heads, *self.lead, *core, *self.trail)


def bind(paired: Iterable[tuple[Piece, Path]]) -> Iterator[Block]:
    """Group pieces into blocks.

    - A heading waits for the next block, over section ends if need be.
    - A table takes the short lines right above it, its caption and its notes.
    - A figure takes its caption, a list the line that introduces it.

    Args:
        paired: Whole items as pieces, in reading order, with their heading path.

    Yields:
        Blocks that hold every piece once, in order.
    """
    return _Binder().bind(paired)


class _Binder:
    """Holds what waits: headings and three lines for a core, a table for its notes."""

    def __init__(self) -> None:
        self._path: Path = ()
        self._heads: list[Piece] = []
        self._lines: list[Piece] = []
        self._opened: Block | None = None

    def bind(self, paired: Iterable[tuple[Piece, Path]]) -> Iterator[Block]:
        for piece, path in paired:
            opened = self._opened
            if opened is not None:
                if path is opened.path and _trails(opened, piece):
                    self._opened = _with_trail(opened, piece)
                    continue
                self._opened = None
                yield opened
            if piece.item.level:
                yield from self._release(len(self._lines))
                self._heads.append(piece)
            self._path = path
            if not piece.item.level:
                yield from self._add(piece)
        if self._opened is not None:
            yield self._opened
        yield from self._release(len(self._lines))
        if self._heads:
            yield Block(path=self._path, heads=tuple(self._heads))

    def _add(self, piece: Piece) -> Iterator[Block]:
        """Let a line wait, or make a block of a core and the lines that are its."""
        if _waits(piece):
            if len(self._lines) == MOST_LEAD_LINES:
                yield from self._release(1)
            self._lines.append(piece)
            return
        if self._lines:
            yield from self._release(len(self._lines) - self._leading(piece.item))
        block = self._take(piece)
        if _takes_trail(piece.item):
            self._opened = block
        else:
            yield block

    def _leading(self, core: Item) -> int:
        """Count the waiting lines, from the last one up, that belong to the core."""
        if core.kind == "list":
            return min(len(self._lines), 1)
        if not _takes_trail(core):
            return 0
        number = 0
        for line in reversed(self._lines):
            short = core.kind == "table" and line.tokens <= LONGEST_LEAD_LINE
            if line.item.page is not core.page or not (short or _is_caption(line)):
                break
            number += 1
        return number

    def _take(self, core: Piece) -> Block:
        heads, lead = self._heads, self._lines
        if core.item.kind == "table":
            while (
                heads
                and len(lead) < MOST_LEAD_LINES
                and heads[-1].item.page is core.item.page
                and is_false_heading(heads[-1].item.plain)
            ):
                lead.insert(0, heads.pop())
        block = Block(path=self._path, heads=tuple(heads), lead=tuple(lead), core=core)
        self._heads, self._lines = [], []
        return block

    def _release(self, number: int) -> Iterator[Block]:
        """Let the first waiting lines go as blocks of their own."""
        for _ in range(number):
            line = self._lines.pop(0)
            yield Block(path=self._path, heads=tuple(self._heads), core=line)
            self._heads = []


def _waits(piece: Piece) -> bool:
    """Say whether a text may belong to the table, figure or list below it."""
    if piece.item.kind != "text":
        return False
    return (
        piece.tokens <= LONGEST_LEAD_LINE
        or _is_caption(piece)
        or (piece.tokens <= _LONGEST_INTRODUCTION and piece.text.endswith(":"))
    )


def _is_caption(piece: Piece) -> bool:
    return piece.item.label in CAPTION_LABELS


def _takes_trail(item: Item) -> bool:
    """Say whether an item is a table or a figure; flowcharts come as code."""
    if item.kind == "code":
        return item.language == "mermaid" or item.label in _FIGURE_LABELS
    return item.kind in {"table", "image"}


def _trails(block: Block, piece: Piece) -> bool:
    """Say whether a text right below a table or figure is its caption or a note."""
    core, item = block.core, piece.item
    if core is None or item.page is not core.item.page:
        return False
    if item.kind == "link":
        return bool(block.trail)
    if item.kind != "text":
        return False
    if _is_caption(piece):
        return not any(_is_caption(other) for other in (*block.lead, *block.trail))
    return item.label in _NOTE_LABELS or (
        piece.tokens <= _LONGEST_NOTE and _NOTE.match(item.text) is not None
    )


def _with_trail(block: Block, piece: Piece) -> Block:
    return Block(
        path=block.path,
        heads=block.heads,
        lead=block.lead,
        core=block.core,
        trail=(*block.trail, piece),
    )
