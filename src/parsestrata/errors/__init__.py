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
├─ ToolCallError           a tool of `parsestrata.agent` was called with what is not there
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

from parsestrata.errors.answering import (
    APIError,
    AuthenticationError,
    ContentUnavailableError,
    DownloadError,
    MalformedJSONError,
    MissingContentError,
    NotFoundError,
    QuotaError,
    RateLimitError,
    ResponseError,
    ResultExpiredError,
    ServerError,
    TransportError,
    V1ResultError,
)
from parsestrata.errors.asking import (
    ConfigError,
    MissingExtraError,
    ParseStrataError,
    ParseStrataWarning,
    ToolCallError,
)
from parsestrata.errors.jobs import (
    JobCancelledError,
    JobError,
    JobFailedError,
    JobNotReadyError,
    JobTimeoutError,
)
from parsestrata.errors.reading import (
    AccountingError,
    AllPagesFailedError,
    EngineCrashedError,
    EngineError,
    EngineTimeoutError,
    FailedSourcesError,
    PageFailedError,
    PasswordError,
    SourceError,
    StoreError,
    UnsupportedFileError,
)

__all__ = [
    "APIError",
    "AccountingError",
    "AllPagesFailedError",
    "AuthenticationError",
    "ConfigError",
    "ContentUnavailableError",
    "DownloadError",
    "EngineCrashedError",
    "EngineError",
    "EngineTimeoutError",
    "FailedSourcesError",
    "JobCancelledError",
    "JobError",
    "JobFailedError",
    "JobNotReadyError",
    "JobTimeoutError",
    "MalformedJSONError",
    "MissingContentError",
    "MissingExtraError",
    "NotFoundError",
    "PageFailedError",
    "ParseStrataError",
    "ParseStrataWarning",
    "PasswordError",
    "QuotaError",
    "RateLimitError",
    "ResponseError",
    "ResultExpiredError",
    "ServerError",
    "SourceError",
    "StoreError",
    "ToolCallError",
    "TransportError",
    "UnsupportedFileError",
    "V1ResultError",
]
