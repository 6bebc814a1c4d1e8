"""LlamaIndex's `IngestionPipeline`: what is embedded again, what goes, by counts."""

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from llama_index.core import MockEmbedding
from llama_index.core.ingestion import (
    DocstoreStrategy,
    IngestionCache,
    IngestionPipeline,
)
from llama_index.core.schema import BaseNode, Document
from llama_index.core.storage.docstore import SimpleDocumentStore
from llama_index.core.vector_stores import SimpleVectorStore

import building as b
from parsestrata.errors import (
    AllPagesFailedError,
    FailedSourcesError,
    MalformedJSONError,
    MissingContentError,
    PageFailedError,
)
from parsestrata.llama_index import HeadingNodeParser, LlamaParseReader, document_id
from parsestrata.options import Options

pytestmark = pytest.mark.needs("llama-index")


SECTIONS = 6


def report(name: str = "water.pdf", *, changed: int | None = None) -> b.Json:
    """Make a result of one chunk a section, a section a page."""
    return b.result(
        *[
            b.page(
                number + 1,
                b.heading(f"Section {number}"),
                b.text(b.words(150, "drip" if number == changed else "water")),
            )
            for number in range(SECTIONS)
        ],
        name=name,
    )


class CountingEmbedding(MockEmbedding):
    """Remembers every text that it was asked to embed."""

    seen: list[str] = []  # noqa: RUF012 - a field: each object gets its own

    def _get_text_embedding(self, text: str) -> list[float]:
        self.seen.append(text)
        return super()._get_text_embedding(text)


class Pipeline:
    """A pipeline with docstore, cache and vector store, and what it embedded last."""

    def __init__(self, **options: Any) -> None:
        self.embedding = CountingEmbedding(embed_dim=2)
        self.store = SimpleVectorStore()
        self.made = IngestionPipeline(
            transformations=[HeadingNodeParser(**options), self.embedding],
            docstore=SimpleDocumentStore(),
            vector_store=self.store,
            cache=IngestionCache(),
            docstore_strategy=DocstoreStrategy.UPSERTS_AND_DELETE,
        )

    def run(self, *sources: Any, **more: Any) -> Sequence[BaseNode]:
        """Read the sources as raw results and run."""
        self.embedding.seen.clear()
        documents = read_raw(list(sources), **more)
        return self.made.run(documents=documents)

    @property
    def stored(self) -> dict[str, str]:
        """Node id -> document id of what is in the vector store."""
        return dict(self.store.data.text_id_to_ref_doc_id)


def read_raw(source: Any, **options: Any) -> list[Document]:
    return LlamaParseReader(split="result", **options).load_data(source)


def expected(*sources: Any) -> dict[str, str]:
    """Return node id -> document id as the reader makes them."""
    nodes = LlamaParseReader().load_nodes(list(sources))
    return {node.node_id: node.ref_doc_id or "" for node in nodes}


# The stories


def test_running_again_embeds_nothing() -> None:
    made = Pipeline()
    sources = report("water.pdf"), report("air.pdf")

    first = made.run(*sources)
    embedded = len(made.embedding.seen)
    second = made.run(*sources)

    assert len(first) == embedded == 2 * SECTIONS
    assert second == []
    assert made.embedding.seen == []
    assert made.stored == expected(*sources)


def test_running_a_real_result_again_embeds_nothing(real_file: Path) -> None:
    made = Pipeline()

    first, second = made.run(real_file), made.run(real_file)

    assert len(first) == len(expected(real_file))
    assert second == []
    assert made.embedding.seen == []
    assert made.stored == expected(real_file)


def test_a_changed_section_embeds_its_document_alone() -> None:
    made = Pipeline()
    made.run(report("water.pdf"), report("air.pdf"))

    after = made.run(report("water.pdf", changed=3), report("air.pdf"))

    assert {node.metadata["source"] for node in after} == {"water.pdf"}
    assert len(made.embedding.seen) == len(after) == SECTIONS
    assert made.stored == expected(report("water.pdf", changed=3), report("air.pdf"))


def test_a_document_that_has_gone_is_deleted() -> None:
    made = Pipeline()
    made.run(report("water.pdf"), report("air.pdf"))

    after = made.run(report("air.pdf"))

    assert after == []
    assert made.embedding.seen == []
    assert made.stored == expected(report("air.pdf"))
    assert set(made.stored.values()) == {document_id("air.pdf", Options())}


def test_a_document_parsed_again_is_another_version() -> None:
    made = Pipeline()
    made.run(report())
    again = report()
    again["job"]["id"] = "pjb-anotheranotheranotheranother"

    after = made.run(again)

    assert len(after) == SECTIONS
    assert made.stored == expected(report())


def test_a_pipeline_that_was_saved_goes_on_where_it_was(tmp_path: Path) -> None:
    made = Pipeline()
    made.run(report("water.pdf"), report("air.pdf"))
    made.made.persist(str(tmp_path))
    again = Pipeline()
    again.made.load(str(tmp_path))

    after = again.run(report("water.pdf", changed=3), report("air.pdf"))

    assert len(again.embedding.seen) == len(after) == SECTIONS


def test_two_documents_of_one_name_stand_apart() -> None:
    namesake = report("water.pdf", changed=3)
    namesake["job"]["id"] = "pjb-another"
    made = Pipeline()
    first = made.run(report("water.pdf"), namesake)
    before = made.stored

    again = made.run(report("water.pdf"), namesake)

    assert len(first) == 2 * SECTIONS
    assert again == []
    assert made.stored == before == expected(report("water.pdf"), namesake)
    assert len(set(before.values())) == 2


def test_chunks_as_documents_are_compared_one_by_one_and_old_ones_stay() -> None:
    """The pipeline asks a vector store to delete by document, which they have none of."""
    embedding, store = CountingEmbedding(embed_dim=2), SimpleVectorStore()
    made = IngestionPipeline(
        transformations=[embedding],
        docstore=SimpleDocumentStore(),
        vector_store=store,
        docstore_strategy=DocstoreStrategy.UPSERTS_AND_DELETE,
    )
    made.run(documents=LlamaParseReader().load_data(report()))
    embedding.seen.clear()

    after = made.run(documents=LlamaParseReader().load_data(report(changed=3)))

    assert len(after) == len(embedding.seen) == 1
    assert len(store.data.text_id_to_ref_doc_id) == SECTIONS + 1


# What fails


@pytest.mark.parametrize(
    ("wrong", "options", "error"),
    [
        (b.dump(report())[:-100], {}, MalformedJSONError),
        (
            b.result(b.page(1, b.text("x")), b.failed_page(2), name="water.pdf"),
            {"on_failed_page": "raise"},
            PageFailedError,
        ),
        (b.result(b.failed_page(1), name="water.pdf"), {}, AllPagesFailedError),
    ],
    ids=["cut short", "failed page", "all pages failed"],
)
@pytest.mark.filterwarnings("ignore::parsestrata.ParseStrataWarning")
def test_what_the_reader_refuses_never_reaches_the_pipeline(
    wrong: Any, options: Any, error: type[Exception]
) -> None:
    made = Pipeline()
    made.run(report("water.pdf"), report("air.pdf"))
    before = made.stored

    with pytest.raises(error):
        made.run(wrong, **options)
    with pytest.raises(FailedSourcesError):
        made.run(report("air.pdf"), wrong, **options)
    after = made.run(report("water.pdf"), report("air.pdf"))

    assert made.stored == before
    assert after == []


def test_what_only_the_parser_refuses_has_left_the_store() -> None:
    """The pipeline deletes before it transforms; what it then forgets is its own."""
    made = Pipeline()
    made.run(report("water.pdf"), report("air.pdf"))
    markdown = {**report("water.pdf"), "items": None, "markdown": b.markdown((1, "x"))}

    with pytest.raises(MissingContentError, match="expand=items"):
        made.run(markdown, report("air.pdf"))

    assert made.stored == expected(report("air.pdf"))


# The cache


def run_cached(
    cache: IngestionCache, documents: Sequence[Document], **options: Any
) -> Sequence[BaseNode]:
    parser = HeadingNodeParser(**options)
    pipeline = IngestionPipeline(transformations=[parser], cache=cache)
    return pipeline.run(documents=list(documents))


def test_the_cache_gives_back_what_was_made() -> None:
    cache, raw = IngestionCache(), read_raw(report())

    first, second = run_cached(cache, raw), run_cached(cache, raw)

    assert [node.to_dict() for node in second] == [node.to_dict() for node in first]


def count_words(text: str, times: int = 1) -> int:
    return len(text.split()) * times


def times(number: int) -> Any:
    return lambda text: len(text.split()) * number


COUNTERS: list[Any] = [
    count_words,
    functools.partial(count_words, times=4),
    functools.partial(count_words, times=5),
    times(6),
    times(7),
    lambda text: len(text) // 2,
    lambda text: len(text) // 1,
    lambda text, half=2: len(text) // half,
    lambda text: sum(3 for _ in text.split()),
    lambda text: sum(8 for _ in text.split()),
]


@pytest.mark.parametrize(
    "sets",
    [
        [{"max_tokens": 150}, {"max_tokens": 300}],
        [{"context": "path"}, {"context": "none"}, {}],
        [{"metadata": "rich"}, {"metadata": "flat"}],
        [{"id_namespace": "a"}, {"id_namespace": "b"}],
        [{"split": "page"}, {"split": "item"}, {"split": "chunk"}],
        [{"include_prev_next_rel": False}, {"include_prev_next_rel": True}],
        [{"extra_metadata": {"team": "a"}}, {"extra_metadata": {"team": "b"}}],
        [{"count_tokens": counter, "max_tokens": 400} for counter in COUNTERS],
    ],
    ids=lambda sets: next(iter(sets[0])),
)
def test_the_cache_never_gives_what_other_options_made(sets: list[Any]) -> None:
    cache, raw = IngestionCache(), read_raw(report())

    for options in sets:
        made = run_cached(cache, raw, **options)
        alone = HeadingNodeParser(**options).get_nodes_from_documents(raw)
        assert [node.to_dict() for node in made] == [node.to_dict() for node in alone]


def test_the_cache_never_gives_the_nodes_of_a_namesake() -> None:
    cache = IngestionCache()
    first, second = read_raw([report(), report()])

    made = [run_cached(cache, [one]) for one in (first, second)]

    sources = [{node.ref_doc_id for node in nodes} for nodes in made]
    assert sources == [{first.id_}, {second.id_}]
    assert first.id_ != second.id_


# Processes


def test_two_processes_give_the_nodes_of_one() -> None:
    raw = read_raw([report("water.pdf"), report("air.pdf")])
    parser = HeadingNodeParser(max_tokens=150, id_namespace="x")
    alone = parser.get_nodes_from_documents(raw)
    made = IngestionPipeline(transformations=[parser], cache=IngestionCache())

    together = made.run(documents=raw, num_workers=2)

    assert len(alone) > 2 * SECTIONS
    assert [n.to_dict() for n in together] == [n.to_dict() for n in alone]
