"""Files that are read to be sent, and files that are written whole or not at all."""

import io
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from parsestrata.errors import SourceError, StoreError


@contextmanager
def replace_whole(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that takes its place once all is written, and else leaves no trace.

    Who may read it is what the umask says.

    Raises:
        StoreError: The folder cannot be written to, or is full.
    """
    draft: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
        with draft.open("x+b") as file:
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
