"""Nodes in the vector stores of LlamaIndex."""

import pytest
from llama_index.core.schema import BaseNode

from stores.frameworks import Chunk
from stores.kinds import Kind
from stores.llama_index_kinds import LLAMA_INDEX, UNDER_HEADING
from stores.opening import OpenStore
from stores.round_trip import RoundTrip, by_chunk_id, each, refused


@each(LLAMA_INDEX)
class TestLlamaIndexStores(RoundTrip):
    def test_nodes_come_back_with_relations_and_hash(
        self, open_filled: OpenStore, chunks: list[Chunk]
    ) -> None:
        went_in = by_chunk_id(chunks)

        for node in open_filled.everything():
            original = went_in[node.metadata["chunk_id"]]
            assert isinstance(node, BaseNode)
            assert isinstance(original, BaseNode)
            assert node.relationships == original.relationships
            assert node.hash == original.hash
            assert node.get_content("embed") == original.get_content("embed")


@each(kind for kind in LLAMA_INDEX if kind.nothing_found)
def test_a_filter_that_lets_nothing_through_raises(
    kind: Kind, open_filled: OpenStore
) -> None:
    arguments = open_filled.arguments(kind.page, p=999)

    assert kind.nothing_found
    with refused(kind.nothing_found):
        open_filled.shelf.find(**arguments)


@each(kind for kind in LLAMA_INDEX if kind.store == "pgvector")
def test_pgvector_takes_a_quote_in_a_filter_for_sql(
    kind: Kind, open_filled: OpenStore
) -> None:
    assert kind.heading != UNDER_HEADING

    with pytest.raises(Exception, match="syntax error"):
        open_filled.find(UNDER_HEADING, paths=["1.3 ReportLab's software"])
