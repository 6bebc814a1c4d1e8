"""LangChain's `index()`: what is embedded again, what goes, what stays, by counts."""

import asyncio
import pickle
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal, get_args
from uuid import UUID

import pytest
from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.indexing import InMemoryRecordManager, aindex, index
from langchain_core.vectorstores import InMemoryVectorStore
from langchain_text_splitters import RecursiveCharacterTextSplitter

import building as b
from parsestrata.chunking.metadata import KEYS
from parsestrata.errors import (
    ConfigError,
    FailedSourcesError,
    MalformedJSONError,
    PageFailedError,
)
from parsestrata.langchain import HeadingSplitter, LlamaParseLoader, chunk_key

pytestmark = pytest.mark.needs("langchain")


Cleanup = Literal["incremental", "full", "scoped_full"]
CLEANUPS: tuple[Cleanup, ...] = get_args(Cleanup)
SECTIONS = 12


def report(
    name: str = "water.pdf",
    *,
    sections: int = SECTIONS,
    changed: int | None = None,
    grown: int | None = None,
    **job: Any,
) -> b.Json:
    """Make a result of one chunk a section, four sections a page.

    Args:
        name: Of the document.
        sections: How many.
        changed: A section whose words are others.
        grown: A section that has a second chunk.
        **job: Other values of the job.
    """
    pages = []
    for first in range(0, sections, 4):
        items = []
        for number in range(first, min(first + 4, sections)):
            word = "drip" if number == changed else "water"
            items += [b.heading(f"Section {number}"), b.text(b.words(150, word))]
            if number == grown:
                items.append(b.text(b.words(400, "rain")))
        pages.append(b.page(first // 4 + 1, *items))
    made = b.result(*pages, name=name)
    made["job"] |= job
    return made


class CountingEmbedding(DeterministicFakeEmbedding):
    """Remembers every text that it was asked to embed."""

    seen: list[str] = []  # noqa: RUF012 - a field: each object gets its own

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.seen.extend(texts)
        return super().embed_documents(texts)

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        return self.embed_documents(texts)


class Index:
    """A store, its record manager, and what the last run of `index()` embedded."""

    def __init__(self) -> None:
        self.embedding = CountingEmbedding(size=4)
        self.store = InMemoryVectorStore(self.embedding)
        self.records = InMemoryRecordManager("tests")

    def run(
        self,
        documents: LlamaParseLoader | Iterable[Document],
        cleanup: Cleanup = "scoped_full",
        **more: Any,
    ) -> tuple[int, int, int]:
        """Index, and return what was added, deleted and skipped."""
        self.embedding.seen.clear()
        counts = index(
            documents,
            self.records,
            self.store,
            cleanup=cleanup,
            source_id_key="source",
            key_encoder=chunk_key,
            **more,
        )
        return counts["num_added"], counts["num_deleted"], counts["num_skipped"]

    @property
    def embedded(self) -> list[str]:
        return self.embedding.seen

    def metadata(self) -> dict[str, dict[str, Any]]:
        """Return id -> metadata of all that is in the store."""
        return {key: value["metadata"] for key, value in self.store.store.items()}


@pytest.fixture
def indexed() -> Index:
    """Return an index of one report."""
    made = Index()
    made.run(LlamaParseLoader(report()))
    return made


def load(source: Any, **options: Any) -> list[Document]:
    return LlamaParseLoader(source, **options).load()


def ids(documents: Iterable[Document]) -> set[str]:
    return {document.id or "" for document in documents}


each_cleanup = pytest.mark.parametrize("cleanup", CLEANUPS)


# One document


@each_cleanup
def test_indexing_again_embeds_nothing(cleanup: Cleanup) -> None:
    made = Index()
    loader = LlamaParseLoader(report())

    first = made.run(loader, cleanup)
    embedded = len(made.embedded)
    second = made.run(loader, cleanup)

    assert first == (SECTIONS, 0, 0)
    assert embedded == SECTIONS
    assert second == (0, 0, SECTIONS)
    assert made.embedded == []
    assert set(made.store.store) == ids(loader.load())


def test_indexing_a_real_result_again_embeds_nothing(real_file: Path) -> None:
    made = Index()
    loader = LlamaParseLoader(real_file, max_tokens=128)
    number = len(loader.load())

    first, second = made.run(loader), made.run(loader)

    assert first == (number, 0, 0)
    assert second == (0, 0, number)
    assert made.embedded == []


@each_cleanup
def test_a_changed_section_is_embedded_alone(indexed: Index, cleanup: Cleanup) -> None:
    changed = load(report(changed=5))

    counts = indexed.run(changed, cleanup)

    assert counts == (1, 1, SECTIONS - 1)
    assert indexed.embedded == [changed[5].page_content]
    assert set(indexed.store.store) == ids(changed)


@each_cleanup
def test_a_section_that_grew_leaves_its_neighbours_alone(
    indexed: Index, cleanup: Cleanup
) -> None:
    grown = load(report(grown=5))

    counts = indexed.run(grown, cleanup)

    assert counts == (1, 0, SECTIONS)
    assert indexed.embedded == [grown[6].page_content]
    assert set(indexed.store.store) == ids(grown)


def test_a_chunk_that_was_skipped_keeps_its_old_place(indexed: Index) -> None:
    grown = load(report(grown=5))

    indexed.run(grown)

    stored = indexed.metadata()
    differing = [
        {key for key in KEYS if stored[one.id or ""][key] != one.metadata[key]}
        for one in grown
    ]
    below_on_the_page, on_later_pages = {"chunk_index", "bbox"}, {"chunk_index"}
    assert differing == [set()] * 7 + [below_on_the_page] * 2 + [on_later_pages] * 4


def test_a_forced_update_renews_metadata_too(indexed: Index) -> None:
    grown = load(report(grown=5), extra_metadata={"team": "blue"})

    indexed.run(grown, force_update=True)

    assert len(indexed.embedded) == SECTIONS + 1
    assert indexed.metadata() == {one.id: one.metadata for one in grown}


def test_a_new_page_moves_those_after_it_to_other_keys(indexed: Index) -> None:
    moved = report()
    for page in moved["items"]["pages"][1:]:
        page["page_number"] += 1

    counts = indexed.run(LlamaParseLoader(moved))

    assert counts == (SECTIONS - 4, SECTIONS - 4, 4)


def test_a_document_parsed_again_embeds_nothing(indexed: Index) -> None:
    again = report(id="pjb-anotheranotheranotheranother")
    for page in again["items"]["pages"]:
        for item in page["items"]:
            item["bbox"][0] |= {"x": 71.3, "confidence": 0.7}

    counts = indexed.run(LlamaParseLoader(again))

    assert counts == (0, 0, SECTIONS)


def test_the_async_index_counts_the_same(indexed: Index) -> None:
    counts = asyncio.run(
        aindex(
            LlamaParseLoader(report(changed=5)),
            indexed.records,
            indexed.store,
            cleanup="scoped_full",
            source_id_key="source",
            key_encoder=chunk_key,
        )
    )

    assert (counts["num_added"], counts["num_deleted"]) == (1, 1)
    assert counts["num_skipped"] == SECTIONS - 1


def test_a_raw_result_cut_later_has_the_keys_of_the_loader(indexed: Index) -> None:
    raw = load(report(changed=5), split="result")

    counts = indexed.run(HeadingSplitter().split_documents(raw))

    assert counts == (1, 1, SECTIONS - 1)


# Documents larger than a batch


@pytest.mark.parametrize("cleanup", ["full", "scoped_full"])
def test_a_document_of_many_batches_is_embedded_once(cleanup: Cleanup) -> None:
    made = Index()
    made.run(LlamaParseLoader(report()), cleanup, batch_size=5)

    counts = made.run(LlamaParseLoader(report(changed=5)), cleanup, batch_size=5)

    assert counts == (1, 1, SECTIONS - 1)
    assert len(made.embedded) == 1


def test_incremental_cleanup_embeds_again_what_is_beyond_the_first_batch() -> None:
    made = Index()
    made.run(LlamaParseLoader(report()), "incremental", batch_size=5)

    counts = made.run(LlamaParseLoader(report()), "incremental", batch_size=5)

    assert counts == (SECTIONS - 5, SECTIONS - 5, 5)
    assert set(made.store.store) == ids(load(report()))


# Many documents


@pytest.mark.parametrize(
    ("cleanup", "deleted"), [("full", SECTIONS), ("scoped_full", 0), ("incremental", 0)]
)
def test_chunks_of_a_document_that_has_gone_are_deleted_by_full_alone(
    cleanup: Cleanup, deleted: int
) -> None:
    made = Index()
    made.run(LlamaParseLoader([report("water.pdf"), report("air.pdf")]), cleanup)

    counts = made.run(LlamaParseLoader([report("air.pdf")]), cleanup)

    assert counts == (0, deleted, SECTIONS)
    assert made.embedded == []
    sources = {one["source"] for one in made.metadata().values()}
    assert sources == ({"air.pdf"} if deleted else {"air.pdf", "water.pdf"})


@each_cleanup
def test_a_source_that_cannot_be_read_loses_nothing(cleanup: Cleanup) -> None:
    made = Index()
    made.run(LlamaParseLoader([report("water.pdf"), report("air.pdf")]), cleanup)
    before = set(made.store.store)
    cut = b.dump(report("air.pdf"))[:-100]

    with pytest.raises(FailedSourcesError):
        made.run(LlamaParseLoader([report("water.pdf"), cut]), cleanup)
    with pytest.raises(MalformedJSONError):
        made.run(LlamaParseLoader(cut), cleanup)

    assert set(made.store.store) == before


@pytest.mark.parametrize("cleanup", ["full", "scoped_full"])
def test_a_run_that_broke_off_midway_lost_nothing_and_is_made_good(
    cleanup: Cleanup,
) -> None:
    made = Index()
    made.run(LlamaParseLoader([report("water.pdf"), report("air.pdf")]), cleanup)
    before = set(made.store.store)
    changed = report("water.pdf", changed=5)

    with pytest.raises(FailedSourcesError):
        made.run(LlamaParseLoader([changed, b"{"]), cleanup, batch_size=5)
    broken_off = set(made.store.store)
    counts = made.run(LlamaParseLoader([changed, report("air.pdf")]), cleanup)

    assert broken_off >= before
    assert counts == (0, 1, 2 * SECTIONS)
    assert set(made.store.store) == ids(load([changed, report("air.pdf")]))


def test_incremental_cleanup_that_broke_off_midway_is_made_good_by_the_next_run() -> (
    None
):
    """It deletes after each batch what the batches to come would have kept."""
    made = Index()
    made.run(LlamaParseLoader([report("water.pdf"), report("air.pdf")]), "incremental")
    before = set(made.store.store)

    with pytest.raises(FailedSourcesError):
        made.run(
            LlamaParseLoader([report("water.pdf"), b"{"]), "incremental", batch_size=5
        )
    broken_off = set(made.store.store)
    made.run(LlamaParseLoader([report("water.pdf"), report("air.pdf")]), "incremental")

    assert len(broken_off) == len(before) - SECTIONS % 5
    assert set(made.store.store) == before


@each_cleanup
def test_a_page_that_failed_this_time_keeps_its_chunks_when_it_must_not_fail(
    indexed: Index, cleanup: Cleanup
) -> None:
    before = set(indexed.store.store)
    broken = report()
    broken["items"]["pages"][1] = b.failed_page(2)

    with pytest.raises(PageFailedError, match="page 2"):
        indexed.run(LlamaParseLoader(broken, on_failed_page="raise"), cleanup)
    kept = set(indexed.store.store)
    counts = indexed.run(LlamaParseLoader(broken, on_failed_page="skip"), cleanup)

    assert kept == before
    assert counts == (0, 4, SECTIONS - 4)


def test_two_documents_of_one_name_stand_apart_by_job_id() -> None:
    made = Index()
    jobs = [report(id="pjb-" + "a" * 30), report(id="pjb-" + "b" * 30)]
    loader = LlamaParseLoader(jobs, identity="job_id")

    first, second = made.run(loader), made.run(loader)

    assert first == (2 * SECTIONS, 0, 0)
    assert second == (0, 0, 2 * SECTIONS)


# The key


def cut_small(documents: Sequence[Document], **more: Any) -> list[Document]:
    splitter = RecursiveCharacterTextSplitter(chunk_size=200, chunk_overlap=0, **more)
    return splitter.split_documents(documents)


def test_the_key_of_a_chunk_is_its_id() -> None:
    documents = load(report())

    assert [chunk_key(one) for one in documents] == [one.id for one in documents]


def numbered(section: int = 0) -> b.Json:
    """Make a result of one section whose words are all different."""
    words = " ".join(f"w{number}" for number in range(section, section + 200))
    return b.result(b.page(1, b.heading("Words"), b.text(words)))


def test_each_piece_of_a_chunk_has_a_key_of_its_own() -> None:
    pieces = cut_small(load(numbered()))

    keys = [chunk_key(piece) for piece in pieces]

    assert len(pieces) > 3
    assert {piece.id for piece in pieces} == {None}
    assert len(set(keys)) == len(keys)
    assert keys == [chunk_key(piece) for piece in cut_small(load(numbered()))]
    assert [str(UUID(key)) for key in keys] == keys


def test_equal_pieces_of_a_chunk_are_told_apart_by_where_they_start() -> None:
    pieces = cut_small(load(report(sections=1)), add_start_index=True)

    keys = {chunk_key(piece) for piece in pieces}

    assert len({piece.page_content for piece in pieces}) < len(pieces)
    assert len(keys) == len(pieces)


def test_a_changed_text_changes_the_key_of_a_piece() -> None:
    piece = cut_small(load(numbered()))[0]
    changed = Document(page_content=f"{piece.page_content}!", metadata=piece.metadata)

    assert chunk_key(changed) != chunk_key(piece)


def test_an_id_of_another_kind_does_not_hide_a_changed_text() -> None:
    [document] = load(numbered())
    document.id = "first"
    before = chunk_key(document)

    document.page_content = "Another text."

    assert chunk_key(document) != before


def test_pieces_of_a_splitter_are_indexed_by_counts_too() -> None:
    made = Index()
    options = {"add_start_index": True}
    pieces = cut_small(load(report()), **options)
    changed = cut_small(load(report(changed=5)), **options)
    kept = {chunk_key(one) for one in pieces} & {chunk_key(one) for one in changed}

    first = made.run(pieces)
    second = made.run(pieces)
    third = made.run(changed)

    assert first == (len(pieces), 0, 0)
    assert second == (0, 0, len(pieces))
    assert third == (len(changed) - len(kept), len(pieces) - len(kept), len(kept))
    sections = {
        one.metadata["heading"] for one in changed if chunk_key(one) not in kept
    }
    assert sections == {"Section 5"}


@pytest.mark.parametrize(
    "metadata",
    [
        {"source": "notes.txt"},
        {"source": "notes.txt", "chunk_id": 3},
        {"source": "notes.txt", "chunk_id": "notes-3"},
        {"source": "notes.txt", "chunk_id": "6fa459ea-ee8a-4ca4-894e-db77e160355e"},
    ],
    ids=["none", "number", "word", "random UUID"],
)
def test_a_document_of_others_is_refused(metadata: dict[str, Any]) -> None:
    document = Document(id="x", page_content="Just prose.", metadata=metadata)

    with pytest.raises(ConfigError, match=r"notes\.txt.*not made by this package"):
        chunk_key(document)


def test_a_document_of_others_ends_the_run_before_anything_is_deleted(
    indexed: Index,
) -> None:
    before = set(indexed.store.store)
    prose = Document(page_content="Just prose.", metadata={"source": "water.pdf"})

    with pytest.raises(ConfigError, match="chunk_id=None"):
        indexed.run([prose])

    assert set(indexed.store.store) == before


def test_the_key_goes_to_other_processes() -> None:
    assert pickle.loads(pickle.dumps(chunk_key)) is chunk_key
