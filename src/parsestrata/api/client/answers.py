"""What an answer or a failure of the API means, as errors without a secret."""

import json
import re

import requests
import urllib3

from parsestrata.errors import (
    APIError,
    AuthenticationError,
    ContentUnavailableError,
    NotFoundError,
    QuotaError,
    RateLimitError,
    ServerError,
)

FIRST_ERROR = 400
_LONGEST_DETAIL = 500
_READ_AT_MOST = 65_536
_FIRST_SERVER_ERROR = 500
_BAD_REQUEST = 400
_FAST = "not available for fast tier"
_QUERY = re.compile(r"(https?://[^\s?]+)\?[^\s\"'<>]+")
_BY_STATUS: dict[int, type[APIError]] = {
    401: AuthenticationError,
    402: QuotaError,
    403: AuthenticationError,
    404: NotFoundError,
    429: RateLimitError,
}
_FAILURES: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    (
        (requests.Timeout, urllib3.exceptions.TimeoutError),
        "timed out",
    ),
    (
        (requests.exceptions.SSLError, urllib3.exceptions.SSLError),
        "the TLS connection failed",
    ),
    (
        (requests.exceptions.ProxyError,),
        "the proxy refused or did not answer",
    ),
    (
        (requests.exceptions.ContentDecodingError, urllib3.exceptions.DecodeError),
        "the compressed answer is damaged",
    ),
    (
        (
            requests.ConnectionError,
            requests.exceptions.ChunkedEncodingError,
            urllib3.exceptions.HTTPError,
        ),
        "the connection broke, or the answer was cut short",
    ),
)


def error_for_status(status: int, detail: str = "") -> type[APIError]:
    """Return the error class of an HTTP status and the server's words."""
    if status == _BAD_REQUEST and _FAST in detail.lower():
        return ContentUnavailableError
    if status >= _FIRST_SERVER_ERROR:
        return ServerError
    return _BY_STATUS.get(status, APIError)


def read_detail(answer: requests.Response) -> str:
    """Read the server's own words: `{"detail": "text"}` or a list of problems.

    Of an answer that is no JSON, only the reason of its status.
    """
    try:
        body = answer.raw.read(_READ_AT_MOST, decode_content=True)
        detail = json.loads(body)["detail"]
    except (ValueError, KeyError, TypeError, OSError, urllib3.exceptions.HTTPError):
        return answer.reason or ""
    if isinstance(detail, list):
        detail = "; ".join(
            f"{'.'.join(str(p) for p in problem.get('loc', ()))}: {problem.get('msg')}"
            for problem in detail
            if isinstance(problem, dict)
        )
    text = _QUERY.sub(r"\1", " ".join(str(detail).split()))
    return text[:_LONGEST_DETAIL]


def describe(error: Exception) -> str:
    """Say what kind of failure it was; the text of `requests` holds the query."""
    if never_sent(error):
        return "could not connect"
    for kinds, text in _FAILURES:
        if isinstance(error, kinds):
            return text
    return type(error).__name__


def never_sent(error: Exception) -> bool:
    """Say whether the request surely did not reach the server."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, urllib3.exceptions.NewConnectionError) or isinstance(
        error, requests.ConnectTimeout
    )
