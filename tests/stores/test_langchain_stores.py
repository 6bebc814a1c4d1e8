"""Documents in the vector stores of LangChain."""

from dataclasses import replace
from pathlib import Path

import pytest

from stores.conftest import Batches
from stores.frameworks import Chunk, LangChainShelf, load
from stores.kinds import Kind, Refusal
from stores.langchain_kinds import LANGCHAIN
from stores.opening import OpenStore, opened
from stores.round_trip import RoundTrip, by_chunk_id, chunk_ids, each, refused
from stores.sources import TITLE

RARE = {"paths": [f"Fees > {TITLE}"]}
"""A heading far from the question."""


@each(LANGCHAIN)
class TestLangChainStores(RoundTrip):
    pass


def only(store: str) -> pytest.MarkDecorator:
    """Run a test for one store."""
    return each([kind for kind in LANGCHAIN if kind.store == store])


@only("FAISS")
def test_the_filter_of_faiss_sees_the_20_nearest_only_unless_told(
    kind: Kind, open_filled: OpenStore
) -> None:
    told = open_filled.find(kind.heading, **RARE)

    untold = open_filled.find(kind.heading.partition(", fetch_k")[0], **RARE)

    assert len(untold) < 20 < len(told)


@only("FAISS")
def test_faiss_is_broken_by_a_load_that_it_refused(
    kind: Kind, open_empty: OpenStore, batches: Batches
) -> None:
    assert isinstance(kind.loaded_twice, Refusal)
    open_empty.shelf.put(batches[0])
    with refused(kind.loaded_twice):
        open_empty.shelf.put(batches[0])

    with pytest.raises(KeyError):
        open_empty.everything()


@only("LanceDB")
def test_lancedb_filters_the_nearest_only_unless_told(
    kind: Kind, open_filled: OpenStore
) -> None:
    [after, before] = [
        open_filled.arguments(code, **RARE)
        for code in (kind.heading.replace("prefilter=True", ""), kind.heading)
    ]

    assert open_filled.shelf.find(4, **after) == []
    assert len(open_filled.shelf.find(4, **before)) == 4


@only("LanceDB")
def test_lancedb_forgets_what_was_there_unless_told(
    kind: Kind, batches: Batches, tmp_path: Path
) -> None:
    untold = replace(kind, opening=kind.opening.replace(', mode="append"', ""))

    with opened(untold, tmp_path, str) as store:
        for batch in (batches[0], batches[2]):
            store.shelf.put(batch)
        found = store.everything()

    assert chunk_ids(found) == chunk_ids(batches[2])


@only("pgvector, PGVector")
@pytest.mark.parametrize("namespace", ["", "other"], ids=["none", "own"])
def test_a_second_collection_of_pgvector_needs_a_namespace(
    kind: Kind, open_empty: OpenStore, namespace: str
) -> None:
    second: list[Chunk] = list(load(kind.framework, "report", id_namespace=namespace))
    open_empty.shelf.put(load(kind.framework, "report"))
    opening = kind.opening.replace("embedding,", 'embedding, collection_name="other",')
    names = dict(open_empty.names)
    exec(opening, names)  # noqa: S102

    other = LangChainShelf(names["store"])
    other.put(second)

    assert set(by_chunk_id(other.find())) == (
        set(by_chunk_id(second)) if namespace else set()
    )
    exec(kind.closing, names)  # noqa: S102
