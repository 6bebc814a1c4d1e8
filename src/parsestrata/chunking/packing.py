"""Blocks -> drafts of chunks: filling, splitting and merging (rules 2, 4 and 5)."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from parsestrata.chunking.binding import Block, Path
from parsestrata.chunking.chunk import context_line
from parsestrata.chunking.pieces import Piece, Writer
from parsestrata.chunking.tokens import is_additive
from parsestrata.errors import ConfigError
from parsestrata.options import Options

_KNOWN_CONTEXTS = 256
_SMALLEST_PART = 4
"""Tokens that a chunk must have left for a split item to begin in it."""
_SMALLEST_FRAMED = 16
"""The same for a table or code right below a heading."""
_SCRAP = 30
"""Tokens below which a chunk says too little to be found on its own."""
_SHRINKING = (1.0, 0.9, 0.75, 0.5, 0.25, 0.1, 0.0)
"""How much of the room is used, in turn, until a counter that gives joined texts
more tokens than the sum of its pieces is content."""


class Draft:
    """A chunk in the making."""

    __slots__ = ("part", "parts", "path", "pieces", "tokens")

    def __init__(self, path: Path) -> None:
        self.path = path
        self.pieces: list[Piece] = []
        self.tokens = 0
        self.part = 1
        self.parts = 1

    def add(self, pieces: Iterable[Piece]) -> None:
        """Put pieces at the end."""
        for piece in pieces:
            self.pieces.append(piece)
            self.tokens += piece.tokens

    @property
    def body(self) -> str:
        """The text of the pieces."""
        return join([piece.text for piece in self.pieces])


def join(texts: Iterable[str]) -> str:
    """Join the texts of a body with a blank line between them."""
    return "\n\n".join([text for text in texts if text]).strip("\n").rstrip()


class Packer:
    """Makes drafts of blocks.

    Args:
        writer: Writes the parts of what is too large, and counts.
        options: Cap, smallest size and context.
        file_name: Name of the document, for the context.
    """

    def __init__(self, writer: Writer, options: Options, file_name: str) -> None:
        self._count = writer.count
        self._additive = is_additive(self._count)
        self._writer = writer
        self._options = options
        self._file_name = file_name
        self._known: dict[Path, tuple[str, int]] = {}
        self._last: tuple[Path | None, tuple[str, int]] = (None, ("", 0))

    def pack(self, blocks: Iterable[Block]) -> Iterator[Draft]:
        """Fill drafts, block by block; merge the small ones with their neighbours."""
        return self._merge(self._fill(blocks))

    def context(self, path: Path) -> str:
        """Write the context line of a path."""
        return self._look_up(path)[0]

    def _look_up(self, path: Path) -> tuple[str, int]:
        """Write and count a context once for all chunks of a section.

        The path of the call before is told by its identity: hashing one takes longer
        than all else here.
        """
        last, known_last = self._last
        if path is last:
            return known_last
        known = self._known.get(path)
        if known is None:
            options = self._options
            line = context_line(
                self._file_name, path, options.context, options.max_tokens, self._count
            )
            cost = self._count(f"{line}\n\n") if line else 0
            if len(self._known) == _KNOWN_CONTEXTS:
                self._known.clear()
            known = self._known[path] = (line, options.max_tokens - cost)
        self._last = (path, known)
        return known

    # Filling

    def _fill(self, blocks: Iterable[Block]) -> Iterator[Draft]:
        draft: Draft | None = None
        for block in blocks:
            if draft is not None and draft.path is not block.path:
                yield draft
                draft = None
            pieces = block.pieces
            if draft is not None and self._fits(draft, pieces):
                draft.add(pieces)
            elif self._fits(Draft(block.path), pieces):
                if draft is not None:
                    yield draft
                draft = Draft(block.path)
                draft.add(pieces)
            else:
                *whole, draft = self._split(draft, block)
                yield from whole
        if draft is not None:
            yield draft

    def _fits(self, draft: Draft, more: Sequence[Piece] = ()) -> bool:
        line, room = self._look_up(draft.path)
        if draft.tokens + _size(more) > room:
            return False
        if self._additive:
            return True
        body = join([piece.text for piece in (*draft.pieces, *more)])
        text = f"{line}\n\n{body}" if line else body
        return self._count(text) <= self._options.max_tokens

    # Splitting

    def _split(self, draft: Draft | None, block: Block) -> list[Draft]:
        """Put a block that is too large for one chunk into several.

        Returns:
            Drafts in order, the last one still open for more.

        Raises:
            ConfigError: The counter gives one character more than the cap.
        """
        room = self._look_up(block.path)[1]
        for share in _SHRINKING:
            drafts = _Splitter(
                self._writer, block.path, max(int(room * share), 1)
            ).split(draft, block, self._options.min_tokens)
            if all(self._fits(d) for d in drafts):
                return drafts
        message = (
            f"max_tokens={self._options.max_tokens} is too small for this counter: "
            "raise it, or set context='none'"
        )
        raise ConfigError(message)

    # Merging

    def _merge(self, drafts: Iterable[Draft]) -> Iterator[Draft]:
        """Merge drafts below `min_tokens` with a neighbour (rule 4).

        Forward or backward, whichever shares the deeper path; a draft that has
        reached `min_tokens` takes no more.
        """
        before: Draft | None = None
        current: Draft | None = None
        for following in drafts:
            if current is None:
                current = following
                continue
            if current.tokens < self._options.min_tokens:
                back = self._merged(before, current)
                onward = self._merged(current, following)
                if onward and not (back and len(back.path) > len(onward.path)):
                    current = onward
                    continue
                if back:
                    before, current = back, following
                    continue
            if before is not None:
                yield before
            before, current = current, following
        if current is not None and current.tokens < self._options.min_tokens:
            back = self._merged(before, current)
            if back:
                before, current = back, None
        yield from [draft for draft in (before, current) if draft is not None]

    def _merged(self, first: Draft | None, second: Draft) -> Draft | None:
        """Join two neighbours under their common path; None when that does not fit."""
        if first is None or (first.parts > 1 and second.parts > 1):
            return None
        if first.tokens + second.tokens > self._options.max_tokens:
            return None
        path = first.path
        if path is not second.path:
            path = _common(path, second.path)
        if not path and self._would_lose_its_path(first, second):
            return None
        merged = Draft(path)
        merged.add(first.pieces)
        merged.add(second.pieces)
        if not self._fits(merged):
            return None
        split = first if first.parts > 1 else second
        merged.part, merged.parts = split.part, split.parts
        return merged

    def _would_lose_its_path(self, first: Draft, second: Draft) -> bool:
        """Say whether a large section would pay for a small one with its path.

        Two neighbours that share no heading merge when both are small, or when one is
        a scrap.
        """
        if not first.path and not second.path:
            return False
        smaller, larger = sorted((first.tokens, second.tokens))
        return smaller >= _SCRAP and larger >= self._options.min_tokens


class _Repeated(msgspec.Struct, frozen=True):
    """What the parts of a table say again, so that each can be read alone."""

    lead: list[Piece] = []
    """Stands in the first part and is repeated in all others."""
    below: list[Piece] = []
    """Stands in the last part and is repeated in all before it."""
    tail: int = 0
    """Tokens of what else comes after the last part."""


class _Splitter:
    """Spreads one large block over drafts.

    Args:
        writer: Writes items whole and in parts.
        path: Of the block.
        room: Tokens of a body.
    """

    def __init__(self, writer: Writer, path: Path, room: int) -> None:
        self._writer = writer
        self._path = path
        self._room = room

    def split(self, draft: Draft | None, block: Block, min_tokens: int) -> list[Draft]:
        """Go on in `draft` when it is small, else close it and begin a new one."""
        drafts = []
        prefix = [*block.heads, *block.lead]
        opened = Draft(self._path)
        if draft is not None:
            size = draft.tokens + _size(prefix)
            small = draft.tokens < min_tokens and draft.parts == 1
            fits = size <= self._room // 2 and self._frame_fits(block, draft.tokens)
            if small and fits:
                opened.add(draft.pieces)
            else:
                drafts.append(draft)
        drafts.append(opened)
        if _size(prefix) > self._room // 2:
            for piece in prefix:
                self._place(drafts, piece)
            prefix = []
        else:
            opened.add(prefix)
        if block.core is not None:
            self._place_core(drafts, block.core, self._repeated(block, prefix))
        for piece in block.trail:
            self._place(drafts, piece)
        return [d for d in drafts if d.pieces]

    def _frame_fits(self, block: Block, before: int) -> bool:
        """Say whether what stands before a table takes no room from its header."""
        if block.core is None:
            return True
        frame = self._writer.frame_tokens(block.core.item)
        around = [*block.heads, *block.lead, *_captions(block.trail)]
        room = self._room - _size(around)
        return frame <= (room - before) // 2 or frame > room // 2

    def _repeated(self, block: Block, prefix: list[Piece]) -> _Repeated:
        """Choose what the parts of a table say again: lead lines and captions."""
        trail = block.trail
        if block.core is None or block.core.table is None:
            return _Repeated(tail=_size(trail))
        lead = prefix[len(block.heads) :]
        below = _captions(trail)
        if _size(lead) + _size(below) > self._room // 2:
            return _Repeated(tail=_size(trail))
        return _Repeated(
            lead=[_again(piece) for piece in lead],
            below=[_again(piece) for piece in below],
            tail=_size(trail) - _size(below),
        )

    def _place(self, drafts: list[Draft], piece: Piece) -> None:
        """Put a piece at the end, in parts when it is too large."""
        last = drafts[-1]
        if last.tokens + piece.tokens <= self._room:
            last.add([piece])
        elif piece.tokens <= self._room:
            self._begin(drafts).add([piece])
        else:
            self._place_core(drafts, piece, _Repeated())

    def _place_core(
        self, drafts: list[Draft], core: Piece, repeated: _Repeated
    ) -> None:
        """Write a piece in numbered parts, the first one into the last draft."""
        last = drafts[-1]
        most = self._room - self._least(last, core)
        if last.tokens + _size(repeated.below) > most or last.parts > 1:
            last = self._begin(drafts)
        room = self._room - _size(repeated.below)
        parts = self._writer.write_parts(
            core.item, room - last.tokens, room - _size(repeated.lead), repeated.tail
        )
        for number, piece in enumerate(parts, 1):
            if number > 1:
                last = self._begin(drafts)
                last.add(repeated.lead)
            if number < len(parts):
                last.add(repeated.below)
            last.add([piece])
            last.part, last.parts = number, len(parts)

    def _least(self, last: Draft, core: Piece) -> int:
        """Return the room below which an item is not begun in the last draft.

        Tables and code want half a chunk, since each part repeats its frame; below
        a heading that would stand alone they take less.
        """
        if core.table is None and core.item.kind != "code":
            return max(self._room // 8, _SMALLEST_PART)
        half = self._room // 2
        if not last.pieces or not last.pieces[-1].item.level:
            return half
        return min(
            half, max(2 * self._writer.frame_tokens(core.item), _SMALLEST_FRAMED)
        )

    def _begin(self, drafts: list[Draft]) -> Draft:
        drafts.append(Draft(self._path))
        return drafts[-1]


def _again(piece: Piece) -> Piece:
    return Piece(piece.text, piece.tokens, piece.item, repeated=True)


def _captions(pieces: Iterable[Piece]) -> list[Piece]:
    return [piece for piece in pieces if piece.item.label == "caption"]


def _size(pieces: Iterable[Piece]) -> int:
    return sum([piece.tokens for piece in pieces])


def _common(one: Path, other: Path) -> Path:
    """Return the headings that two paths share from the root."""
    shared = 0
    for left, right in zip(one, other, strict=False):
        if (left.text, left.level) != (right.text, right.level):
            break
        shared += 1
    return one[:shared]
