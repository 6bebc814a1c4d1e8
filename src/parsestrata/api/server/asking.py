"""What a request asks for, checked; what is wrong is told in the API's own form."""

import base64
import binascii
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request

from parsestrata.api.expand import EXPAND

JOB_NOT_FOUND = "Parse job not found"
STATUSES = ("PENDING", "RUNNING", "COMPLETED", "FAILED", "CANCELLED")
_JOB_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_DEFAULT_PAGE, _LARGEST_PAGE = 50, 1000
_ECHOED = 200
NOT_FOUND, BAD_REQUEST, UNPROCESSABLE = 404, 400, 422


class UnprocessableError(Exception):
    """The request is not what the endpoint takes: 422.

    Attributes:
        problems: As `detail` lists them.
    """

    def __init__(self, *problems: dict[str, Any]) -> None:
        super().__init__(*problems)
        self.problems = list(problems)


def problem(kind: str, where: Sequence[str | int], text: str, given: Any) -> Any:
    """Describe one thing that is wrong."""
    shown = given[:_ECHOED] if isinstance(given, str) else given
    return {"type": kind, "loc": list(where), "msg": text, "input": shown}


def read_expand(request: Request) -> tuple[str, ...]:
    """Read `expand`: repeated, comma-separated or both.

    Raises:
        UnprocessableError: A value does not exist.
    """
    given = request.query_params.getlist("expand")
    names = [n.strip() for value in given for n in value.split(",") if n.strip()]
    wrong = [
        problem(
            "enum",
            ["query", "expand", place],
            f"Input should be {', '.join(repr(value) for value in EXPAND)}",
            name,
        )
        for place, name in enumerate(names)
        if name not in EXPAND
    ]
    if wrong:
        raise UnprocessableError(*wrong)
    return tuple(dict.fromkeys(names))


def read_job_id(request: Request) -> str:
    """Read the job id of the path.

    Raises:
        HTTPException: It is none, so there is no such job.
    """
    job_id: str = request.path_params["job_id"]
    if not _JOB_ID.fullmatch(job_id):
        raise HTTPException(NOT_FOUND, JOB_NOT_FOUND)
    return job_id


def read_project(request: Request) -> str | None:
    """Read `project_id`, and check `organization_id` on the way.

    Raises:
        UnprocessableError: One of them is no UUID.
    """
    _read_uuid(request, "organization_id")
    return _read_uuid(request, "project_id")


def _read_uuid(request: Request, name: str) -> str | None:
    given = request.query_params.get(name)
    if not given:
        return None
    try:
        return str(UUID(given))
    except ValueError:
        text = "Input should be a valid UUID"
        raise UnprocessableError(
            problem("uuid_parsing", ["query", name], text, given)
        ) from None


def is_of_project(job: dict[str, Any], project: str | None) -> bool:
    """Say whether a job belongs to the project that was named, if one was."""
    return project is None or str(job.get("project_id") or "").lower() == project


class Listing:
    """Which jobs are listed, and from where on.

    Raises:
        UnprocessableError: A filter is not what it should be.
        HTTPException: The page token is none.
    """

    def __init__(self, request: Request) -> None:
        query = request.query_params
        self.project = read_project(request)
        self.status = query.get("status")
        self.job_ids = frozenset(query.getlist("job_ids"))
        self.after = _read_moment(request, "created_at_on_or_after")
        self.before = _read_moment(request, "created_at_on_or_before")
        self.page_size = _read_size(request)
        self.token = _read_token(query.get("page_token"))
        if self.status and self.status not in STATUSES:
            text = f"Input should be {', '.join(repr(s) for s in STATUSES)}"
            where = ["query", "status"]
            raise UnprocessableError(problem("enum", where, text, self.status))

    def takes(self, job: dict[str, Any]) -> bool:
        """Say whether a job passes every filter."""
        created = read_time(job.get("created_at"))
        return (
            is_of_project(job, self.project)
            and (not self.status or job.get("status") == self.status)
            and (not self.job_ids or job.get("id") in self.job_ids)
            and (self.after is None or created >= self.after)
            and (self.before is None or created <= self.before)
        )


def place_of(job: dict[str, Any]) -> tuple[str, str]:
    """Return what jobs are ordered by, the newest last."""
    created = read_time(job.get("created_at")).astimezone(UTC)
    return created.isoformat(timespec="microseconds"), str(job.get("id"))


def write_token(job: dict[str, Any]) -> str:
    """Return the token of the page that begins after a job."""
    return base64.urlsafe_b64encode(json.dumps(place_of(job)).encode()).decode()


def _read_token(token: str | None) -> tuple[str, str] | None:
    if not token:
        return None
    try:
        created, job_id = json.loads(base64.urlsafe_b64decode(token))
    except (binascii.Error, ValueError, TypeError):
        raise HTTPException(BAD_REQUEST, "Invalid page token") from None
    return str(created), str(job_id)


def _read_size(request: Request) -> int:
    given = request.query_params.get("page_size")
    if not given:
        return _DEFAULT_PAGE
    if given.isascii() and given.isdigit() and 1 <= int(given[:9]) <= _LARGEST_PAGE:
        return int(given)
    text = f"Input should be a valid integer from 1 to {_LARGEST_PAGE}"
    where = ["query", "page_size"]
    raise UnprocessableError(problem("int_parsing", where, text, given))


def _read_moment(request: Request, name: str) -> datetime | None:
    given = request.query_params.get(name)
    if not given:
        return None
    try:
        return _aware(datetime.fromisoformat(given.replace(" ", "+")))
    except ValueError:
        text = "Input should be a valid datetime"
        raise UnprocessableError(
            problem("datetime_from_date_parsing", ["query", name], text, given)
        ) from None


def read_time(text: Any) -> datetime:
    """Read a time of a job; one that cannot be read is before all others."""
    try:
        return _aware(datetime.fromisoformat(str(text)))
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
