"""What every store is asked: chunks in, out again, narrowed, twice, rich, cut."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from parsestrata import Provenance
from parsestrata.chunking.chunk import PATH_SEPARATOR
from stores.conftest import Batches
from stores.frameworks import Chunk, id_of, load, load_documents, split, text_of
from stores.kinds import Kind, Refusal
from stores.opening import OpenStore
from stores.sources import COLUMNS, ROWS, SOURCES, TITLE

STEP = 5
"""Where every fifth of many chunks will do."""
PAGES = (1, 2, 3, 7, 40, 133, 999)
HEADINGS = (
    "Annual report 2025 > 3 The network",
    "Chapter 2 Graphics and Text with pdfgen",
    'Chapter 2 Graphics and Text with pdfgen > 2.4 The tools: the "draw" operations',
    "Chapter 1 Introduction > 1.3 ReportLab's commercial software",
    "Fees",
    f"Fees > {TITLE}",
)


def typed(metadata: dict[str, Any], without: Iterable[str] = ()) -> dict[str, Any]:
    """Put each value beside its type: 1, 1.0 and True are equal in Python."""
    return {k: (type(v), v) for k, v in metadata.items() if k not in without}


def by_chunk_id(chunks: Iterable[Chunk]) -> dict[str, Chunk]:
    return {chunk.metadata["chunk_id"]: chunk for chunk in chunks}


def chunk_ids(chunks: Iterable[Chunk]) -> Counter[str]:
    return Counter(chunk.metadata["chunk_id"] for chunk in chunks)


def is_on(page_number: int, metadata: dict[str, Any]) -> bool:
    return bool(metadata["page_number"] <= page_number <= metadata["page_end"])


def is_under(heading_path: str, metadata: dict[str, Any]) -> bool:
    path = metadata["heading_path"].split(PATH_SEPARATOR)
    wanted = heading_path.split(PATH_SEPARATOR)
    return bool(path[: len(wanted)] == wanted)


def assert_back_again(kind: Kind, put: Sequence[Chunk], found: Sequence[Chunk]) -> None:
    """Demand that metadata came back as they went in, but for what the kind says."""
    went_in = by_chunk_id(put)
    assert len(found) == len(put)
    for one in found:
        original = went_in[one.metadata["chunk_id"]]
        before, after = original.metadata, one.metadata
        assert typed(after, kind.adds + kind.replaces) == typed(before, kind.replaces)
        assert {key for key in after if key not in before} == set(kind.adds)
        assert all(after[key] != before[key] for key in kind.replaces)


def refused(how: Refusal) -> pytest.RaisesExc[Exception]:
    """Expect an error of the store's own."""
    return pytest.raises(Exception, check=how.fits)


def assert_filters(
    store: OpenStore, code: str, values: dict[str, Any], right: Counter[str]
) -> None:
    """Demand that a filter lets through what the table says."""
    does = store.kind.filters
    if isinstance(does, Refusal):
        with refused(does):
            store.find(code, **values)
        return
    expected = {"right": right, "ignored": chunk_ids(store.everything())}[does]
    assert chunk_ids(store.find(code, **values)) == expected


def each(kinds: Iterable[Kind]) -> pytest.MarkDecorator:
    """Run tests once for each kind, deaf to what only its own packages warn of."""
    params = [
        pytest.param(
            kind,
            id=kind.name,
            marks=[pytest.mark.filterwarnings(f"ignore:{text}") for text in kind.warns],
        )
        for kind in kinds
    ]
    return pytest.mark.parametrize("kind", params, indirect=True, scope="session")


class RoundTrip:
    """What every store is asked; subclasses say for which kinds."""

    def test_chunks_come_back_with_their_metadata(
        self, kind: Kind, open_filled: OpenStore, chunks: list[Chunk]
    ) -> None:
        found = open_filled.everything()

        assert_back_again(kind, chunks, found)
        assert chunk_ids(found) == chunk_ids(chunks)

    def test_chunks_come_back_with_text_and_id(
        self, kind: Kind, open_filled: OpenStore, chunks: list[Chunk]
    ) -> None:
        found = by_chunk_id(open_filled.everything())

        for chunk_id, chunk in by_chunk_id(chunks).items():
            assert text_of(found[chunk_id]) == text_of(chunk)
            assert (id_of(found[chunk_id]) == chunk_id) == kind.gives_ids

    def test_boxes_come_back_as_boxes(
        self, open_filled: OpenStore, chunks: list[Chunk]
    ) -> None:
        went_in = by_chunk_id(chunks)

        read = [
            Provenance.from_metadata(one.metadata) for one in open_filled.everything()
        ]

        for one in read:
            original = Provenance.from_metadata(went_in[one.chunk_id].metadata)
            assert one.regions == original.regions
            assert {region.page_number for region in one.regions} <= set(
                range(one.page_number, one.page_end + 1)
            )
        assert sum(len(one.regions) for one in read) > len(chunks)

    @pytest.mark.parametrize("p", PAGES)
    def test_the_page_filter_does_what_the_table_says(
        self, open_filled: OpenStore, chunks: list[Chunk], p: int
    ) -> None:
        right = chunk_ids(chunk for chunk in chunks if is_on(p, chunk.metadata))

        assert_filters(open_filled, open_filled.kind.page, {"p": p}, right)

    @pytest.mark.parametrize("h", HEADINGS)
    def test_the_heading_filter_does_what_the_table_says(
        self, open_filled: OpenStore, chunks: list[Chunk], h: str
    ) -> None:
        under = [chunk for chunk in chunks if is_under(h, chunk.metadata)]
        paths = sorted({chunk.metadata["heading_path"] for chunk in under})

        assert paths
        assert_filters(
            open_filled,
            open_filled.kind.heading,
            {"h": h, "paths": paths},
            chunk_ids(under),
        )

    def test_loading_twice_does_what_the_table_says(
        self, kind: Kind, open_empty: OpenStore, batches: Batches
    ) -> None:
        batch = batches[0]
        open_empty.shelf.put(batch)

        if isinstance(kind.loaded_twice, Refusal):
            with refused(kind.loaded_twice):
                open_empty.shelf.put(batch)
            return
        open_empty.shelf.put(batch)

        times = {"once": 1, "twice": 2}[kind.loaded_twice]
        assert open_empty.count() == times * len(batch)
        assert set(by_chunk_id(open_empty.everything())) == set(by_chunk_id(batch))

    def test_what_is_said_to_keep_duplicates_out_does(
        self, kind: Kind, open_empty: OpenStore, batches: Batches
    ) -> None:
        first, *_, other = batches
        for batch in (first, other):
            open_empty.shelf.put(batch)

        open_empty.run(kind.before_again, chunks=first)
        open_empty.shelf.put(first)

        kept_out = kind.before_again or kind.loaded_twice == "once"
        times = 1 if kept_out else 2
        assert open_empty.count() == times * len(first) + len(other)
        assert set(by_chunk_id(open_empty.everything())) == set(
            by_chunk_id([*first, *other])
        )

    def test_a_whole_table_of_200_rows_goes_in_as_one_chunk(
        self, kind: Kind, open_empty: OpenStore
    ) -> None:
        whole = load(kind.framework, "fees", max_tokens=10**6, metadata_budget=0)

        if isinstance(kind.whole_table, Refusal):
            with refused(kind.whole_table):
                open_empty.shelf.put(whole)
            return
        open_empty.shelf.put(whole)

        [table] = [one for one in open_empty.everything() if one.metadata["has_table"]]
        lines = table.metadata["table_csv"].splitlines()
        assert [line.count(",") for line in lines] == [COLUMNS - 1] * (ROWS + 1)
        assert table.metadata["table_rows"] == f"1-{ROWS}"
        assert_back_again(kind, whole, open_empty.everything())

    @pytest.mark.parametrize("documents", [False, True], ids=["chunks", "documents"])
    def test_metadata_survive_the_splitter_that_most_people_have(
        self, kind: Kind, open_empty: OpenStore, *, documents: bool
    ) -> None:
        make = load_documents if documents else load
        whole = [one for source in SOURCES for one in make(kind.framework, source)]
        pieces = [
            piece
            for source in SOURCES
            for piece in split(kind.framework, source, documents=documents)
        ]

        open_empty.shelf.put(pieces[::STEP])

        went_in = by_chunk_id(whole)
        assert len(pieces) > len(whole)
        assert set(by_chunk_id(pieces)) == set(went_in)
        found = open_empty.everything()
        assert chunk_ids(found) == chunk_ids(pieces[::STEP])
        for piece in found:
            original = went_in[piece.metadata["chunk_id"]]
            assert typed(piece.metadata, kind.adds + kind.replaces) == typed(
                original.metadata, kind.replaces
            )

    def test_rich_metadata_do_what_the_table_says(
        self, kind: Kind, open_empty: OpenStore
    ) -> None:
        batches = [
            load(kind.framework, source, metadata="rich")[::STEP] for source in SOURCES
        ]

        if isinstance(kind.rich, Refusal):
            with refused(kind.rich):
                open_empty.shelf.put(batches[0])
            return
        for batch in batches:
            open_empty.shelf.put(batch)

        chunks = [chunk for batch in batches for chunk in batch]
        assert_back_again(kind, chunks, open_empty.everything())
