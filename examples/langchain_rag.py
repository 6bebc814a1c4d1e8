"""Retrieval with citations in LangChain: from a PDF to a prompt that names its pages.

Runs as it is, with no key and no network; needs `pip install bm25s` besides. Of a model
there is none here: the comment in `main` says where yours goes.
"""

from pathlib import Path
from typing import Any

import bm25s
from langchain_core.documents import Document
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnablePassthrough
from pydantic import PrivateAttr

from parsestrata import cite
from parsestrata.langchain import LlamaParseLoader

PDF = Path(__file__).with_name("reportlab-userguide.pdf")
QUESTION = "How do I encrypt a PDF with a user password and an owner password?"
RULES = (
    "Answer from the numbered passages alone. After each statement put the number of "
    "the passage it rests on, as [1]. Say so when they do not tell."
)
PROMPT = ChatPromptTemplate(
    [("system", RULES), ("human", "{context}\n\nQuestion: {question}")]
)


class LexicalRetriever(BaseRetriever):
    """Finds Documents by the words they share with the question (BM25)."""

    documents: list[Document]
    k: int = 4
    """Most Documents to give."""
    _index: bm25s.BM25 = PrivateAttr(default_factory=bm25s.BM25)

    def model_post_init(self, _context: Any) -> None:
        """Index the Documents."""
        texts = [document.page_content for document in self.documents]
        self._index.index(to_words(texts), show_progress=False)

    def _get_relevant_documents(self, query: str, **_run: Any) -> list[Document]:
        most = min(self.k, len(self.documents))
        found = self._index.retrieve(to_words([query]), k=most, show_progress=False)
        ranked = zip(found.documents[0], found.scores[0], strict=True)
        return [self.documents[number] for number, score in ranked if score > 0]


def to_words(texts: list[str]) -> Any:
    """Cut texts into the words that are compared."""
    return bm25s.tokenize(texts, stopwords="en", show_progress=False)


def write_context(hits: list[Document]) -> str:
    """Number the passages, each under its citation in place of its context line."""
    passages = []
    for number, hit in enumerate(hits, 1):
        _context, _, text = hit.page_content.partition("\n\n")
        passages.append(f"[{number}] {cite(hit)}\n{text}")
    return "\n\n".join(passages)


def main() -> None:
    """Find passages, print the prompt and what its numbers stand for."""
    retriever = LexicalRetriever(documents=LlamaParseLoader(PDF).load())
    chain = {
        "context": retriever | write_context,
        "question": RunnablePassthrough(),
    } | PROMPT  # | your_model | StrOutputParser()
    print(chain.invoke(QUESTION).to_string())

    print("\nSources")
    for number, hit in enumerate(retriever.invoke(QUESTION), 1):
        citation = cite(hit)
        first = citation.regions[0]
        print(f"[{number}] {citation}")
        print(f"    first box: {first.x:.0f}, {first.y:.0f} points from the top left")


if __name__ == "__main__":
    main()
