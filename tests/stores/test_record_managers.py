"""`index()` with record managers on disk, of langchain-classic and -community."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.indexing import index
from langchain_core.vectorstores import InMemoryVectorStore

import building as b
from parsestrata.langchain import LlamaParseLoader, chunk_key

SECTIONS = 12


def report(changed: int | None = None) -> b.Json:
    """Make a result of one chunk a section, each on a page of its own."""
    words = ["drip" if number == changed else "water" for number in range(SECTIONS)]
    pages = [
        b.page(number, b.heading(f"Section {number}"), b.text(b.words(150, word)))
        for number, word in enumerate(words, 1)
    ]
    return b.result(*pages)


@pytest.fixture(
    params=[
        "langchain_classic.indexes._sql_record_manager",
        "langchain_community.indexes._sql_record_manager",
    ],
    ids=["classic", "community"],
)
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """Return a record manager in a file of SQLite."""
    module = pytest.importorskip(request.param)
    url = f"sqlite:///{tmp_path / 'records.sqlite'}"
    made = module.SQLRecordManager("tests", db_url=url)
    made.create_schema()
    yield made
    made.engine.dispose()


def run(records: Any, store: InMemoryVectorStore, source: Any) -> tuple[int, int, int]:
    """Index, and return what was added, deleted and skipped."""
    counts = index(
        LlamaParseLoader(source),
        records,
        store,
        batch_size=5,
        cleanup="scoped_full",
        source_id_key="source",
        key_encoder=chunk_key,
    )
    return counts["num_added"], counts["num_deleted"], counts["num_skipped"]


def test_only_what_changed_is_embedded(records: Any) -> None:
    store = InMemoryVectorStore(DeterministicFakeEmbedding(size=4))

    first = run(records, store, report())
    second = run(records, store, report())
    third = run(records, store, report(changed=5))

    assert first == (SECTIONS, 0, 0)
    assert second == (0, 0, SECTIONS)
    assert third == (1, 1, SECTIONS - 1)
    documents = LlamaParseLoader(report(changed=5)).load()
    assert set(store.store) == {document.id for document in documents}
