"""Searching: the passages that a query is about, by their words or by a retriever."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from msgspec import Struct

from parsestrata.agent.answer import DEFAULT_BUDGET, Answer, Call, Unit
from parsestrata.agent.opened import OpenDocument
from parsestrata.agent.passages import Passage
from parsestrata.agent.sections import look_up
from parsestrata.chunking.citation import cite
from parsestrata.errors import ToolCallError

SearchFunction = Callable[[str, int], Iterable[Any]]
"""From a query and a number to the best passages, the best first: chunk ids, or what
`cite` can cite, as `lambda query, k: store.similarity_search(query, k=k)` gives."""

_MOST_HITS = 50
_WIDER = 4
"""How many times `k` a retriever is asked for when it searches more than is wanted."""


class Hit(Struct, frozen=True):
    """A passage that was found."""

    passage: Passage
    score: float
    """Of BM25; of a search function of one's own, one over the rank."""


def search(
    document: OpenDocument,
    query: str,
    k: int = 5,
    *,
    within: str = "",
    cursor: str = "",
    max_tokens: int = DEFAULT_BUDGET,
    search_function: SearchFunction | None = None,
) -> Answer:
    """Find the passages that a query is about, the best first.

    Args:
        document: The document.
        query: Words; order and case do not matter.
        k: How many passages, 1 to 50.
        within: A section, by id or title, with those below it; "" for all.
        cursor: Of the answer before, to see more.
        max_tokens: Most tokens of the answer, at least 300.
        search_function: Takes the place of the lexical search.

    Raises:
        ToolCallError: There is no such section, nothing to search for, or `k` is not
            within its bounds.
        MissingExtraError: bm25s is not installed.
    """
    hits = find_hits(document, query, k, within, search_function)
    units = [_to_unit(hit) for hit in hits]
    if not units:
        units = [Unit(_nothing(query, within))]
    arguments = (document.fingerprint, query, k, within)
    call = Call("search", arguments, cursor, max_tokens, document.count)
    return call.answer(units)


def find_hits(
    document: OpenDocument,
    query: str,
    k: int = 5,
    within: str = "",
    search_function: SearchFunction | None = None,
) -> list[Hit]:
    """Find passages as `search` does, with their scores.

    Raises:
        ToolCallError: As `search`.
        MissingExtraError: bm25s is not installed.
    """
    if not 1 <= k <= _MOST_HITS:
        problem = f"k is {k}; 1 to {_MOST_HITS}"
        raise ToolCallError(problem)
    if not query.strip():
        problem = "the query is blank; give some words"
        raise ToolCallError(problem)
    wanted = None
    if within:
        root = look_up(document.sections, within)
        wanted = {one.id for one in document.below(root)}
    if search_function is None:
        ranked: Iterable[tuple[Passage, float]] = document.index.rank(query)
    else:
        ranked = _ask(
            document, search_function, query, k if wanted is None else k * _WIDER
        )
    return [
        Hit(passage, score)
        for passage, score in ranked
        if wanted is None or passage.section in wanted
    ][:k]


def _ask(
    document: OpenDocument, function: SearchFunction, query: str, k: int
) -> Iterator[tuple[Passage, float]]:
    """Ask a search function, and find the passages of the chunks it names."""
    by_chunk: dict[str, list[Passage]] = {}
    for passage in document.passages:
        by_chunk.setdefault(passage.citation.chunk_id, []).append(passage)
    rank = 0
    for found in function(query, k):
        identity = found if isinstance(found, str) else cite(found).chunk_id
        for passage in by_chunk.pop(identity, ()):
            rank += 1
            yield passage, 1 / rank


def _to_unit(hit: Hit) -> Unit:
    passage = hit.passage
    return Unit(f"({passage.section})\n{passage.text}", passage.citation)


def _nothing(query: str, within: str) -> str:
    where = f" in section {within}" if within else ""
    return (
        f"Nothing was found{where} for: {query[:200]}. Try other words, or the outline."
    )
