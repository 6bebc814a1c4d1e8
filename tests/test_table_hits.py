"""From what the frameworks' retrievers give back to the table, by job id or file."""

from pathlib import Path
from typing import Any

import pytest
from llama_index.core.schema import NodeWithScore

from conftest import EXAMPLES
from parsestrata import find_tables, rows_of, tables
from parsestrata.langchain import LlamaParseLoader
from parsestrata.llama_index import LlamaParseReader
from parsestrata.options import Split
from parsestrata.sources.store import Store
from serving import serving

pytestmark = pytest.mark.needs("langchain", "llama-index", "server")


HARBOUR = EXAMPLES / "harbour-water-2025.json"
OPTIONS: dict[str, Any] = {"max_tokens": 128, "on_failed_page": "skip"}


@pytest.mark.parametrize("metadata", ["flat", "rich"])
@pytest.mark.parametrize("split", ["chunk", "page", "item", "document"])
def test_each_document_leads_to_the_tables_it_holds(
    split: Split, metadata: Any
) -> None:
    options = {**OPTIONS, "split": split}
    found = list(tables(HARBOUR, **options))
    documents = LlamaParseLoader(HARBOUR, metadata=metadata, **options).load()

    held = [find_tables(document, found) for document in documents]

    with_tables = [bool(one.metadata["has_table"]) for one in documents]
    assert [bool(one) for one in held] == with_tables
    assert {table.number for one in held for table in one} == {1, 2, 3}


def test_a_node_leads_to_its_rows() -> None:
    found = list(tables(HARBOUR, **OPTIONS))
    nodes = LlamaParseReader(**OPTIONS).load_nodes(HARBOUR)
    hits = [NodeWithScore(node=node, score=0.5) for node in nodes]

    rows = [
        (table.number, row)
        for hit in hits
        for table in find_tables(hit, found)
        for row in rows_of(hit, table).row_numbers
    ]

    assert rows == [
        (table.number, row) for table in found for row in range(1, len(table.rows) + 1)
    ]


@pytest.mark.parametrize("split", ["chunk", "page"])
def test_a_job_has_the_tables_of_its_saved_result(split: Split, tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    job_id = store.put(HARBOUR.read_bytes())
    options = {**OPTIONS, "split": split}

    with serving(store) as url:
        fetched = list(tables(job_id, base_url=url, api_key="llx-any", **options))

    assert fetched == list(tables(HARBOUR, **options))
