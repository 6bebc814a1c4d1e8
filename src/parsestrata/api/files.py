"""Files that belong to a job, written whole or not at all."""

import io
import os
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from parsestrata.api.connection import Connection
from parsestrata.api.models import Image
from parsestrata.api.transfer import Link, download
from parsestrata.errors import DownloadError, ResponseError, SourceError, StoreError

_AT_A_TIME = 8


@contextmanager
def replace_whole(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that takes its place once all is written, and else leaves no trace.

    Raises:
        StoreError: The folder cannot be written to, or is full.
    """
    draft: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(".part", f".{path.name}.", path.parent)
        draft = Path(name)
        with os.fdopen(handle, "w+b") as file:
            yield file
        draft.replace(path)
        draft = None
    except OSError as error:
        problem = f"cannot be written ({error.strerror or type(error).__name__})"
        raise StoreError(str(path), problem) from None
    finally:
        if draft is not None:
            draft.unlink(missing_ok=True)


@contextmanager
def opened(file: str | Path | IO[bytes]) -> Iterator[tuple[str, IO[bytes]]]:
    """Open a document to upload, or take one that is open and leave it so.

    Yields:
        Its name and a seekable stream of its bytes.

    Raises:
        SourceError: It cannot be read.
    """
    if isinstance(file, str | Path):
        path = Path(file)
        try:
            stream = path.open("rb")
        except OSError as error:
            problem = f"cannot be uploaded ({error.strerror})"
            raise SourceError(str(path), problem) from None
        with stream:
            yield path.name, stream
        return
    name = Path(str(getattr(file, "name", "document.pdf"))).name
    yield name, file if file.seekable() else io.BytesIO(file.read())


def download_to(
    connection: Connection, link: Link, renew: Callable[[], Link], path: Path
) -> Path:
    """Download a file to its place.

    Raises:
        DownloadError: Not the whole file came.
        StoreError: It cannot be written.
    """
    with replace_whole(path) as file:
        download(connection, link, renew, file)
    return path


def download_all(
    connection: Connection,
    images: tuple[Image, ...],
    renew: Callable[[str], Link],
    folder: Path,
) -> tuple[Path, ...]:
    """Download images, several at a time.

    Args:
        connection: As for `download`.
        images: What the API listed.
        renew: Makes a fresh link of a file name.
        folder: Made when it is not there.

    Returns:
        Where they are, in the order of the list.

    Raises:
        DownloadError: One did not come whole; those that did stay.
        ResponseError: A name is no plain file name.
    """

    def fetch(image: Image) -> Path:
        name = _plain_name(image.filename)
        link = Link(image.presigned_url or "", image.size_bytes)
        if not link.url:
            raise DownloadError(name, 0, "the API gave no URL for this image")
        return download_to(connection, link, lambda: renew(name), folder / name)

    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        return tuple(pool.map(fetch, images))


def _plain_name(name: str) -> str:
    """Refuse a name that leads anywhere but into the folder."""
    odd = any(ord(character) < ord(" ") for character in name)
    if name in {"", ".", ".."} or odd or any(mark in name for mark in '/\\:*?"<>|'):
        problem = "is no plain file name, so it is not written anywhere"
        raise ResponseError(repr(name[:80]), problem)
    return name
