"""Every error this package raises.

ParseStrataError
├─ ConfigError             bad option or no API key; says where it looked (also ValueError)
├─ MissingExtraError       names the extra to install (also ImportError)
├─ SourceError             what was given is not there, or is nothing that can be read
│  └─ EngineError          the local engine could not parse a document
│     ├─ UnsupportedFileError   no PDF, no office file, damaged or too large
│     ├─ PasswordError          encrypted; the password is wrong or missing
│     ├─ EngineTimeoutError     it took longer than it may (also TimeoutError)
│     └─ EngineCrashedError     the engine's process died or was out of memory
├─ AccountingError         an item is neither in a chunk nor in `dropped`: a fault of ours
├─ PageFailedError         a page failed and `on_failed_page="raise"`
│  └─ AllPagesFailedError  not one page of a document could be parsed
├─ FailedSourcesError      some of many sources failed; each with its own error
├─ APIError                url without query, status, the server's own words
│  ├─ TransportError       no answer at all
│  ├─ AuthenticationError  401, 403
│  ├─ QuotaError           402
│  ├─ NotFoundError        404
│  │  └─ ResultExpiredError   the job is COMPLETED, its result is no longer kept
│  ├─ ContentUnavailableError   400: a job of the fast tier has only text
│  ├─ RateLimitError       429 after the last retry
│  └─ ServerError          5xx after the last retry
├─ DownloadError           presigned URL expired or body cut short
├─ StoreError              the store cannot be read or written; the path
├─ ResponseError           the answer does not fit the v2 contract; where, and what was found
│  ├─ MalformedJSONError   not JSON, or cut short; the byte where it stops making sense
│  ├─ V1ResultError        a result of the LlamaParse v1 API
│  └─ MissingContentError  the result lacks what a split needs; names the `expand` value
└─ JobError                job id, status
   ├─ JobNotReadyError     PENDING or RUNNING
   ├─ JobFailedError       FAILED; the server's own words
   ├─ JobCancelledError    CANCELLED
   └─ JobTimeoutError      not done in time (also TimeoutError)

`ParseStrataWarning` is the one warning category.

Each error keeps its fields as attributes, hands them to `super().__init__` in
signature order and builds its text in `__str__`, so it survives pickling.
"""

from typing import ClassVar


class ParseStrataWarning(UserWarning):
    """Something went wrong that does not stop the work; it is in the report too."""


class ParseStrataError(Exception):
    """Base of every error this package raises."""


class ConfigError(ParseStrataError, ValueError):
    """An option is wrong or missing.

    Attributes:
        message: What was asked, what came, what to do.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return self.message


class MissingExtraError(ParseStrataError, ImportError):
    """A package that an extra brings is not installed.

    Attributes:
        module: The module that could not be imported.
        extra: The extra of this package that brings it.
    """

    def __init__(self, module: str, extra: str) -> None:
        super().__init__(module, extra)
        self.module = module
        self.extra = extra

    def __str__(self) -> str:
        return (
            f"{self.module} is not installed. "
            f'Install it with: pip install "parsestrata[{self.extra}]"'
        )


class SourceError(ParseStrataError):
    """A source is not there, or is nothing this package can read.

    Attributes:
        source: What was asked for, in the caller's words.
        problem: What was found, and what to do.
    """

    def __init__(self, source: str, problem: str) -> None:
        super().__init__(source, problem)
        self.source = source
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.source}: {self.problem}"


class EngineError(SourceError):
    """The local engine could not parse a document."""


class UnsupportedFileError(EngineError):
    """It is no PDF and no office file, or damaged, unreadable or too large."""


class PasswordError(EngineError):
    """The document is encrypted, and the password is wrong or missing."""


class EngineTimeoutError(EngineError, TimeoutError):
    """The document took longer to parse than it may; its process was ended."""


class EngineCrashedError(EngineError):
    """The engine's process died on the document; the caller's goes on."""


class AccountingError(ParseStrataError):
    """An item was lost or came out twice. This is a fault of the package.

    Attributes:
        source: The document.
        lost: Positions of items in no chunk and not dropped.
        doubled: Positions of items that came out more than once.
    """

    def __init__(
        self, source: str, lost: tuple[int, ...], doubled: tuple[int, ...]
    ) -> None:
        super().__init__(source, lost, doubled)
        self.source = source
        self.lost = lost
        self.doubled = doubled

    def __str__(self) -> str:
        return (
            f"{self.source}: items lost: {list(self.lost) or 'none'}, "
            f"items doubled: {list(self.doubled) or 'none'}"
        )


class PageFailedError(ParseStrataError):
    """A page could not be parsed and `on_failed_page="raise"`.

    Attributes:
        source: The document.
        page_number: 1-based source page.
        reason: The parser's own words.
    """

    def __init__(self, source: str, page_number: int, reason: str) -> None:
        super().__init__(source, page_number, reason)
        self.source = source
        self.page_number = page_number
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.source}: page {self.page_number} failed: {self.reason}"


class AllPagesFailedError(PageFailedError):
    """No page could be parsed; the fields are of the first. See `on_failed_page`."""

    def __str__(self) -> str:
        return f"{super().__str__()}. So did every other page"


class FailedSourcesError(ParseStrataError):
    """Some of many sources failed; what the others gave was handed out before.

    Attributes:
        failures: Source and its error, in order.
        total: How many sources there were.
    """

    def __init__(
        self, failures: tuple[tuple[str, ParseStrataError], ...], total: int
    ) -> None:
        super().__init__(failures, total)
        self.failures = failures
        self.total = total

    def __str__(self) -> str:
        causes = "; ".join(
            text if (text := str(error)).startswith(name) else f"{name}: {text}"
            for name, error in self.failures
        )
        text = f"{len(self.failures)} of {self.total} sources failed ({causes})"
        if len(self.failures) == self.total:
            return text
        return (
            f"{text}. The others were handed out before; with on_failed_job='report' "
            "this is no error and stands in the report"
        )


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


class StoreError(ParseStrataError):
    """The store cannot be read or written.

    Attributes:
        path: The folder or file.
        problem: What was found, and what to do.
    """

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(path, problem)
        self.path = path
        self.problem = problem

    def __str__(self) -> str:
        return f"store {self.path}: {self.problem}"


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


class JobError(ParseStrataError):
    """A job has no result.

    Attributes:
        job_id: The job.
        status: PENDING, RUNNING, FAILED, CANCELLED or a newer word of the server.
        detail: The server's own words, "" when it gave none.
    """

    def __init__(self, job_id: str, status: str, detail: str = "") -> None:
        super().__init__(job_id, status, detail)
        self.job_id = job_id
        self.status = status
        self.detail = detail

    def __str__(self) -> str:
        return f"job {self.job_id} is {self.status}" + (
            f": {self.detail}" if self.detail else ""
        )


class JobNotReadyError(JobError):
    """The job is still PENDING or RUNNING."""

    def __str__(self) -> str:
        return f"{super().__str__()}. Fetch its result when it is COMPLETED"


class JobFailedError(JobError):
    """The job FAILED."""


class JobCancelledError(JobError):
    """The job was CANCELLED."""


class JobTimeoutError(JobError, TimeoutError):
    """The job was not done in time; it may still be running."""

    def __init__(self, job_id: str, status: str, detail: str = "") -> None:
        super().__init__(job_id, status, detail)
        self.args = (job_id, status, detail)  # OSError takes the third for a file
