"""Waiting for a job: one loop, a growing interval, a deadline that no clock moves."""

from collections.abc import Callable

from parsestrata.api.models import Job
from parsestrata.errors import (
    JobCancelledError,
    JobError,
    JobFailedError,
    JobNotReadyError,
    JobTimeoutError,
)

COMPLETED = "COMPLETED"
UNFINISHED = ("PENDING", "RUNNING")
STATUS_ERRORS: dict[str, type[JobError]] = {
    "PENDING": JobNotReadyError,
    "RUNNING": JobNotReadyError,
    "FAILED": JobFailedError,
    "CANCELLED": JobCancelledError,
}
_GROWTH = 1.5
_LONGEST_INTERVAL = 10.0


def poll(
    get_job: Callable[[], Job],
    *,
    interval: float,
    timeout: float,
    sleep: Callable[[float], object],
    clock: Callable[[], float],
) -> Job:
    """Ask until the job is COMPLETED; asked at once, and a last time at the deadline.

    Args:
        get_job: Asks the API.
        interval: Seconds before the second time; grows by half each time, up to 10,
            or stays when it is longer than that.
        timeout: Seconds for all of it.
        sleep: Called with seconds.
        clock: Seconds that only grow.

    Raises:
        JobFailedError: FAILED, with the server's own words.
        JobCancelledError: CANCELLED.
        JobTimeoutError: Still PENDING or RUNNING at the deadline.
        JobError: A status that nobody knows: waiting might never end.
    """
    deadline = clock() + timeout
    cap = max(interval, _LONGEST_INTERVAL)
    while True:
        job = get_job()
        if job.status == COMPLETED:
            return job
        if job.status not in UNFINISHED:
            raise status_error(job)
        left = deadline - clock()
        if left <= 0:
            detail = f"not done after {timeout:g} s; it may still be running"
            raise JobTimeoutError(job.id, job.status, detail)
        sleep(min(interval, left))
        interval = min(interval * _GROWTH, cap)


def status_error(job: Job) -> JobError:
    """Make the error of a job that has no result."""
    kind = STATUS_ERRORS.get(job.status)
    if kind is None:
        detail = job.error_message or "a status that this version does not know"
        return JobError(job.id, job.status, detail)
    return kind(job.id, job.status, job.error_message or "")
