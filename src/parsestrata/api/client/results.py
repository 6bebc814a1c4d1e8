"""The result of one job: waited for, inline or by presigned files, never a part of it."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypedDict, TypeVar

import msgspec
import pydantic
from msgspec import Raw

from parsestrata.api.body import Body
from parsestrata.api.client.connection import PIECE, Call, Connection, TooLargeError
from parsestrata.api.client.transfer import Link, download
from parsestrata.api.expand import FILES, link_to, wants_content
from parsestrata.api.items import WireModel
from parsestrata.api.models import Job, ParseResult, ResultContentMetadata
from parsestrata.api.polling import (
    COMPLETED,
    STATUS_ERRORS,
    UNFINISHED,
    poll,
    status_error,
)
from parsestrata.api.stream import ResultStream
from parsestrata.errors import (
    DownloadError,
    JobNotReadyError,
    NotFoundError,
    ResponseError,
    ResultExpiredError,
)
from parsestrata.options import Transfer

PRESIGNED_ABOVE = 32 * 1024 * 1024
"""Bytes announced above which `transfer="auto"` takes presigned files."""

_BY_PAGE = ("items", "metadata", "forms")
"""Content whose file is what the inline answer has; markdown and text files are not."""

_NO_JOB = "the answer has no job. Is this the base URL of the v2 parse API?"
_Model = TypeVar("_Model", bound=WireModel)


class Scope(TypedDict, total=False):
    """Whose job it is, where that is not the client's own."""

    project_id: str | None
    organization_id: str | None


class Waiting(Scope, total=False):
    """What is done about a job that is not done."""

    wait: bool
    """Wait for it (the default), or raise `JobNotReadyError`."""
    polling_interval: float
    """Seconds before it is asked about again at first; 1 by default."""
    job_timeout: float
    """Seconds to wait for it; two hours by default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked of one job, and how long that may take."""

    url: str
    job_id: str
    expand: tuple[str, ...] = ()
    query: Mapping[str, Any]
    wait: bool = True
    polling_interval: float = 1.0
    job_timeout: float = 7200.0


def read_answer(model: type[_Model], body: Body, source: str) -> _Model:
    """Validate a body, and close it.

    Raises:
        ResponseError: It does not fit.
    """
    with body:
        data = body.read()
    try:
        return model.model_validate_json(data)
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the answer"
        problem = f"{where} is not what the v2 API answers: {first['msg']}"
        raise ResponseError(source, problem) from None


def get_job(connection: Connection, wanted: Wanted) -> Job:
    """Ask for the job alone."""
    body = connection.ask(Call("GET", wanted.url, wanted.query))
    job = read_answer(ParseResult, body, wanted.job_id).job
    if job is None:
        raise ResponseError(wanted.job_id, _NO_JOB)
    return job


def wait_for(connection: Connection, wanted: Wanted) -> Job:
    """Wait until the job is COMPLETED; raises what `poll` raises."""
    return poll(
        lambda: get_job(connection, wanted),
        interval=wanted.polling_interval,
        timeout=wanted.job_timeout,
        sleep=connection.sleep,
        clock=connection.clock,
    )


def fetch_result(connection: Connection, wanted: Wanted, transfer: Transfer) -> Body:
    """Get a result by the way that `transfer` names.

    Raises:
        ParseStrataError: It did not come whole.
    """
    if transfer == "inline":
        return fetch_inline(connection, wanted)
    if transfer == "auto":
        try:
            return fetch_inline(connection, wanted, PRESIGNED_ABOVE)
        except TooLargeError:
            pass
    body = _fetch_files(connection, wanted)
    return body or fetch_inline(connection, wanted)


def fetch_inline(
    connection: Connection, wanted: Wanted, largest: int | None = None
) -> Body:
    """Get the answer with its content in it, once the job has any.

    Raises:
        JobError: It has none.
        TooLargeError: See `Call.largest`.
    """
    query = {**wanted.query, "expand": list(wanted.expand)}
    call = Call("GET", wanted.url, query, largest=largest)
    body = _ask_for_content(connection, wanted, call)
    if body is None:
        wait_for(connection, wanted)
        body = _ask_for_content(connection, wanted, call)
    if body is None:
        detail = "is COMPLETED, but its result is not there yet"
        raise JobNotReadyError(wanted.job_id, COMPLETED, detail)
    return body


def _ask_for_content(connection: Connection, wanted: Wanted, call: Call) -> Body | None:
    """Ask once; None when the job is not done and may be waited for."""
    try:
        body = connection.ask(call)
    except NotFoundError as error:
        if not wants_content(wanted.expand):
            raise
        _explain_missing(connection, wanted, error)
        return None
    try:
        job = body.job() or _job_of(body, wanted)
    except BaseException:
        body.close()
        raise
    if job.status in STATUS_ERRORS and wants_content(wanted.expand):
        body.close()
        _refuse_without_result(job, wanted)
        return None
    return body


def _job_of(body: Body, wanted: Wanted) -> Job:
    """Read the job of an answer that has to be mended first.

    Raises:
        ResponseError: It is no answer of the API.
    """
    job = ResultStream(body.read(), wanted.job_id).job
    if job is None:
        raise ResponseError(wanted.job_id, _NO_JOB)
    return job


def _explain_missing(
    connection: Connection, wanted: Wanted, error: NotFoundError
) -> None:
    """Tell an unknown job from a result that has expired or is not there yet."""
    job = get_job(connection, wanted)
    if job.status == COMPLETED:
        raise ResultExpiredError(error.url, error.status, error.detail) from None
    _refuse_without_result(job, wanted)


def _refuse_without_result(job: Job, wanted: Wanted) -> None:
    if job.status not in UNFINISHED or not wanted.wait:
        raise status_error(job)


def _fetch_files(connection: Connection, wanted: Wanted) -> Body | None:
    """Put a result together from its files; None when the API lists none."""
    kinds = [name for name in wanted.expand if name in _BY_PAGE]
    if not kinds:
        return None
    inline = [name for name in wanted.expand if name not in kinds]
    asked = replace(wanted, expand=(*inline, *(link_to(kind) for kind in kinds)))
    with fetch_inline(connection, asked) as answer:
        data = answer.read()
    links = _read_links(data, wanted)
    if any(find_link(links, kind) is None for kind in kinds):
        return None
    body = Body()
    try:
        body.write(_open_envelope(data, kinds))
        for kind in kinds:
            body.write((b',"', kind.encode(), b'":'))
            _append_file(connection, asked, kind, _link(links, kind, wanted), body)
        body.write((b"}",))
    except BaseException:
        body.close()
        raise
    return body


def _open_envelope(data: bytes, kinds: Sequence[str]) -> list[bytes]:
    """Write the answer again without its end and without what files will bring."""
    left_out = {*kinds, "result_content_metadata"}
    fields: dict[str, Raw] = msgspec.json.decode(data, type=dict[str, Raw])
    pieces = [b'{"result_content_metadata":null']
    for name, value in fields.items():
        if name not in left_out:
            pieces += [b",", msgspec.json.encode(name), b":", bytes(value)]
    return pieces


def _append_file(
    connection: Connection, wanted: Wanted, kind: str, link: Link, body: Body
) -> None:
    def renew() -> Link:
        return link_from(fetch_inline(connection, wanted), kind, wanted)

    with tempfile.TemporaryFile() as file:
        download(connection, link, renew, file)
        file.seek(0)
        body.write(iter(lambda: file.read(PIECE), b""))


Links = Mapping[str, ResultContentMetadata | None]


def _read_links(data: bytes, wanted: Wanted) -> Links:
    try:
        raw = msgspec.json.decode(data, type=dict[str, Raw])
        only = b'{"result_content_metadata":%b}' % bytes(
            raw.get("result_content_metadata", Raw(b"null"))
        )
        return ParseResult.model_validate_json(only).result_content_metadata or {}
    except (msgspec.DecodeError, pydantic.ValidationError):
        problem = "`result_content_metadata` is not what the v2 API answers"
        raise ResponseError(wanted.job_id, problem) from None


def find_link(links: Links, kind: str) -> ResultContentMetadata | None:
    """Look a file up under every key that the API may list it by."""
    for key in FILES.get(kind, (kind,)):
        entry = links.get(key)
        if entry is not None and entry.exists and entry.presigned_url:
            return entry
    return None


def _link(links: Links, kind: str, wanted: Wanted) -> Link:
    entry = find_link(links, kind)
    if entry is None or entry.presigned_url is None:
        raise DownloadError(wanted.url, 0, f"the job has no {kind} file")
    return Link(entry.presigned_url, entry.size_bytes)


def link_from(body: Body, kind: str, wanted: Wanted) -> Link:
    """Read where a file is from an answer, and close the answer.

    Raises:
        DownloadError: The job has no such file.
    """
    with body:
        return _link(_read_links(body.read(), wanted), kind, wanted)
