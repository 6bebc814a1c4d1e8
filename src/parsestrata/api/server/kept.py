"""What the server asks of a store of results, and of an engine that makes them."""

from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

Engine = Callable[[bytes, str, Mapping[str, Any], Path], bytes]
"""Makes the v2 result of a document, its name and the configuration it came with, and
writes the document's images into a folder under the names that the result gives them.

What it raises becomes the `error_message` of a FAILED job."""


class Kept(Protocol):
    """What is kept of one job, open for reading."""

    job: dict[str, Any]

    @property
    def packed_size(self) -> int:
        """Bytes on disk."""
        ...

    def __enter__(self) -> Self:
        """Stay open."""
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""
        ...

    def close(self) -> None:
        """Close."""
        ...

    def has(self, name: str) -> bool:
        """Say whether there is content of this name."""
        ...

    def size(self, name: str) -> int:
        """Return the bytes of a content."""
        ...

    def tag(self, name: str) -> str:
        """Return what changes with the bytes of a content."""
        ...

    def pieces(
        self, name: str, start: int = 0, stop: int | None = None
    ) -> Generator[bytes, None, None]:
        """Yield bytes `[start, stop)` of a content, piece by piece."""
        ...


class Results(Protocol):
    """A store of results by job id."""

    def find(self, job_id: str) -> Kept | None:
        """Open what is kept of a job."""
        ...

    def jobs(self) -> Iterator[dict[str, Any]]:
        """Yield every job."""
        ...

    def put(
        self,
        data: bytes,
        job_id: str | None = None,
        name: str | None = None,
        job: Mapping[str, Any] | None = None,
    ) -> str:
        """Keep a result."""
        ...

    def put_job(self, job: Mapping[str, Any]) -> None:
        """Keep the state of a job."""
        ...

    def put_file(self, job_id: str, name: str, data: bytes) -> None:
        """Keep a file of a job, such as an image."""
        ...

    def delete(self, job_id: str) -> None:
        """Forget a job."""
        ...

    def files(self, job_id: str) -> dict[str, Path]:
        """Return the files of a job by name."""
        ...
