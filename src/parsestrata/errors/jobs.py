"""Jobs that have no result."""

from parsestrata.errors.asking import ParseStrataError


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
