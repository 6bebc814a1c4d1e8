"""Citations of what the retrievers of both frameworks really give back."""

from typing import Any

import numpy as np
import pytest
from langchain_core.documents import Document
from langchain_text_splitters import RecursiveCharacterTextSplitter
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.schema import ImageNode, IndexNode, NodeWithScore, TextNode

import building as b
from parsestrata import chunk, cite
from parsestrata.langchain import LlamaParseLoader
from parsestrata.llama_index import LlamaParseReader

pytestmark = pytest.mark.needs("dev", "langchain", "llama-index")

LONG = b.result(b.page(3, b.heading("Risk"), b.text(b.words(300))))


@pytest.mark.parametrize(
    "wrap",
    [
        lambda metadata: Document("A", metadata=metadata),
        lambda metadata: (Document("A", metadata=metadata), 0.5),
        lambda metadata: TextNode(text="A", metadata=metadata),
        lambda metadata: NodeWithScore(node=TextNode(metadata=metadata), score=0.5),
        lambda metadata: IndexNode(text="A", index_id="x", metadata=metadata),
        lambda metadata: ImageNode(image_path="a.png", metadata=metadata),
    ],
    ids=[
        "Document",
        "with score",
        "TextNode",
        "NodeWithScore",
        "IndexNode",
        "ImageNode",
    ],
)
def test_whatever_a_retriever_gives_cites_the_chunk(wrap: Any) -> None:
    (document,) = LlamaParseLoader(LONG).load()

    citation = cite(wrap(document.metadata))

    assert [citation] == [cite(one) for one in chunk(LONG)]


@pytest.mark.parametrize("kind", [np.int64, np.float32, np.float64])
def test_numbers_of_a_data_frame_are_pages(kind: Any) -> None:
    (document,) = LlamaParseLoader(LONG).load()
    pages = {"page_number": kind(3), "page_end": kind(4)}

    citation = cite(document.metadata | pages)

    assert citation.pages == "p. 3-4"
    assert {type(citation.page_number), type(citation.page_end)} == {int}


def test_a_piece_of_a_chunk_cites_the_chunk() -> None:
    (made,) = chunk(LONG)
    documents = LlamaParseLoader(LONG).load()
    nodes = LlamaParseReader().load_nodes(LONG)
    splitter = RecursiveCharacterTextSplitter(chunk_size=50, chunk_overlap=0)

    cut = splitter.split_documents(documents)
    parsed = SentenceSplitter(
        chunk_size=100,
        chunk_overlap=0,
        chunking_tokenizer_fn=str.split,  # its own downloads data in some releases
    )(nodes)

    assert min(len(cut), len(parsed)) > 1
    for piece in [*cut, *parsed]:
        assert cite(piece) == cite(made)
