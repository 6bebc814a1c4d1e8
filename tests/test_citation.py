"""Citations: from what a retriever gives back to the page and the box."""

import math
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

import building as b
from parsestrata import Chunk, chunk, cite, to_rich
from parsestrata.chunking.metadata import KEYS, to_metadata
from parsestrata.errors import ConfigError
from parsestrata.options import Options
from parsestrata.report import JobReport


def two_page_chunk() -> Chunk:
    pages = [
        b.page(3, b.heading("Risk factors"), b.heading("Market risk", 2), b.text("A")),
        b.page(4, b.text("B")),
    ]
    (made,) = chunk(b.result(*pages))
    return made


def describe(made: Chunk) -> dict[str, Any]:
    return to_metadata(made, Options(), JobReport("report.pdf", ""))


def test_a_citation_prints_as_one_writes_it() -> None:
    citation = cite(two_page_chunk())

    assert str(citation) == "report.pdf, p. 3-4, Risk factors > Market risk"
    assert citation.pages == "p. 3-4"


@pytest.mark.parametrize(
    "wrap",
    [
        lambda metadata: metadata,
        to_rich,
        lambda metadata: SimpleNamespace(metadata=metadata),
        lambda metadata: SimpleNamespace(node=SimpleNamespace(metadata=metadata)),
        lambda metadata: (SimpleNamespace(metadata=metadata), 0.5),
    ],
    ids=["flat", "rich", "document", "node with score", "document with score"],
)
def test_whatever_a_retriever_gives_cites_the_chunk(wrap: Any) -> None:
    made = two_page_chunk()

    citation = cite(wrap(describe(made)))

    assert citation == cite(made)
    assert citation.chunk_id == made.id
    assert [region.page_number for region in citation.regions] == [3, 3, 3, 4]


@pytest.mark.parametrize("kind", [float, str, Decimal], ids=lambda kind: kind.__name__)
def test_numbers_are_pages_in_whatever_type_a_store_gives_them(kind: Any) -> None:
    metadata = describe(two_page_chunk()) | {
        "page_number": kind(3),
        "page_end": kind(4),
    }

    citation = cite(metadata)

    assert citation.pages == "p. 3-4"
    assert {type(citation.page_number), type(citation.page_end)} == {int}


@pytest.mark.parametrize("lost", [{}, dict.fromkeys(KEYS)], ids=["dropped", "None"])
def test_a_store_may_lose_all_but_source_and_pages(lost: dict[str, Any]) -> None:
    metadata = {**lost, "source": "a.pdf", "page_number": 3, "page_end": 3}

    citation = cite(metadata)

    assert str(citation) == "a.pdf, p. 3"
    assert (citation.regions, citation.heading_path) == ((), ())


@pytest.mark.parametrize(
    ("passage", "said"),
    [
        ({"source": "a.pdf"}, "page_number, page_end"),
        ({"source": "a.pdf", "page_number": "x", "page_end": 2}, "page_number"),
        ({"source": "a.pdf", "page_number": 1.5, "page_end": 2}, "page_number"),
        ({"source": "a.pdf", "page_number": math.nan, "page_end": 2}, "page_number"),
        ("a text", "str has no metadata"),
        ([SimpleNamespace(metadata={})], "list has no metadata.*one at a time"),
        ((), "tuple has no metadata"),
    ],
    ids=["no page", "a word", "half a page", "not a number", "a text", "many", "none"],
)
def test_what_cannot_be_cited_says_why(passage: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        cite(passage)
