"""Citations: from what a retriever gives back to the page and the box."""

from types import SimpleNamespace
from typing import Any

import pytest

import building as b
from parsestrata import Chunk, chunk, cite, to_rich
from parsestrata.chunking.metadata import to_metadata
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
    ],
    ids=["flat", "rich", "document", "node with score"],
)
def test_whatever_a_retriever_gives_cites_the_chunk(wrap: Any) -> None:
    made = two_page_chunk()

    citation = cite(wrap(describe(made)))

    assert citation == cite(made)
    assert citation.chunk_id == made.id
    assert [region.page_number for region in citation.regions] == [3, 3, 3, 4]


def test_numbers_that_a_store_gave_back_as_floats_are_pages() -> None:
    metadata = describe(two_page_chunk()) | {"page_number": 3.0, "page_end": 4.0}

    assert cite(metadata).pages == "p. 3-4"


@pytest.mark.parametrize(
    ("passage", "said"),
    [
        ({"source": "a.pdf"}, "page_number, page_end"),
        ({"source": "a.pdf", "page_number": "x", "page_end": 2}, "page_number"),
        ("a text", "str has no metadata"),
        ((SimpleNamespace(metadata={}), 0.5), "tuple has no metadata"),
    ],
    ids=["no page", "a page that is none", "a text", "a pair with its score"],
)
def test_what_cannot_be_cited_says_why(passage: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        cite(passage)
