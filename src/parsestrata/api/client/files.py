"""Files that belong to a job, written whole or not at all."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from parsestrata.api.client.connection import Connection
from parsestrata.api.client.transfer import Link, download
from parsestrata.api.models import Image
from parsestrata.api.placing import replace_whole
from parsestrata.errors import DownloadError, ResponseError

_AT_A_TIME = 8


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
