"""GET a result: the only user of `requests`."""

import re
from urllib.parse import quote

import requests

from parsestrata.errors import (
    APIError,
    AuthenticationError,
    ConfigError,
    NotFoundError,
    QuotaError,
    RateLimitError,
    ServerError,
    TransportError,
)

DEFAULT_BASE_URL = "https://api.cloud.llamaindex.ai"
_CONNECT_TIMEOUT = 10.0
_LONGEST_DETAIL = 500
_JOB_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_UNAUTHORISED = (401, 403)
_PAYMENT_REQUIRED = 402
_NOT_FOUND = 404
_TOO_MANY = 429
_FIRST_ERROR = 300
_FIRST_SERVER_ERROR = 500


class ParseClient:
    """Reads results of the v2 parse API.

    Args:
        api_key: Sent to the API's own host and nowhere else.
        base_url: With or without a scheme; None for the US region.
        project_id: Sent along when given.
        organization_id: Sent along when given.
        timeout: Seconds to wait for one answer.
    """

    def __init__(
        self,
        api_key: str,
        base_url: str | None = None,
        project_id: str | None = None,
        organization_id: str | None = None,
        timeout: float = 300.0,
    ) -> None:
        self._base_url = normalise_base_url(base_url or DEFAULT_BASE_URL)
        self._api_key = api_key
        self._scope = {"project_id": project_id, "organization_id": organization_id}
        self._timeout = timeout

    def __repr__(self) -> str:
        return f"ParseClient(base_url={self._base_url!r})"

    def get(self, job_id: str, expand: tuple[str, ...] = ()) -> bytes:
        """Fetch one job, with the content that `expand` names.

        Args:
            job_id: As the API gave it.
            expand: Values of the reference page: items, metadata, markdown, text.

        Returns:
            The body, as it came.

        Raises:
            ConfigError: This is no job id.
            APIError: The API refused or did not answer; one class for each reason.

        Source:
            GET /api/v2/parse/{job_id}
        """
        if not _JOB_ID.fullmatch(job_id):
            message = f"{job_id[:80]!r} is no job id: letters, digits, - and _ only"
            raise ConfigError(message)
        url = f"{self._base_url}/api/v2/parse/{quote(job_id)}"
        query = {"expand": list(expand), **{k: v for k, v in self._scope.items() if v}}
        try:
            answer = requests.get(
                url,
                params=query,
                headers={"Authorization": f"Bearer {self._api_key}"},
                timeout=(_CONNECT_TIMEOUT, self._timeout),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise TransportError(url, 0, _describe(error)) from None
        if answer.status_code >= _FIRST_ERROR:
            kind = error_for_status(answer.status_code)
            raise kind(url, answer.status_code, _detail(answer))
        return answer.content


def normalise_base_url(base_url: str) -> str:
    """Add a missing scheme and drop a trailing slash.

    Raises:
        ConfigError: The URL holds a query, a fragment or credentials.
    """
    url = base_url.strip().rstrip("/")
    if "://" not in url:
        url = f"https://{url}"
    if not re.fullmatch(r"https?://[^\s/?#@]+(?:/[^\s?#@]*)?", url):
        message = f"base_url: expected https://host, got {url.split('?')[0][:80]!r}"
        raise ConfigError(message)
    return url


def error_for_status(status: int) -> type[APIError]:
    """Return the error class of an HTTP status."""
    if status in _UNAUTHORISED:
        return AuthenticationError
    if status >= _FIRST_SERVER_ERROR:
        return ServerError
    known: dict[int, type[APIError]] = {
        _PAYMENT_REQUIRED: QuotaError,
        _NOT_FOUND: NotFoundError,
        _TOO_MANY: RateLimitError,
    }
    return known.get(status, APIError)


def _detail(answer: requests.Response) -> str:
    """Read the server's own words: `{"detail": "text"}` or a list of problems."""
    try:
        detail = answer.json()["detail"]
    except (ValueError, KeyError, TypeError):
        return answer.reason or ""
    if isinstance(detail, list):
        detail = "; ".join(
            f"{'.'.join(str(p) for p in problem.get('loc', ()))}: {problem.get('msg')}"
            for problem in detail
            if isinstance(problem, dict)
        )
    return str(detail)[:_LONGEST_DETAIL]


def _describe(error: requests.RequestException) -> str:
    """Say what kind of failure it was; the text of `requests` holds the query."""
    if isinstance(error, requests.Timeout):
        return "timed out"
    if isinstance(error, requests.exceptions.SSLError):
        return "the TLS connection failed"
    if isinstance(error, requests.ConnectionError):
        return "could not connect, or the connection broke"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the answer was cut short"
    return type(error).__name__
