"""Two sessions to ask with: one with the key for the API, one bare for signed URLs."""

import threading
import time
from collections.abc import Callable, Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any, NamedTuple
from urllib.parse import urljoin

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from parsestrata.api.addresses import origin, strip_query
from parsestrata.api.body import Body, CutShortError
from parsestrata.api.client.answers import (
    FIRST_ERROR,
    describe,
    error_for_status,
    never_sent,
    read_detail,
)
from parsestrata.api.client.retry import (
    Failure,
    RateLimit,
    Retries,
    RetryPolicy,
    failure_of,
    read_retry_after,
)
from parsestrata.errors import APIError, TransportError

CONNECT_TIMEOUT = 10.0
PIECE = 256 * 1024
"""Bytes read at a time."""
_MOST_REDIRECTS = 5
_FIRST_REDIRECT, _NOT_MODIFIED = 300, 304
_POOL = 64
_LARGE = 1024 * 1024
"""Bytes of a broken answer worth not asking for again."""
_BROKEN = (requests.RequestException, urllib3.exceptions.HTTPError)
_CLOSED = "the client was closed"
_MAYBE_STARTED = (
    "; the request may have reached the server all the same: "
    "look at the list of jobs before you send it again"
)


class Failed(Exception):  # noqa: N818 - carries an error, is none to the user
    """One attempt failed in a way that may pass. Never leaves the package.

    Attributes:
        error: What the user gets when it is not tried again.
        failure: Its kind.
        retry_after: Seconds the server asked for.
        safe: Whether asking again cannot do anything twice.
    """

    def __init__(
        self,
        error: APIError,
        failure: Failure,
        retry_after: float | None = None,
        *,
        safe: bool = True,
    ) -> None:
        super().__init__(error)
        self.error = error
        self.failure = failure
        self.retry_after = retry_after
        self.safe = safe


class TooLargeError(Exception):
    """The answer is larger than the call takes, or broke off when it was large.

    Never leaves the package.
    """


class Call(NamedTuple):
    """One request to the API."""

    method: str
    url: str
    query: Mapping[str, Any]
    make_files: Callable[[], dict[str, Any]] | None = None
    """Makes what is uploaded, anew for each attempt."""
    largest: int | None = None
    """Bytes announced above which the answer is not read; None for any size."""


class Connection:
    """Asks the API, asks again where that may help, and maps what comes back.

    Args:
        api_key: Sent to the API's own scheme, host and port, and nowhere else.
        timeout: Seconds without a byte until the server counts as gone.
        policy: What is done about failures that may pass.
        requests_per_minute: Cap over all threads; None for none.
        sleep: Called with seconds; None for a sleep that `close` ends.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        api_key: str,
        timeout: float,
        policy: RetryPolicy,
        *,
        requests_per_minute: int | None = None,
        sleep: Callable[[float], object] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.timeout = (CONNECT_TIMEOUT, timeout)
        self.policy = policy
        self.clock = clock
        self._closed = threading.Event()
        self.sleep = sleep or self._closed.wait
        self._limit = RateLimit(requests_per_minute, clock, self.sleep)
        self._api_key = api_key
        self._session = _session(_Bearer(api_key))
        self._environment: dict[str, Any] | None = None
        self.bare = _session(_NoAuth())

    def close(self) -> None:
        """End every wait and give the connections back."""
        self._closed.set()
        for session in (self._session, self.bare):
            _close_pools(session)
            session.close()

    def retries(self) -> Retries:
        """Begin to count the failures of one request."""
        return Retries(self.policy, self.clock)

    def check_open(self, url: str) -> None:
        """Stop the work of a client that was closed meanwhile.

        Raises:
            TransportError: It was.
        """
        if self._closed.is_set():
            raise TransportError(url, 0, _CLOSED)

    def ask(self, call: Call) -> Body:
        """Send a request until a final answer comes, and read it whole.

        A call that uploads is sent again only when the server surely did nothing.

        Returns:
            The body of a 2xx answer; the caller closes it.

        Raises:
            APIError: A final answer that is an error, or the last attempt's.
            TooLargeError: See `Call.largest`.
        """
        retries = self.retries()
        while True:
            self._limit.acquire()
            self.check_open(call.url)
            try:
                return self._attempt(call)
            except Failed as failed:
                error, again = failed.error, failed.safe or call.make_files is None
                delay = retries.next_delay(failed.failure, failed.retry_after)
            if not again:
                detail = f"{error.detail}{_MAYBE_STARTED}"
                raise type(error)(error.url, error.status, detail)
            if delay is None:
                raise error
            self.sleep(delay)

    def _attempt(self, call: Call) -> Body:
        body = Body()
        try:
            with self._send(call) as answer:
                self._check(answer, call.url)
                self._receive(answer, body, call)
        except CutShortError:
            _give_up_when_large(call, body)
            error = TransportError(call.url, 0, "the answer was cut short")
            body.close()
            raise Failed(error, "network", safe=False) from None
        except _BROKEN as broken:
            _give_up_when_large(call, body)
            body.close()
            error = TransportError(call.url, 0, describe(broken))
            raise Failed(error, "network", safe=never_sent(broken)) from None
        except BaseException:
            body.close()
            raise
        return body

    def _receive(self, answer: requests.Response, body: Body, call: Call) -> None:
        announced = int(answer.headers.get("Content-Length") or 0)
        if call.largest is not None and announced > call.largest:
            raise TooLargeError
        for piece in answer.raw.stream(PIECE, decode_content=True):
            self.check_open(call.url)
            body.write((piece,))
        if body.size or call.method == "GET":
            body.job()

    def _send(self, call: Call) -> requests.Response:
        """Send the request; follow a redirect only to where the key may go."""
        url, query = call.url, call.query
        for _ in range(_MOST_REDIRECTS):
            files = call.make_files() if call.make_files else None
            request = requests.Request(call.method, url, params=query, files=files)
            answer = self._session.send(
                self._session.prepare_request(request),
                timeout=self.timeout,
                allow_redirects=False,
                **self._settings(url),
            )
            target = answer.headers.get("Location")
            status = answer.status_code
            if not _FIRST_REDIRECT <= status < FIRST_ERROR or status == _NOT_MODIFIED:
                return answer
            answer.close()
            if not target or call.make_files:
                break
            url, query = urljoin(url, target), {}
            if origin(url) != origin(call.url):
                where = strip_query(url)
                detail = f"redirects to {where}. Is that the base URL to use?"
                raise APIError(call.url, status, detail)
        detail = "redirects without an end or an aim. Check the base URL"
        raise APIError(call.url, status, detail)

    def _settings(self, url: str) -> dict[str, Any]:
        """Return proxies and certificates of the environment, looked up once.

        A session looks them up for each request, which takes as long as sending it.
        """
        if self._environment is None:
            found = self._session.merge_environment_settings(url, {}, True, None, None)  # noqa: FBT003
            self._environment = dict(found)
        return self._environment

    def _check(self, answer: requests.Response, url: str) -> None:
        """Raise what an answer that is an error means.

        Raises:
            APIError: It is final.
            Failed: It may pass.
        """
        status = answer.status_code
        if status < FIRST_ERROR:
            return
        detail = read_detail(answer).replace(self._api_key, "…")
        error = error_for_status(status, detail)(url, status, detail)
        failure = failure_of(status)
        if failure is None:
            raise error
        retry_after = read_retry_after(answer.headers.get("Retry-After"))
        refused = failure == "rate" or status == requests.codes.service_unavailable
        raise Failed(error, failure, retry_after, safe=refused)


def _give_up_when_large(call: Call, body: Body) -> None:
    """Do not begin a large answer again when it can be had in resumable files.

    Raises:
        TooLargeError: That is so.
    """
    if call.largest is not None and body.size > _LARGE:
        body.close()
        raise TooLargeError from None


def _session(auth: AuthBase) -> requests.Session:
    session = requests.Session()
    session.auth = auth
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=_POOL))
    return session


def _close_pools(session: requests.Session) -> None:
    """Close every idle connection now, and each one in use as soon as it is free.

    Closing the session alone leaves that to the garbage collector.
    """
    for adapter in session.adapters.values():
        if isinstance(adapter, HTTPAdapter):
            pools = adapter.poolmanager.pools
            for key in pools.keys():  # noqa: SIM118 - it cannot be iterated
                pool = pools.get(key)
                if pool is not None:
                    pool.close()


class _Bearer(AuthBase):
    """The key, kept from reprs; set last, so that no `.netrc` replaces it."""

    def __init__(self, api_key: str) -> None:
        self._api_key = api_key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._api_key}"
        return request


class _NoAuth(AuthBase):
    """Nothing, not even what a `.netrc` says."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request
