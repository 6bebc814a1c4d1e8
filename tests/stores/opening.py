"""Running the statements of a description."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stores.embedding import SIZE
from stores.frameworks import SHELVES, Chunk, Shelf
from stores.kinds import Kind
from stores.llama_index_kinds import FILTER_IMPORTS


@dataclass(frozen=True, kw_only=True)
class OpenStore:
    """A store that is open, with the names that its opening left."""

    kind: Kind
    shelf: Shelf
    names: dict[str, Any]

    def arguments(self, code: str, **values: Any) -> dict[str, Any]:
        """Evaluate the keyword arguments of a search."""
        return dict(eval(f"dict({code})", self.names | values))  # noqa: S307

    def run(self, code: str, **values: Any) -> None:
        """Run statements."""
        exec(code, self.names | values)  # noqa: S102

    def everything(self) -> list[Chunk]:
        """Return all there is in the store, without duplicates where it hides them."""
        if self.kind.everything:
            return list(eval(self.kind.everything, self.names))  # noqa: S307
        return self.shelf.find()

    def count(self) -> int:
        """Count what is in the store, duplicates included."""
        return len(self.everything()) if self.kind.everything else self.shelf.count()

    def find(self, code: str, **values: Any) -> list[Chunk]:
        """Search with a filter; where the store raises for nothing, that is nothing."""
        arguments = self.arguments(code, **values)
        nothing = self.kind.nothing_found
        try:
            return self.shelf.find(**arguments)
        except Exception as error:
            if nothing and nothing.fits(error):
                return []
            raise


@contextmanager
def opened(
    kind: Kind, folder: Path, new_database: Callable[[], str]
) -> Iterator[OpenStore]:
    """Open a store in an empty folder or a new database, and close it."""
    shelf = SHELVES[kind.framework]
    names: dict[str, Any] = {
        "embedding": shelf.embedding,
        "folder": folder,
        "size": SIZE,
        "asyncio": asyncio,
        "json": json,
    }
    exec(FILTER_IMPORTS, names)  # noqa: S102
    if "url" in kind.opening:
        names["url"] = new_database()
    exec(kind.opening, names)  # noqa: S102
    try:
        yield OpenStore(kind=kind, shelf=shelf(names["store"]), names=names)
    finally:
        exec(kind.closing, names)  # noqa: S102
