"""What tests do with a store, the same for both frameworks."""

import copy
from collections.abc import Sequence
from functools import cache
from typing import Any

from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_text_splitters import RecursiveCharacterTextSplitter
from llama_index.core import StorageContext, VectorStoreIndex
from llama_index.core.embeddings import BaseEmbedding
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.schema import BaseNode
from llama_index.core.vector_stores import VectorStoreQuery

from parsestrata.langchain import LlamaParseLoader
from parsestrata.llama_index import LlamaParseReader
from stores.embedding import embed
from stores.kinds import Framework
from stores.sources import SOURCES

MANY = 4000
"""More than there are chunks in any store of these tests."""
QUESTION = "Where is the water measured?"

Chunk = Document | BaseNode


@cache
def load(framework: Framework, source: str, **options: Any) -> Sequence[Chunk]:
    """Make chunks of one of `SOURCES` as users of the framework do, once."""
    options["on_failed_page"] = "skip"
    if framework == "LangChain":
        return tuple(LlamaParseLoader(SOURCES[source], **options).load())
    return tuple(LlamaParseReader(**options).load_nodes(SOURCES[source]))


@cache
def load_documents(framework: Framework, source: str) -> Sequence[Chunk]:
    """Make Documents: those of LangChain a page each, those of LlamaIndex a chunk."""
    if framework == "LangChain":
        return load(framework, source, split="page")
    reader = LlamaParseReader(on_failed_page="skip")
    return tuple(reader.load_data(SOURCES[source]))


@cache
def split(framework: Framework, source: str, *, documents: bool) -> Sequence[Chunk]:
    """Cut chunks or Documents with the splitter that most users have."""
    whole = (load_documents if documents else load)(framework, source)
    if framework == "LangChain":
        recursive = RecursiveCharacterTextSplitter(chunk_size=300, chunk_overlap=30)
        return tuple(recursive.split_documents(whole))
    sentences = SentenceSplitter(chunk_size=512)
    return tuple(sentences.get_nodes_from_documents(whole))


def id_of(chunk: Chunk) -> str | None:
    return chunk.id_ if isinstance(chunk, BaseNode) else chunk.id


def text_of(chunk: Chunk) -> str:
    return chunk.get_content() if isinstance(chunk, BaseNode) else chunk.page_content


class LangChainEmbedding(Embeddings):
    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [embed(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return embed(text)


class LangChainShelf:
    """A VectorStore."""

    embedding = LangChainEmbedding()

    def __init__(self, store: Any) -> None:
        self._store = store

    def put(self, chunks: Sequence[Chunk]) -> None:
        """Add chunks; what was given is not touched."""
        self._store.add_documents(copy.deepcopy(list(chunks)))

    def find(self, how_many: int = MANY, **narrowing: Any) -> list[Chunk]:
        """Search with the arguments of a filter."""
        return list(self._store.similarity_search(QUESTION, k=how_many, **narrowing))

    def count(self) -> int:
        """Count what a search finds, duplicates included."""
        return len(self.find())


class LlamaIndexEmbedding(BaseEmbedding):
    def _get_text_embedding(self, text: str) -> list[float]:
        return embed(text)

    def _get_query_embedding(self, query: str) -> list[float]:
        return embed(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return embed(query)


class LlamaIndexShelf:
    """A vector store under a VectorStoreIndex."""

    embedding = LlamaIndexEmbedding()

    def __init__(self, store: Any) -> None:
        self._store = store
        self._index = VectorStoreIndex(
            [],
            storage_context=StorageContext.from_defaults(vector_store=store),
            embed_model=self.embedding,
        )

    def put(self, chunks: Sequence[Chunk]) -> None:
        """Add chunks; what was given is not touched."""
        self._index.insert_nodes(copy.deepcopy(list(chunks)))

    def find(self, how_many: int = MANY, **narrowing: Any) -> list[Chunk]:
        """Search with the arguments of a filter."""
        retriever = self._index.as_retriever(similarity_top_k=how_many, **narrowing)
        return [found.node for found in retriever.retrieve(QUESTION)]

    def count(self) -> int:
        """Count what a search finds: a retriever would leave duplicates out."""
        query = VectorStoreQuery(query_embedding=embed(QUESTION), similarity_top_k=MANY)
        return len(self._store.query(query).ids)


Shelf = LangChainShelf | LlamaIndexShelf
SHELVES: dict[Framework, type[Shelf]] = {
    "LangChain": LangChainShelf,
    "LlamaIndex": LlamaIndexShelf,
}
