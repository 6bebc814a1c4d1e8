"""From a hit to its whole section, through the retrievers of both frameworks."""

import json
from pathlib import Path
from typing import Any

import pytest
from langchain_classic.retrievers.multi_vector import MultiVectorRetriever
from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.stores import InMemoryStore
from langchain_core.vectorstores import InMemoryVectorStore
from langchain_text_splitters import RecursiveCharacterTextSplitter
from llama_index.core import MockEmbedding, StorageContext, VectorStoreIndex
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.node_parser import get_leaf_nodes, get_root_nodes
from llama_index.core.retrievers import AutoMergingRetriever, RecursiveRetriever
from llama_index.core.schema import (
    BaseNode,
    IndexNode,
    MetadataMode,
    NodeRelationship,
    NodeWithScore,
    QueryBundle,
    RelatedNodeInfo,
    TextNode,
)
from llama_index.core.storage.docstore import SimpleDocumentStore
from llama_index.core.vector_stores import SimpleVectorStore

import building as b
from parsestrata import chunk, cite, contextualize, sections
from parsestrata.chunking.metadata import KEYS
from parsestrata.errors import ConfigError, SourceError
from parsestrata.langchain import HeadingSplitter, LlamaParseLoader
from parsestrata.llama_index import HeadingNodeParser, LlamaParseReader

pytestmark = pytest.mark.needs("dev", "langchain", "llama-index", "local")

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
REPORT = b.result(
    b.page(
        1,
        b.heading("Water"),
        b.text(b.words(120)),
        b.heading("Use", 2),
        b.text(b.words(150, "tap")),
    ),
    b.page(
        2,
        b.text(b.words(150, "hose")),
        b.text(b.words(150, "well")),
        b.heading("Loss", 2),
        b.text(b.words(150, "leak")),
    ),
    name="water.pdf",
)
SMALL: dict[str, Any] = {"max_tokens": 200}
USE = f"## Use\n\n{b.words(150, 'tap')}\n\n{b.words(150, 'hose')}\n\n{b.words(150, 'well')}"


# LangChain


def test_the_loader_gives_its_documents_and_their_sections() -> None:
    loader = LlamaParseLoader(REPORT, **SMALL)

    documents, held = loader.load_with_sections()

    expected = sections(REPORT, **SMALL)
    assert [d.id for d in documents] == [d.id for d in loader.load()]
    assert [d.page_content for d in documents] == [
        contextualize(c) for c in chunk(REPORT, **SMALL)
    ]
    assert [s.id for s in held] == [s.id for s in expected]
    assert [s.page_content for s in held] == [contextualize(s.whole) for s in expected]
    assert [str(cite(s)) for s in held] == [
        "water.pdf, p. 1-2, Water",
        "water.pdf, p. 1-2, Water > Use",
        "water.pdf, p. 2, Water > Loss",
    ]
    loader.report.verify()


def test_the_metadata_of_a_section_are_those_of_a_chunk_and_its_section() -> None:
    documents, held = LlamaParseLoader(REPORT, **SMALL).load_with_sections()

    water, use, loss = held
    for document in [*documents, *held]:
        assert tuple(document.metadata) == (*KEYS, "section_id")
        assert json.loads(json.dumps(document.metadata)) == document.metadata
    assert [s.metadata["section_id"] for s in held] == ["", water.id, water.id]
    assert [d.metadata["section_id"] for d in documents] == [
        water.id,
        *[use.id] * 3,
        loss.id,
    ]


def test_a_multi_vector_retriever_gives_the_whole_section_once() -> None:
    documents, held = LlamaParseLoader(REPORT, **SMALL).load_with_sections()
    store = InMemoryVectorStore(DeterministicFakeEmbedding(size=8))
    store.add_documents(documents)
    kept = InMemoryStore()
    kept.mset([(str(section.id), section) for section in held])
    retriever = MultiVectorRetriever(
        vectorstore=store, docstore=kept, id_key="section_id", search_kwargs={"k": 5}
    )

    found = retriever.invoke("hose")

    assert sorted(str(one.id) for one in found) == sorted(str(one.id) for one in held)
    (use,) = [one for one in found if one.metadata["heading"] == "Use"]
    assert use.page_content == f"water.pdf > Water > Use\n\n{USE}"


def test_a_hit_that_was_split_further_still_leads_to_its_section() -> None:
    documents, held = LlamaParseLoader(REPORT, **SMALL).load_with_sections()
    splitter = RecursiveCharacterTextSplitter(chunk_size=100, chunk_overlap=0)

    pieces = splitter.split_documents(documents)

    known = {section.id for section in held}
    assert len(pieces) > 2 * len(documents)
    assert {piece.metadata["section_id"] for piece in pieces} == known
    assert {cite(piece).chunk_id for piece in pieces} == {d.id for d in documents}


def test_the_splitter_gives_what_the_loader_gives() -> None:
    raw = LlamaParseLoader(REPORT, split="result").load()
    raw[0].metadata["team"] = "blue"

    documents, held = HeadingSplitter(**SMALL).split_with_sections(raw)

    expected = LlamaParseLoader(REPORT, **SMALL).load_with_sections()
    made = [without(one, "team") for one in [*documents, *held]]
    assert made == [*expected[0], *expected[1]]
    assert {one.metadata["team"] for one in [*documents, *held]} == {"blue"}


def without(document: Document, key: str) -> Document:
    metadata = {k: v for k, v in document.metadata.items() if k != key}
    return document.model_copy(update={"metadata": metadata})


def test_of_two_documents_of_one_name_each_has_sections_of_its_own() -> None:
    other = json.loads(b.dump(REPORT).replace(b"leak", b"drip"))
    raw = LlamaParseLoader([REPORT, other], split="result").load()

    _, loaded = LlamaParseLoader([REPORT, other], **SMALL).load_with_sections()
    _, split = HeadingSplitter(**SMALL).split_with_sections(raw)

    assert len({section.id for section in loaded}) == len(loaded) == 6
    assert [section.id for section in split] == [section.id for section in loaded]


def test_another_split_has_no_sections() -> None:
    with pytest.raises(ConfigError, match="split=\"chunk\", not 'page'"):
        LlamaParseLoader(REPORT, split="page").load_with_sections()


def test_a_limit_that_no_section_keeps_is_refused_before_anything_is_fetched() -> None:
    reader = LlamaParseReader(on_failed_job="report")

    with pytest.raises(ConfigError, match="max_section_tokens=0"):
        reader.load_with_sections(["missing.json", REPORT], max_section_tokens=0)

    assert reader.report.failed_jobs == {}


def test_a_document_that_fails_is_told_and_the_others_come() -> None:
    loader = LlamaParseLoader([b"{", REPORT], on_failed_job="report", **SMALL)
    splitter = HeadingSplitter(on_failed_job="report")

    documents, held = loader.load_with_sections()
    none = splitter.split_with_sections([Document("Just prose.")])

    assert (len(documents), len(held)) == (5, 3)
    assert len(loader.report.failed_jobs) == 1
    assert none == ([], [])
    assert list(splitter.report.failed_jobs) == ["<text>"]
    with pytest.raises(SourceError, match='split="result"'):
        HeadingSplitter().split_with_sections([Document("Just prose.")])


def test_every_chunk_of_the_shipped_pdf_leads_to_its_section(shipped_pdf: Path) -> None:
    documents, held = LlamaParseLoader(shipped_pdf).load_with_sections()

    by_id = {section.id: section for section in held}
    assert (len(documents), len(held)) == (244, 161)
    for document in documents:
        section = by_id[document.metadata["section_id"]]
        here, around = cite(document), cite(section)
        assert around.page_number <= here.page_number
        assert around.page_end >= here.page_end
        assert around.heading_path == here.heading_path[: len(around.heading_path)]


# LlamaIndex


class Fixed(BaseRetriever):
    """Gives the nodes it was given, best first."""

    def __init__(self, nodes: list[TextNode]) -> None:
        self._nodes = nodes
        super().__init__()

    def _retrieve(self, _query: QueryBundle) -> list[NodeWithScore]:
        return [
            NodeWithScore(node=node, score=1.0 / number)
            for number, node in enumerate(self._nodes, 1)
        ]


def ids(nodes: Any) -> list[str]:
    return [node.node_id for node in nodes]


def test_nodes_and_sections_point_at_each_other() -> None:
    nodes, held = LlamaParseReader(**SMALL).load_with_sections(REPORT)

    water, use, loss = held
    assert ids(nodes) == ids(LlamaParseReader(**SMALL).load_nodes(REPORT))
    assert ids(held) == [s.id for s in sections(REPORT, **SMALL)]
    assert [parent(node) for node in nodes] == ids([water, use, use, use, loss])
    assert [parent(section) for section in held] == ["", *ids([water, water])]
    assert ids(water.child_nodes) == ids([nodes[0], use, loss])
    assert ids(use.child_nodes) == ids(nodes[1:4])
    assert use.text == USE
    assert {one.ref_doc_id for one in [*nodes, *held]} == {nodes[0].ref_doc_id}
    assert ids(get_leaf_nodes([*nodes, *held])) == ids(nodes)
    assert ids(get_root_nodes([*nodes, *held])) == [water.node_id]


def parent(node: BaseNode) -> str:
    """Return what PARENT says, which `section_id` says too."""
    related = node.relationships.get(NodeRelationship.PARENT)
    name = related.node_id if isinstance(related, RelatedNodeInfo) else ""
    assert node.metadata["section_id"] == name
    return name


def test_the_text_of_a_section_is_read_in_its_context() -> None:
    _, held = LlamaParseReader(**SMALL).load_with_sections(REPORT)

    text = held[1].get_content(MetadataMode.LLM)

    assert text == f"water.pdf > Water > Use\n\n{USE}"
    assert held[1].get_content(MetadataMode.EMBED) == text


def test_an_auto_merging_retriever_puts_the_section_in_place_of_its_chunks() -> None:
    nodes, held = LlamaParseReader(**SMALL).load_with_sections(REPORT)
    context = StorageContext.from_defaults(docstore=SimpleDocumentStore())
    context.docstore.add_documents([*nodes, *held])
    retriever = AutoMergingRetriever(Fixed([nodes[1], nodes[3], nodes[4]]), context)

    found = retriever.retrieve("taps")

    texts = {str(cite(one)): one.text for one in found}
    assert set(texts) == {"water.pdf, p. 1-2, Water"}
    assert texts["water.pdf, p. 1-2, Water"] == held[0].text


def test_too_few_chunks_of_a_section_are_left_as_they_are() -> None:
    nodes, held = LlamaParseReader(**SMALL).load_with_sections(REPORT)
    context = StorageContext.from_defaults(docstore=SimpleDocumentStore())
    context.docstore.add_documents([*nodes, *held])
    retriever = AutoMergingRetriever(Fixed([nodes[1], nodes[0]]), context)

    found = retriever.retrieve("taps")

    assert sorted(one.node_id for one in found) == sorted(ids([nodes[0], nodes[1]]))


def test_auto_merging_works_over_a_vector_index_of_the_chunks_alone() -> None:
    nodes, held = LlamaParseReader(**SMALL).load_with_sections(REPORT)
    context = StorageContext.from_defaults(docstore=SimpleDocumentStore())
    context.docstore.add_documents([*nodes, *held])
    index = VectorStoreIndex(
        nodes, storage_context=context, embed_model=MockEmbedding(embed_dim=2)
    )
    base = index.as_retriever(similarity_top_k=5)

    found = AutoMergingRetriever(base, context).retrieve("taps")

    assert [one.text for one in found] == [held[0].text]


def test_a_recursive_retriever_follows_a_chunk_to_its_section() -> None:
    nodes, held = LlamaParseReader(**SMALL).load_with_sections(REPORT)
    leads = [IndexNode.from_text_node(node, parent(node)) for node in nodes]
    retriever = RecursiveRetriever(
        "chunks",
        retriever_dict={"chunks": Fixed([leads[2], leads[1]])},
        node_dict={section.node_id: section for section in held},
    )

    found = retriever.retrieve("hoses")

    assert [one.text for one in found] == [USE]
    assert str(cite(found[0])) == "water.pdf, p. 1-2, Water > Use"


def test_a_pipeline_links_its_nodes_to_the_sections_that_the_parser_makes() -> None:
    raw = LlamaParseReader(split="result").load_data(REPORT)
    parser = HeadingNodeParser(sections=True, **SMALL)
    pipeline = IngestionPipeline(
        transformations=[parser, MockEmbedding(embed_dim=2)],
        docstore=SimpleDocumentStore(),
        vector_store=SimpleVectorStore(),
    )

    nodes = pipeline.run(documents=raw)
    same, held = parser.split_with_sections(raw)

    expected, of_reader = LlamaParseReader(**SMALL).load_with_sections(REPORT)
    assert ids(nodes) == ids(same) == ids(expected)
    assert [parent(node) for node in nodes] == [parent(node) for node in expected]
    assert ids(held) == ids(of_reader)
    assert [section.embedding for section in held] == [None] * 3
    assert pipeline.run(documents=raw) == []


def test_a_parser_with_sections_survives_as_its_dict() -> None:
    parser = HeadingNodeParser(sections=True, max_section_tokens=300, max_tokens=100)

    again = HeadingNodeParser.from_dict(parser.to_dict())

    assert (again.sections, again.max_section_tokens) == (True, 300)
    assert again.options == parser.options


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"sections": True, "split": "page"}, "split=\"chunk\", not 'page'"),
        ({"max_section_tokens": 0}, "max_section_tokens=0"),
    ],
    ids=["another split", "no room"],
)
def test_a_parser_refuses_at_once_what_gives_no_sections(
    options: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        HeadingNodeParser(**options)


def test_a_parser_without_neighbours_links_sections_all_the_same() -> None:
    raw = LlamaParseReader(split="result").load_data(REPORT)

    nodes, held = HeadingNodeParser(
        include_prev_next_rel=False, max_section_tokens=500, **SMALL
    ).split_with_sections(raw)

    assert [node.next_node for node in nodes] == [None] * 5
    assert [section.metadata["heading"] for section in held] == ["Water", "Use", "Loss"]
    assert held[0].text == nodes[0].text


def test_every_node_of_the_shipped_pdf_leads_to_its_section(shipped_pdf: Path) -> None:
    nodes, held = LlamaParseReader().load_with_sections(shipped_pdf)

    by_id = {section.node_id: section for section in held}
    assert (len(nodes), len(held)) == (244, 161)
    assert sum(len(section.child_nodes or []) for section in held) == len(nodes) + len(
        [section for section in held if section.parent_node]
    )
    for node in nodes:
        section = by_id[parent(node)]
        assert node.node_id in ids(section.child_nodes)


def test_a_document_without_a_chunk_has_no_sections() -> None:
    empty = b.result(b.page(1))

    assert LlamaParseReader().load_with_sections(empty) == ([], [])
    assert LlamaParseLoader(empty).load_with_sections() == ([], [])


def test_both_frameworks_say_the_same_of_the_shipped_result() -> None:
    path = EXAMPLES / "harbour-water-2025.json"
    options: dict[str, Any] = {"on_failed_page": "skip"}

    documents, of_loader = LlamaParseLoader(path, **options).load_with_sections()
    nodes, of_reader = LlamaParseReader(**options).load_with_sections(path)

    assert [d.metadata for d in documents] == [n.metadata for n in nodes]
    assert [s.metadata for s in of_loader] == [s.metadata for s in of_reader]
    assert [(s.metadata["page_number"], s.metadata["heading"]) for s in of_loader] == [
        (1, "Annual report 2025"),
        (2, "2 Water quality"),
        (3, "3 The network"),
        (4, "3.1 Reading a zone meter"),
        (6, "4 Accounts"),
    ]
