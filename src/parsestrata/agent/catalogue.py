"""Which documents may be read, and by what name."""

import difflib
import os
from collections.abc import Hashable, Iterator, Sequence
from pathlib import Path, PurePath

from msgspec import Struct

from parsestrata.errors import ConfigError, ToolCallError
from parsestrata.sources.local.kinds import is_document_name
from parsestrata.sources.source import Source, is_job_id

_RESULT_SUFFIX = ".json"
_MOST_NAMED = 8
_MOST_FILES = 10_000


class Listed(Struct, frozen=True):
    """A document that may be read."""

    name: str
    source: Source

    @property
    def key(self) -> Hashable:
        """What changes when the document has changed: of a file, its time and size."""
        if not isinstance(self.source, str | os.PathLike) or is_job_id(self.source):
            return self.name
        try:
            state = Path(self.source).stat()
        except (OSError, ValueError):
            return self.name
        return (self.name, state.st_mtime_ns, state.st_size)


class Catalogue:
    """The documents that were given, and those in a folder and below it.

    Args:
        sources: Each a job id, a saved result or a PDF.
        root: A folder, None for none. Its files are read by their path from there;
            where a symbolic link leads out of it, it is not followed.

    Raises:
        ConfigError: The folder is none, or there is nothing to read.
    """

    def __init__(self, sources: Sequence[Source], root: Path | None = None) -> None:
        self._root = None if root is None else root.resolve()
        if self._root is not None and not self._root.is_dir():
            message = f"root={str(root)!r} is no folder"
            raise ConfigError(message)
        if not sources and root is None:
            message = "no document was given: name a source, or a folder as root"
            raise ConfigError(message)
        self._given = {
            name: Listed(name, source)
            for name, source in zip(_name(sources), sources, strict=True)
        }

    def __iter__(self) -> Iterator[Listed]:
        yield from self._given.values()
        for path in self._files():
            name = path.relative_to(self._root or path).as_posix()
            if name not in self._given:
                yield Listed(name, path)

    @property
    def is_single(self) -> bool:
        """Whether there is one document, which needs no name."""
        return self._root is None and len(self._given) == 1

    def find(self, asked: str) -> Listed:
        """Find a document by its name; the only one also without.

        Args:
            asked: A name of the list; its last part or that without its suffix, where
                no other has it.

        Raises:
            ToolCallError: There is none, or there are several; says which there are.
        """
        if asked in self._given:
            return self._given[asked]
        if not asked.strip():
            if self.is_single:
                return next(iter(self._given.values()))
            problem = "name the document"
            raise ToolCallError(problem, self._some())
        below_root = self._find_file(asked)
        if below_root is not None:
            return below_root
        found = [one for one in self if asked.casefold() in _short_names(one.name)]
        if len(found) == 1:
            return found[0]
        problem = f"there is no document {asked[:80]!r}"
        if found:
            problem = f"{len(found)} documents are called {asked[:80]!r}"
        raise ToolCallError(problem, self._nearest(asked, found))

    def _find_file(self, asked: str) -> Listed | None:
        """Find a file below the root, symbolic links resolved before the check."""
        if self._root is None:
            return None
        try:
            path = (self._root / asked).resolve()
            inside = path.is_relative_to(self._root) and path.is_file()
        except (OSError, ValueError, RuntimeError):
            return None
        if not inside or not _is_readable(path):
            return None
        return Listed(path.relative_to(self._root).as_posix(), path)

    def _files(self) -> Iterator[Path]:
        """Yield the files below the root that can be documents, by name."""
        if self._root is None:
            return
        number = 0
        for folder, folders, names in os.walk(self._root):
            folders[:] = sorted(one for one in folders if not one.startswith("."))
            for name in sorted(names):
                path = Path(folder, name)
                if name.startswith(".") or not _is_readable(path):
                    continue
                if not path.resolve().is_relative_to(self._root):
                    continue
                number += 1
                if number > _MOST_FILES:
                    return
                yield path

    def _some(self) -> tuple[str, ...]:
        names = [one.name for one in self]
        more = len(names) - _MOST_NAMED
        named = tuple(names[:_MOST_NAMED])
        return (*named, f"{more} more in list_documents") if more > 0 else named

    def _nearest(self, asked: str, found: Sequence[Listed]) -> tuple[str, ...]:
        names = [one.name for one in found or self]
        near = difflib.get_close_matches(asked, names, _MOST_NAMED)
        return tuple(near) or self._some()


def _is_readable(path: Path) -> bool:
    return is_document_name(path.name) or path.suffix.lower() == _RESULT_SUFFIX


def _short_names(name: str) -> set[str]:
    path = PurePath(name.casefold())
    return {str(path), path.name, path.stem}


def _name(sources: Sequence[Source]) -> list[str]:
    """Name sources: a file by its last part, or by its path where two share that."""
    names = [_own_name(source, n) for n, source in enumerate(sources, 1)]
    return [
        name if names.count(name) == 1 else _long_name(source, name, n)
        for n, (name, source) in enumerate(zip(names, sources, strict=True), 1)
    ]


def _own_name(source: Source, number: int) -> str:
    if isinstance(source, str | os.PathLike):
        return PurePath(os.fsdecode(source)).name or f"document-{number}"
    name = getattr(source, "name", None)
    return PurePath(name).name if isinstance(name, str) else f"document-{number}"


def _long_name(source: Source, name: str, number: int) -> str:
    if isinstance(source, str | os.PathLike) and os.fsdecode(source) != name:
        return os.fsdecode(source)
    return f"{name} ({number})"
