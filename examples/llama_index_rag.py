"""Retrieval with citations in LlamaIndex: from a PDF to a prompt that names its pages.

Runs as it is, with no key and no network; needs `pip install bm25s` besides. Of a model
there is none here: the comment in `main` says where yours goes.
"""

from pathlib import Path
from typing import Any

import bm25s
from llama_index.core import PromptTemplate
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import (
    MetadataMode,
    NodeWithScore,
    QueryBundle,
    TextNode,
)

from parsestrata import cite
from parsestrata.llama_index import LlamaParseReader

PDF = Path(__file__).with_name("reportlab-userguide.pdf")
QUESTION = "How do I encrypt a PDF with a user password and an owner password?"
PROMPT = PromptTemplate(
    "Answer from the numbered passages alone. After each statement put the number of "
    "the passage it rests on, as [1]. Say so when they do not tell.\n\n"
    "{context_str}\n\nQuestion: {query_str}\nAnswer: "
)


class LexicalRetriever(BaseRetriever):
    """Finds nodes by the words they share with the question (BM25)."""

    def __init__(self, nodes: list[TextNode], similarity_top_k: int = 4) -> None:
        self._nodes = nodes
        self._most = min(similarity_top_k, len(nodes))
        self._index = bm25s.BM25()
        texts = [node.get_content(MetadataMode.EMBED) for node in nodes]
        self._index.index(to_words(texts), show_progress=False)
        super().__init__()

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        words = to_words([query_bundle.query_str])
        found = self._index.retrieve(words, k=self._most, show_progress=False)
        ranked = zip(found.documents[0], found.scores[0], strict=True)
        return [
            NodeWithScore(node=self._nodes[number], score=float(score))
            for number, score in ranked
            if score > 0
        ]


def to_words(texts: list[str]) -> Any:
    """Cut texts into the words that are compared."""
    return bm25s.tokenize(texts, stopwords="en", show_progress=False)


def write_context(hits: list[NodeWithScore]) -> str:
    """Number the passages, each under its citation."""
    return "\n\n".join(
        f"[{number}] {cite(hit)}\n{hit.get_content()}"
        for number, hit in enumerate(hits, 1)
    )


def main() -> None:
    """Find passages, print the prompt and what its numbers stand for."""
    retriever = LexicalRetriever(LlamaParseReader().load_nodes(PDF))
    hits = retriever.retrieve(QUESTION)
    parts = {"context_str": write_context(hits), "query_str": QUESTION}
    print(PROMPT.format(**parts))  # your_model.predict(PROMPT, **parts) answers it

    print("\nSources")
    for number, hit in enumerate(hits, 1):
        citation = cite(hit)
        first = citation.regions[0]
        print(f"[{number}] {citation}  (score {hit.score:.1f})")
        print(f"    first box: {first.x:.0f}, {first.y:.0f} points from the top left")


if __name__ == "__main__":
    main()
