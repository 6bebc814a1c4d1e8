"""Items and chunks -> sections, whole: what a hit in a chunk is a part of."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import accumulate

import msgspec
from msgspec import Struct

from parsestrata.chunking.binding import Path
from parsestrata.chunking.chunk import Chunk, Origin, heading_path, make_uuid
from parsestrata.chunking.chunker import gather
from parsestrata.chunking.citation import Citation, cite_chunk
from parsestrata.chunking.packing import Packer, join
from parsestrata.chunking.pieces import Writer
from parsestrata.chunking.tokens import resolve_counter
from parsestrata.document.model import Item
from parsestrata.options import Options


class DocumentSection(Struct, frozen=True, kw_only=True):
    """One section of a document, whole: from its heading to its end.

    The sections below it are in it. Each table is there once, whatever the chunks
    repeat.
    """

    whole: Chunk
    """Text, pages, boxes and tables, as of one chunk of any size; its `index` is that
    of the first chunk in it."""
    parent_id: str
    """Of the section around it, "" when there is none."""
    chunk_ids: tuple[str, ...]
    """The chunks whose parent it is, in reading order."""
    child_ids: tuple[str, ...]
    """The same, and the sections right below it, in reading order."""

    @property
    def id(self) -> str:
        """UUID made of document, heading path and how often that came before.

        The content is not in it: a section that was changed keeps its id, so that
        chunks which stayed the same still lead to it.
        """
        return self.whole.id

    @property
    def text(self) -> str:
        """Markdown of all its items, its heading first."""
        return self.whole.body

    @property
    def page_number(self) -> int:
        """First page, 1-based."""
        return self.whole.page_number

    @property
    def page_end(self) -> int:
        """Last page."""
        return self.whole.page_end

    @property
    def heading_path(self) -> tuple[str, ...]:
        """Titles from the root to its own; () for what stands before the first one."""
        return tuple([heading.text for heading in self.whole.headings])

    @property
    def citation(self) -> Citation:
        """Document, pages, heading path and boxes."""
        return cite_chunk(self.whole)


class _Branch:
    """A section in the making: a run of items, and what is in it."""

    __slots__ = (
        "children",
        "chunk_ids",
        "depth",
        "first_chunk",
        "id",
        "parent",
        "path",
        "start",
        "stop",
    )

    def __init__(self, start: int, path: Path, parent: "_Branch | None") -> None:
        self.start = start
        self.stop = start
        """Half-open; it grows."""
        self.path = path
        self.parent = parent
        self.depth: int = parent.depth + 1 if parent else 0
        self.id = ""
        self.first_chunk: int | None = None
        """None for a section that holds no chunk: its heading went to another one."""
        self.chunk_ids: list[str] = []
        self.children: list[tuple[int, str]] = []
        """Where each begins, and its id."""


def make_sections(
    items: Sequence[tuple[Item, Path]],
    chunks: Iterable[Chunk],
    origin: Origin,
    options: Options,
    *,
    document: str,
    max_tokens: int | None = None,
) -> list[DocumentSection]:
    """Make the sections that hold the chunks of a document.

    The parent of a chunk is the nearest section that holds all of it but the
    headings at its top: of one that several small sections were merged into, the
    section above them. A chunk that no section holds, or only one that is left out,
    stands alone, as a section of its own.

    Args:
        items: All that are kept, each with the headings above it.
        chunks: All of them, in reading order.
        origin: Where they come from.
        options: Those of the chunks.
        document: Id of the document, mixed into those of its sections.
        max_tokens: A section with more in its items is left out; None for no limit.

    Returns:
        Sections in reading order, an outer one before those in it. Their texts are as
        long together as the document times the depth of its headings.
    """
    return _SectionMaker(items, origin, options, document, max_tokens).make(chunks)


class _SectionMaker:
    """Grows the tree of sections, hangs the chunks on it and writes each section."""

    def __init__(
        self,
        items: Sequence[tuple[Item, Path]],
        origin: Origin,
        options: Options,
        document: str,
        max_tokens: int | None,
    ) -> None:
        self._items = [item for item, _ in items]
        self._origin = origin
        self._namespace = options.namespace
        self._document = document
        self._most = max_tokens
        count = resolve_counter(options.count_tokens)
        writer = Writer(count, options.table_format)
        self._packer = Packer(writer, options, origin.file_name)
        if max_tokens is None:
            writer = Writer(_count_nothing, options.table_format)
        self._pieces = [writer.write(item) for item in self._items]
        self._before = [0, *accumulate([piece.tokens for piece in self._pieces])]
        self._owners = _grow(items)
        self._branches = list(dict.fromkeys(self._owners))
        self._identify()

    def make(self, chunks: Iterable[Chunk]) -> list[DocumentSection]:
        index = {item.position: number for number, item in enumerate(self._items)}
        placed: list[tuple[int, DocumentSection]] = []
        for chunk in chunks:
            numbers = [index[position] for position in chunk.items]
            branch = self._holder(numbers)
            if branch is None:
                placed.append((numbers[0], self._stand_alone(chunk)))
            else:
                self._hang(branch, numbers[0], chunk)
        placed += [
            (branch.start, self._write(branch, branch.first_chunk))
            for branch in self._branches
            if branch.first_chunk is not None
        ]
        return [section for _, section in sorted(placed, key=_place)]

    def _identify(self) -> None:
        seen: Counter[str] = Counter()
        for branch in self._branches:
            path = heading_path(branch.path)
            branch.id = self._make_id("section", path, str(seen[path]))
            seen[path] += 1

    def _make_id(self, *parts: str) -> str:
        return make_uuid(self._namespace, "\x1f".join([self._document, *parts]))

    def _holder(self, numbers: Sequence[int]) -> _Branch | None:
        """Find the nearest section around items, the headings at their top aside."""
        texts = (number for number in numbers if not self._items[number].level)
        first = next(texts, numbers[-1])
        branch = _common(self._owners[first], self._owners[numbers[-1]])
        return branch if self._fits(branch) else None

    def _fits(self, branch: _Branch | None) -> bool:
        if branch is None or self._most is None:
            return branch is not None
        return self._before[branch.stop] - self._before[branch.start] <= self._most

    def _hang(self, branch: _Branch, start: int, chunk: Chunk) -> None:
        """Hang a chunk on its section, and that on the one around it, once."""
        branch.chunk_ids.append(chunk.id)
        branch.children.append((max(start, branch.start), chunk.id))
        inner, outer = branch, branch.parent
        while inner.first_chunk is None:
            inner.first_chunk = chunk.index
            if outer is None or not self._fits(outer):
                break
            outer.children.append((inner.start, inner.id))
            inner, outer = outer, outer.parent

    def _write(self, branch: _Branch, first_chunk: int) -> DocumentSection:
        pieces = self._pieces[branch.start : branch.stop]
        outer = branch.parent
        children = sorted(branch.children, key=_place)
        whole = Chunk(
            id=branch.id,
            origin=self._origin,
            body=join([piece.text for piece in pieces]),
            context=self._packer.context(branch.path),
            headings=branch.path,
            heading_path=heading_path(branch.path),
            page_label=pieces[0].item.page.label,
            tables=tuple([p.table for p in pieces if p.table is not None]),
            index=first_chunk,
            **gather([piece.item for piece in pieces]),
        )
        return DocumentSection(
            whole=whole,
            parent_id=outer.id if outer is not None and self._fits(outer) else "",
            chunk_ids=tuple(branch.chunk_ids),
            child_ids=tuple([identity for _, identity in children]),
        )

    def _stand_alone(self, chunk: Chunk) -> DocumentSection:
        identity = self._make_id("chunk", chunk.id)
        return DocumentSection(
            whole=msgspec.structs.replace(chunk, id=identity),
            parent_id="",
            chunk_ids=(chunk.id,),
            child_ids=(chunk.id,),
        )


def _grow(items: Sequence[tuple[Item, Path]]) -> list[_Branch]:
    """Return the innermost section of each item.

    What stands before the first heading is a section without one.
    """
    owners: list[_Branch] = []
    branch: _Branch | None = None
    for number, (item, path) in enumerate(items):
        if item.level or branch is None:
            outer = branch if branch is not None and branch.path else None
            while outer is not None and len(outer.path) >= len(path):
                outer = outer.parent
            branch = _Branch(number, path, outer)
        owners.append(branch)
        around: _Branch | None = branch
        while around is not None:
            around.stop = number + 1
            around = around.parent
    return owners


def _common(one: _Branch, other: _Branch) -> _Branch | None:
    """Return the nearest section around both, None when there is none."""
    left: _Branch | None = one
    right: _Branch | None = other
    while left is not right and left is not None and right is not None:
        if left.depth >= right.depth:
            left = left.parent
        else:
            right = right.parent
    return left if left is right else None


def _place(placed: tuple[int, object]) -> int:
    return placed[0]


def _count_nothing(_text: str) -> int:
    return 0
