"""Chunks found by their words, for the retrievers of both frameworks."""

from collections.abc import Callable, Sequence
from itertools import islice
from threading import Lock
from typing import Any, Generic, TypeVar

from parsestrata.agent.lexical import LexicalIndex
from parsestrata.errors import ConfigError

_T = TypeVar("_T")


class WordSearch(Generic[_T]):
    """BM25 over what is loaded at the first query, and kept.

    Threads may share it: the first one loads, the others wait. What fails to load is
    tried again at the next query. A copy or a pickle begins unloaded.

    Args:
        load: Gives what is searched.
        write: The text of one of them.
    """

    def __init__(
        self, load: Callable[[], Sequence[_T]], write: Callable[[_T], str]
    ) -> None:
        self._load, self._write = load, write
        self._lock = Lock()
        self._index: LexicalIndex[_T] | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._load, self._write)

    def find(self, query: str, k: int) -> list[tuple[_T, float]]:
        """Find the best, with their scores, the best first; fewer where fewer match.

        Args:
            query: Words; order and case do not matter.
            k: How many at most, 1 or more.

        Raises:
            ConfigError: `k` is below 1.
            MissingExtraError: bm25s or PyStemmer is not installed.
            ParseStrataError: A source cannot be read.
        """
        check_k(k)
        with self._lock:
            if self._index is None:
                self._index = LexicalIndex(self._load(), self._write)
            index = self._index
        return list(islice(index.rank(query), k))


def check_k(k: Any, name: str = "k") -> int:
    """Return a number of results.

    Args:
        k: 1 or more.
        name: What the caller calls it.

    Raises:
        ConfigError: It is no such number.
    """
    if isinstance(k, int) and not isinstance(k, bool) and k >= 1:
        return k
    message = f"{name}={k!r}: a whole number from 1"
    raise ConfigError(message)
