"""What goes wrong between the API and here, and with what it answered."""

from typing import ClassVar

from parsestrata.errors.asking import ParseStrataError


class APIError(ParseStrataError):
    """The API answered with an error.

    Attributes:
        url: What was asked, without its query.
        status: HTTP status, 0 when there was no answer.
        detail: The server's own words.
    """

    advice: ClassVar[str] = ""
    """What to do about it, appended to the text."""

    def __init__(self, url: str, status: int, detail: str) -> None:
        super().__init__(url, status, detail)
        self.url = url
        self.status = status
        self.detail = detail

    def __str__(self) -> str:
        answer = f"HTTP {self.status}" if self.status else "no answer"
        text = f"{self.url}: {answer}: {self.detail or 'no details given'}"
        return f"{text}. {self.advice}" if self.advice else text


class TransportError(APIError):
    """No complete answer came: connection refused, reset or timed out."""


class AuthenticationError(APIError):
    """401 or 403: the key is wrong, of another region or of another project."""

    advice = "Keys belong to one project and one region: check both, and the base URL"


class QuotaError(APIError):
    """402: the plan's credits are used up."""


class NotFoundError(APIError):
    """404: no such job, or its result has expired or is not there yet."""

    advice = (
        "Check the job id, the project and the region. A job of the v1 API, whose id "
        "does not begin with pjb-, may have to be parsed again with v2"
    )


class ResultExpiredError(NotFoundError):
    """404 although the job is COMPLETED: its result is no longer kept."""

    advice = "The job is done but its result has expired: parse the document again"


class ContentUnavailableError(APIError):
    """400: a job of the fast tier has no markdown and no items."""

    advice = (
        'A fast tier job may have text only: load it with split="page", or parse '
        "the document again with the tier cost_effective, agentic or agentic_plus"
    )


class RateLimitError(APIError):
    """429: too many requests."""

    advice = (
        "Wait a little and ask again, or set requests_per_minute "
        "(the free tier allows 20)"
    )


class ServerError(APIError):
    """5xx: the server failed."""


class DownloadError(ParseStrataError):
    """A file could not be downloaded whole.

    Attributes:
        url: Where from, without the signed query.
        status: HTTP status, 0 when there was no answer or it was cut short.
        detail: What happened.
    """

    def __init__(self, url: str, status: int, detail: str) -> None:
        super().__init__(url, status, detail)
        self.url = url
        self.status = status
        self.detail = detail

    def __str__(self) -> str:
        answer = f"HTTP {self.status}: " if self.status else ""
        return f"{self.url}: {answer}{self.detail}. Nothing was kept; try again"


class ResponseError(ParseStrataError):
    """A result does not fit the v2 contract.

    Attributes:
        source: The document.
        problem: Where it does not fit, what was found, what to do.
    """

    def __init__(self, source: str, problem: str) -> None:
        super().__init__(source, problem)
        self.source = source
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.source}: {self.problem}"


class MalformedJSONError(ResponseError):
    """A result is not JSON, or was cut short.

    Attributes:
        offset: Byte where the JSON stops making sense.
    """

    def __init__(self, source: str, problem: str, offset: int) -> None:
        super().__init__(source, problem)
        self.args = (source, problem, offset)
        self.offset = offset

    def __str__(self) -> str:
        return f"{self.source}: {self.problem} (byte {self.offset})"


class V1ResultError(ResponseError):
    """A result comes from the LlamaParse v1 API, whose fields mean other things."""


class MissingContentError(ResponseError):
    """A result lacks the content that a split needs; `problem` names the `expand`."""
