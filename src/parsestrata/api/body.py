"""A body on its way in: kept in memory, or in a temporary file once it is large."""

import mmap
import os
import tempfile
from collections.abc import Iterable
from types import TracebackType
from typing import Self

import msgspec
import pydantic
from msgspec import Raw, Struct

from parsestrata.api.models import Job
from parsestrata.api.stream import ResultStream
from parsestrata.errors import SourceError

IN_MEMORY = 4 * 1024 * 1024
"""Bytes above which a body goes to a temporary file."""

_NULL = Raw(b"null")


class CutShortError(Exception):
    """The body is JSON that ends too early. Never leaves the package."""


class _JobOnly(Struct):
    job: Raw = _NULL


class Body:
    """Bytes written once and read once; closing forgets them.

    Attributes:
        size: Bytes so far.
    """

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(  # noqa: SIM115 - `close` closes it
            max_size=IN_MEMORY
        )
        self.size = 0
        self._peeked_at = -1
        self._job: Job | None = None

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
        """Give memory and file back."""
        self._file.close()

    def write(self, pieces: Iterable[bytes]) -> None:
        """Append.

        Raises:
            SourceError: There is no room for the temporary file.
        """
        for piece in pieces:
            try:
                self._file.write(piece)
            except OSError as error:
                problem = f"no room for a large result ({error.strerror})"
                raise SourceError(tempfile.gettempdir(), problem) from None
            self.size += len(piece)

    def read(self) -> bytes:
        """Return all bytes, without a second copy of them on the way."""
        self._file.seek(0)
        if self.size <= IN_MEMORY:
            return self._file.read()
        with os.fdopen(self._file.fileno(), "rb", buffering=0, closefd=False) as raw:
            return raw.readall()

    def open(self, source: str) -> ResultStream:
        """Scan the body as a result, called `source` in messages, and close it.

        Raises:
            ResponseError: It is no v2 result.
        """
        with self:
            data = self.read()
        return ResultStream(data, source)

    def job(self) -> Job | None:
        """Read the job without the rest; None when it cannot be read or is not there.

        Raises:
            CutShortError: The JSON ends too early.
        """
        if self._peeked_at == self.size:
            return self._job
        self._job = self._peek()
        self._peeked_at = self.size
        return self._job

    def _peek(self) -> Job | None:
        if not self.size:
            raise CutShortError
        self._file.seek(0)
        if self.size <= IN_MEMORY:
            return _peek(self._file.read())
        self._file.flush()
        with mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ) as view:
            return _peek(view)


def _peek(data: bytes | mmap.mmap) -> Job | None:
    try:
        raw = bytes(msgspec.json.decode(data, type=_JobOnly).job)
    except msgspec.ValidationError:
        return None
    except msgspec.DecodeError as error:
        if str(error).endswith("truncated"):
            raise CutShortError from None
        return None
    except RecursionError:
        return None
    try:
        return None if raw == b"null" else Job.model_validate_json(raw)
    except pydantic.ValidationError:
        return None
