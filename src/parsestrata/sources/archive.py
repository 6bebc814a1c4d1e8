"""One result in one zip file: the job, and each content as a member of its own.

envelope.json       the job, and the top-level keys in their order
items.json …        one member for each content, as it came
markdown_full.md, text_full.txt   the pages as one text
"""

import io
import json
import zipfile
import zlib
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import msgspec
from msgspec import Raw, Struct

from parsestrata.api.json_string import as_json_string
from parsestrata.errors import StoreError

_ENVELOPE = "envelope.json"
_FULL = {"markdown_full": "markdown_full.md", "text_full": "text_full.txt"}
_PAGES_OF = {"markdown_full": ("markdown", "markdown"), "text_full": ("text", "text")}
_BETWEEN_PAGES = "\n\n"
_PIECE = 1024 * 1024
_LEVEL = 5
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, KeyError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What goes into an archive."""

    job: dict[str, Any]
    sections: Mapping[str, Raw] = field(default_factory=dict)
    keys: tuple[str, ...] = ("job",)
    """The top-level keys of the answer, in order."""
    asked: tuple[str, ...] = ()
    """What was asked for, there or not."""


class Archive:
    """What is kept of one job, open for reading.

    Attributes:
        job: As the API describes it.
        keys: The top-level keys of the answer, in order.
        asked: What was asked for, there or not.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._zip = zipfile.ZipFile(path)
        try:
            envelope = json.loads(self._zip.read(_ENVELOPE))
        except BaseException:
            self._zip.close()
            raise
        self.job: dict[str, Any] = envelope["job"]
        self.keys: tuple[str, ...] = tuple(envelope["keys"])
        self.asked = frozenset(envelope.get("asked", ()))
        self._given = frozenset(envelope["given"])
        self._members = frozenset(self._zip.namelist())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._zip.close()

    @property
    def names(self) -> tuple[str, ...]:
        """The content the API gave, as `expand` values."""
        return tuple(name for name in self.keys if name in self._given)

    def has(self, name: str) -> bool:
        """Say whether there is content of this name, given or made of pages."""
        return member(name) in self._members

    def size(self, name: str) -> int:
        """Return the bytes of a content, not compressed."""
        return self._zip.getinfo(member(name)).file_size

    @property
    def packed_size(self) -> int:
        """Bytes of the whole archive on disk."""
        return sum(info.compress_size for info in self._zip.infolist())

    def tag(self, name: str) -> str:
        """Return what changes with the bytes of a content."""
        info = self._zip.getinfo(member(name))
        return f"{info.CRC:08x}-{info.file_size:x}"

    def pieces(
        self, name: str, start: int = 0, stop: int | None = None
    ) -> Generator[bytes, None, None]:
        """Yield a content piece by piece.

        Args:
            name: As `expand` names it.
            start: First byte.
            stop: The byte after the last; None for the end.

        Raises:
            StoreError: The archive is damaged.
        """
        left = (self.size(name) if stop is None else stop) - start
        try:
            with self._zip.open(member(name)) as file:
                if start:
                    file.seek(start)
                while left > 0 and (piece := file.read(min(_PIECE, left))):
                    left -= len(piece)
                    yield piece
        except (*_DAMAGED, OSError) as error:
            raise _damaged(self._path, error) from None
        if left:
            raise _damaged(self._path, EOFError())

    def body(self, names: tuple[str, ...] | None = None) -> Iterator[bytes]:
        """Yield the answer as JSON, top-level keys in their order.

        Args:
            names: The content that goes in; the rest is null. None for all.
        """
        held = self.names if names is None else names
        opening = b"{"
        for key in self.keys:
            yield opening + json.dumps(key).encode() + b":"
            opening = b","
            if key == "job":
                yield json.dumps(self.job, ensure_ascii=False).encode()
            elif key not in held or not self.has(key):
                yield b"null"
            elif key in _FULL:
                yield from as_json_string(self.pieces(key))
            else:
                yield from self.pieces(key)
        yield b"}"

    def read(self) -> bytes:
        """Return the answer whole, without a second copy of it on the way.

        Raises:
            StoreError: The archive is damaged.
        """
        whole = io.BytesIO()
        for piece in self.body():
            whole.write(piece)
        return whole.getvalue()


def open_archive(path: Path) -> Archive:
    """Open an archive.

    Raises:
        FileNotFoundError: There is none.
        StoreError: It cannot be read, or is damaged.
    """
    try:
        return Archive(path)
    except FileNotFoundError:
        raise
    except (*_DAMAGED, OSError) as error:
        raise _damaged(path, error) from None


def write_archive(file: IO[bytes], contents: Contents, earlier: Archive | None) -> None:
    """Write an archive; content that only an earlier one has is taken over.

    Args:
        file: Empty.
        contents: What is new.
        earlier: Of the same job, open.
    """
    old = earlier.names if earlier else ()
    kept = [name for name in old if name not in contents.sections]
    keys = dict.fromkeys((*contents.keys, *(earlier.keys if earlier else ())))
    envelope = {
        "job": contents.job,
        "keys": list(keys),
        "given": [*contents.sections, *kept],
        "asked": sorted({*contents.asked, *(earlier.asked if earlier else ())}),
    }
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as out:
        _write(out, _ENVELOPE, [json.dumps(envelope).encode()])
        for name, value in contents.sections.items():
            _write(out, member(name), _data(name, value))
        for name in kept:
            if earlier is not None:
                _write(out, member(name), earlier.pieces(name))
        for name, (section, _) in _PAGES_OF.items():
            if name not in envelope["given"] and section in contents.sections:
                pages = join_pages(name, contents.sections[section])
                _write(out, member(name), [pages])


def _write(
    out: zipfile.ZipFile, name: str, pieces: Iterable[bytes | memoryview]
) -> None:
    with out.open(name, "w", force_zip64=True) as target:
        for piece in pieces:
            target.write(piece)


def _data(name: str, value: Raw) -> Iterable[bytes | memoryview]:
    """Return the bytes of a content: one text as it is, the rest as JSON."""
    if name in _FULL:
        return [msgspec.json.decode(value, type=str).encode()]
    return _slices(memoryview(value))


def _slices(data: memoryview) -> Iterator[memoryview]:
    for start in range(0, len(data), _PIECE):
        yield data[start : start + _PIECE]


class _Page(Struct):
    markdown: str = ""
    text: str = ""


class _Pages(Struct):
    pages: list[_Page] = []


def join_pages(name: str, section: Raw) -> bytes:
    """Join the pages of a content to one text, as its file has them."""
    _, attribute = _PAGES_OF[name]
    try:
        pages = msgspec.json.decode(section, type=_Pages).pages
    except msgspec.DecodeError:
        return b""
    return _BETWEEN_PAGES.join(getattr(page, attribute) for page in pages).encode()


def member(name: str) -> str:
    """Return the name in the archive of a content."""
    return _FULL.get(name, f"{name}.json")


def _damaged(path: Path, error: Exception) -> StoreError:
    why = getattr(error, "strerror", None) or type(error).__name__
    problem = f"cannot be read or is damaged ({why}). Remove it and fetch it again"
    return StoreError(str(path), problem)
