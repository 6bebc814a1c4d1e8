"""The documents that are open, each opened once; the one not used longest goes first."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any

from parsestrata.agent.opened import OpenDocument

DEFAULT_SIZE = 512 * 1024 * 1024


class Shelf:
    """Keeps open documents up to a size in memory; the last one stays in any case.

    Threads may share it: two that ask for one document open it once. A copy or a
    pickle begins empty.

    Args:
        size: Bytes of memory, about.
    """

    def __init__(self, size: int = DEFAULT_SIZE) -> None:
        self._size = size
        self._lock = Lock()
        self._kept: OrderedDict[Hashable, OpenDocument] = OrderedDict()
        self._opening: dict[Hashable, Lock] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._size,)

    def take(self, key: Hashable, open_it: Callable[[], OpenDocument]) -> OpenDocument:
        """Return an open document, or open it.

        Args:
            key: What changes when the document has changed.
            open_it: Opens it; what it raises is raised, and nothing is kept.
        """
        with self._lock:
            turn = self._opening.setdefault(key, Lock())
        with turn:
            try:
                return self._find(key) or self._keep(key, open_it())
            finally:
                with self._lock:
                    self._opening.pop(key, None)

    def _find(self, key: Hashable) -> OpenDocument | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def _keep(self, key: Hashable, document: OpenDocument) -> OpenDocument:
        with self._lock:
            self._kept[key] = document
            while len(self._kept) > 1 and self._total() > self._size:
                self._kept.popitem(last=False)
        return document

    def _total(self) -> int:
        return sum([document.size for document in self._kept.values()])

    def __len__(self) -> int:
        return len(self._kept)
