"""The retrievers of both frameworks: the chunks of a document found by their words."""

import asyncio
import copy
import pickle
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from langchain_core.documents import Document
from llama_index.core.llms import MockLLM
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.schema import MetadataMode, NodeRelationship

from asking import OTHER, REPORT, HeldFile, SlowFile
from conftest import EXAMPLES
from parsestrata import ParseStrataWarning, Provenance, cite
from parsestrata.errors import ConfigError, FailedSourcesError, SourceError
from parsestrata.langchain import LlamaParseLoader
from parsestrata.langchain import LlamaParseRetriever as DocumentRetriever
from parsestrata.llama_index import LlamaParseReader
from parsestrata.llama_index import LlamaParseRetriever as NodeRetriever

HARBOUR = EXAMPLES / "harbour-water-2025.json"
SMALL: dict[str, Any] = {"max_tokens": 40, "min_tokens": 0, "context": "path"}
"""Options that make a chunk of every section."""

pytestmark = pytest.mark.needs("langchain", "llama-index", "agent")


@pytest.fixture(autouse=True)
def _a_page_may_fail() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ParseStrataWarning)
        yield


def without_score(document: Document) -> Document:
    metadata = {k: v for k, v in document.metadata.items() if k != "score"}
    return document.model_copy(update={"metadata": metadata})


# What is found


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("How much lead was found?", "Water > Quality"),
        ("households using less", "Water > Use"),
        ("a deep harbour", "Water"),
    ],
)
def test_the_section_that_a_query_is_about_comes_first(query: str, path: str) -> None:
    documents = DocumentRetriever(REPORT, **SMALL).invoke(query)
    nodes = NodeRetriever(REPORT, **SMALL).retrieve(query)

    assert documents[0].metadata["heading_path"] == path
    assert nodes[0].node.metadata["heading_path"] == path


def test_documents_are_those_of_the_loader_with_a_score() -> None:
    retriever = DocumentRetriever(HARBOUR, k=50, max_tokens=200)

    found = retriever.invoke("water")

    loaded = {one.id: one for one in LlamaParseLoader(HARBOUR, max_tokens=200).load()}
    scores = [one.metadata["score"] for one in found]
    assert len(found) > 3
    assert [without_score(one) for one in found] == [loaded[one.id] for one in found]
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] > 0


def test_nodes_are_those_of_the_reader_with_a_score() -> None:
    retriever = NodeRetriever(HARBOUR, similarity_top_k=50, max_tokens=200)

    found = retriever.retrieve("water")

    loaded = {
        one.id_: one for one in LlamaParseReader(max_tokens=200).load_nodes(HARBOUR)
    }
    assert len(found) > 3
    assert [one.node for one in found] == [loaded[one.node_id] for one in found]
    assert [one.get_score() for one in found] == sorted(
        [one.get_score() for one in found], reverse=True
    )
    assert all(NodeRelationship.SOURCE in one.node.relationships for one in found)


def test_both_frameworks_find_the_same() -> None:
    documents = DocumentRetriever(HARBOUR, k=4).invoke("pipes of the network")
    nodes = NodeRetriever(HARBOUR, similarity_top_k=4).retrieve("pipes of the network")

    assert [(d.id, d.metadata["score"]) for d in documents] == [
        (n.node_id, n.score) for n in nodes
    ]
    assert [d.page_content for d in documents] == [
        n.node.get_content(MetadataMode.EMBED) for n in nodes
    ]


@pytest.mark.needs("local")
def test_what_is_found_in_a_pdf_can_be_cited(shipped_pdf: Path) -> None:
    (document,) = DocumentRetriever(shipped_pdf, k=1).invoke("rounded rectangles")
    (node,) = NodeRetriever(shipped_pdf, similarity_top_k=1).retrieve(
        "rounded rectangles"
    )

    assert "rect" in document.page_content.casefold()
    assert cite(document) == cite(node)
    assert str(cite(document)).startswith("reportlab-userguide.pdf, p. ")
    assert Provenance.from_metadata(document.metadata).regions


def test_documents_of_several_sources_are_weighed_together() -> None:
    retriever = DocumentRetriever([REPORT, OTHER], k=1, **SMALL)

    first, second = retriever.invoke("the wind"), retriever.invoke("lead")

    assert [one.metadata["source"] for one in first + second] == [
        "air.pdf",
        "water.pdf",
    ]
    assert [job.source for job in retriever.report.jobs] == ["water.pdf", "air.pdf"]


@pytest.mark.parametrize("query", ["", "  ", "?!", "xylophone"], ids=repr)
def test_nothing_is_found_for_nothing(query: str) -> None:
    assert DocumentRetriever(REPORT).invoke(query) == []
    assert NodeRetriever(REPORT).retrieve(query) == []


def test_of_equally_good_passages_the_first_in_the_document_comes_first() -> None:
    retriever = DocumentRetriever([OTHER, OTHER], id_namespace="x", split="item")

    found = retriever.invoke("wind")

    assert [one.metadata["chunk_index"] for one in found] == [1, 1]
    assert len({one.metadata["score"] for one in found}) == 1


def test_what_a_caller_changes_is_not_found_changed() -> None:
    documents, nodes = DocumentRetriever(REPORT), NodeRetriever(REPORT)

    documents.invoke("lead")[0].metadata["page_number"] = 99
    nodes.retrieve("lead")[0].node.metadata["page_number"] = 99

    assert documents.invoke("lead")[0].metadata["page_number"] == 1
    assert nodes.retrieve("lead")[0].node.metadata["page_number"] == 1


# How many


def test_the_number_of_a_call_goes_before_that_of_the_retriever() -> None:
    retriever = DocumentRetriever(HARBOUR, k=3, max_tokens=100)

    async def ask() -> list[Document]:
        return await retriever.ainvoke("water", k=2)

    assert len(retriever.invoke("water")) == 3
    assert len(retriever.invoke("water", k=1)) == 1
    assert len(asyncio.run(ask())) == 2


@pytest.mark.parametrize("k", [0, -1, 1.5, "3", True, None], ids=repr)
def test_a_wrong_number_is_refused(k: Any) -> None:
    with pytest.raises(ConfigError, match=r"^k=.*: a whole number from 1"):
        DocumentRetriever(REPORT, k=k)
    with pytest.raises(ConfigError, match=r"^similarity_top_k=.*a whole number from 1"):
        NodeRetriever(REPORT, similarity_top_k=k)


def test_a_wrong_number_in_a_call_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"k=0: a whole number from 1"):
        DocumentRetriever(REPORT).invoke("lead", k=0)


# Options and failures


def test_options_are_those_of_the_loader() -> None:
    (document,) = DocumentRetriever(
        REPORT, k=1, split="page", metadata="rich", extra_metadata={"team": "blue"}
    ).invoke("lead", config={"metadata": {"traced": True}, "tags": ["blue"]})

    assert document.metadata["team"] == "blue"
    assert document.metadata["heading_path"] == ["Water"]
    with pytest.raises(ConfigError, match="did you mean max_tokens"):
        DocumentRetriever(REPORT, max_token=3)  # type: ignore[call-arg]
    with pytest.raises(ConfigError, match="did you mean max_tokens"):
        NodeRetriever(REPORT, max_token=3)  # type: ignore[call-arg]


def test_a_source_that_cannot_be_read_raises_and_is_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "late.json"
    retriever = DocumentRetriever(path)
    with pytest.raises(SourceError, match="there is no such file"):
        retriever.invoke("lead")
    path.write_bytes(HARBOUR.read_bytes())

    assert retriever.invoke("lead")


def test_of_many_sources_one_that_fails_is_raised_or_reported() -> None:
    sources = [REPORT, "missing.json"]
    with pytest.raises(FailedSourcesError):
        NodeRetriever(sources).retrieve("lead")

    retriever = NodeRetriever(sources, on_failed_job="report")

    assert retriever.retrieve("lead")
    assert list(retriever.report.failed_jobs) == ["missing.json"]


# Many at a time


def ask_document(source: Any) -> Callable[[str], Any]:
    return DocumentRetriever(source).invoke


def ask_node(source: Any) -> Callable[[str], Any]:
    return NodeRetriever(source).retrieve


@pytest.mark.parametrize("make", [ask_document, ask_node], ids=["langchain", "llama"])
def test_twenty_threads_load_once(make: Callable[[Any], Callable[[str], Any]]) -> None:
    file = SlowFile()
    ask = make(file)

    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(ask, ["lead"] * 20))

    assert file.reads == 1
    assert found == [ask("lead")] * 20


@pytest.mark.parametrize("framework", ["langchain", "llama"])
def test_the_event_loop_runs_on_while_a_source_is_loaded(framework: str) -> None:
    file = HeldFile()

    async def ask_and_release() -> list[Any]:
        if framework == "langchain":
            asked = asyncio.ensure_future(DocumentRetriever(file).ainvoke("lead"))
        else:
            asked = asyncio.ensure_future(NodeRetriever(file).aretrieve("lead"))
        await asyncio.sleep(0.05)
        file.release.set()
        return list(await asked)

    assert asyncio.run(ask_and_release())


@pytest.mark.parametrize(
    "change",
    [lambda one: pickle.loads(pickle.dumps(one)), copy.deepcopy],
    ids=["pickle", "deep copy"],
)
@pytest.mark.parametrize("used", [False, True], ids=["new", "used"])
def test_a_retriever_survives(change: Callable[[Any], Any], *, used: bool) -> None:
    documents, nodes = DocumentRetriever(REPORT, k=2), NodeRetriever(REPORT)
    if used:
        documents.invoke("lead")
        nodes.retrieve("lead")

    assert change(documents).invoke("lead") == documents.invoke("lead")
    assert change(nodes).retrieve("lead") == nodes.retrieve("lead")


def test_a_retriever_shows_no_key() -> None:
    retriever = DocumentRetriever(REPORT, k=3, api_key="llx-secret")

    assert repr(retriever) == "LlamaParseRetriever(k=3)"
    assert "secret" not in str(retriever.model_dump())


def test_a_query_engine_answers_with_sources() -> None:
    engine = RetrieverQueryEngine.from_args(
        NodeRetriever(REPORT, similarity_top_k=1, **SMALL), llm=MockLLM()
    )

    response = engine.query("lead in pipes")

    assert "Lead was found in old pipes" in str(response)
    assert str(cite(response.source_nodes[0])) == "water.pdf, p. 1, Water > Quality"
