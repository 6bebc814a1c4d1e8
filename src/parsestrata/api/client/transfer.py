"""A file from a presigned URL: streamed, length checked, resumed with a fresh URL."""

import re
from collections.abc import Callable
from typing import IO, NamedTuple

import requests
import urllib3

from parsestrata.api.addresses import strip_query
from parsestrata.api.client.answers import FIRST_ERROR, describe
from parsestrata.api.client.connection import PIECE, Connection
from parsestrata.api.client.retry import Failure, failure_of, read_retry_after
from parsestrata.errors import DownloadError

_OK, _PARTIAL, _RANGE_REFUSED = 200, 206, 416
_REFUSED = (400, 401, 403)
"""How a store of files answers when a signature has expired."""
_MOST_RENEWALS = 3
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
_BROKEN = (requests.RequestException, urllib3.exceptions.HTTPError)


class Link(NamedTuple):
    """Where a file is, for a while."""

    url: str
    size: int | None = None
    """Bytes; None when the API does not say."""


class _Passing(Exception):  # noqa: N818 - a step of the loop below
    """An attempt failed in a way that may pass; None: the URL has expired."""

    def __init__(
        self,
        status: int,
        detail: str,
        failure: Failure | None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(status, detail, failure)
        self.failure = failure
        self.status = status
        self.detail = detail
        self.retry_after = retry_after


def download(
    connection: Connection, link: Link, renew: Callable[[], Link], target: IO[bytes]
) -> int:
    """Write a file to `target`, which begins empty, is seekable and stays open.

    Args:
        connection: Its bare session is used: no key goes to the URL's host.
        link: The URL, and the length that the file must have.
        renew: Asks the API for a fresh URL when this one has expired.
        target: Holds the whole file afterwards, or what came when an error is raised.

    Returns:
        Bytes written.

    Raises:
        DownloadError: Not the whole file came.
    """
    return _Download(connection, link, renew, target).run()


class _Download:
    def __init__(
        self,
        connection: Connection,
        link: Link,
        renew: Callable[[], Link],
        target: IO[bytes],
    ) -> None:
        self._connection = connection
        self._link = link
        self._renew = renew
        self._target = target
        self._written = 0
        self._tag: str | None = None
        self._encoded = False

    def run(self) -> int:
        retries = self._connection.retries()
        renewals = 0
        while True:
            self._connection.check_open(strip_query(self._link.url))
            try:
                self._attempt()
                return self._checked()
            except _Passing as passing:
                problem = passing
            except _BROKEN as broken:
                problem = _Passing(0, describe(broken), "network")
            if problem.failure is None:
                renewals += 1
                if renewals > _MOST_RENEWALS:
                    raise self._error(problem)
                self._link = self._renew()
                continue
            delay = retries.next_delay(problem.failure, problem.retry_after)
            if delay is None:
                raise self._error(problem)
            self._connection.sleep(delay)

    def _attempt(self) -> None:
        headers = {"Accept-Encoding": "identity"}
        if self._encoded:
            self._restart()
        if self._written:
            headers["Range"] = f"bytes={self._written}-"
            if self._tag:
                headers["If-Range"] = self._tag
        with self._connection.bare.get(
            self._link.url,
            headers=headers,
            stream=True,
            timeout=self._connection.timeout,
        ) as answer:
            if answer.status_code == _RANGE_REFUSED and self._is_whole():
                return
            self._check(answer)
            self._place(answer)
            for piece in answer.raw.stream(PIECE, decode_content=True):
                self._connection.check_open(strip_query(self._link.url))
                self._target.write(piece)
                self._written += len(piece)

    def _check(self, answer: requests.Response) -> None:
        status = answer.status_code
        if status in {_OK, _PARTIAL}:
            return
        if status == _RANGE_REFUSED:
            self._restart()
            raise _Passing(status, "the file is not the one begun with", "server")
        retry_after = read_retry_after(answer.headers.get("Retry-After"))
        failure = failure_of(status)
        if failure is not None:
            detail = answer.reason or "failed"
            raise _Passing(status, detail, failure, retry_after)
        if status in _REFUSED:
            detail = "the signed URL has expired or is refused"
            raise _Passing(status, detail, None)
        detail = answer.reason if status >= FIRST_ERROR else "an unexpected answer"
        raise DownloadError(strip_query(self._link.url), status, detail or "failed")

    def _place(self, answer: requests.Response) -> None:
        """Go to where the answer's bytes belong."""
        span = _CONTENT_RANGE.match(answer.headers.get("Content-Range", ""))
        partial = answer.status_code == _PARTIAL
        if partial and (span is None or int(span[1]) != self._written):
            self._restart()
            raise _Passing(_PARTIAL, "another range than the one asked for", "server")
        if not partial:
            self._restart()
        coding = answer.headers.get("Content-Encoding", "identity")
        self._encoded = coding != "identity"
        tag = answer.headers.get("ETag", "")
        self._tag = None if tag.startswith("W/") else tag or None

    def _restart(self) -> None:
        self._target.seek(0)
        self._target.truncate()
        self._written = 0

    def _is_whole(self) -> bool:
        return self._link.size is not None and self._written == self._link.size

    def _checked(self) -> int:
        if self._link.size is None or self._is_whole():
            return self._written
        detail = f"{self._written} bytes came, {self._link.size} were announced"
        if self._written > self._link.size:
            self._restart()
        raise _Passing(0, detail, "network")

    def _error(self, problem: _Passing) -> DownloadError:
        url = strip_query(self._link.url)
        return DownloadError(url, problem.status, problem.detail)
