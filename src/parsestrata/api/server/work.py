"""Jobs that take their time: PENDING, RUNNING, then COMPLETED, FAILED or CANCELLED."""

import secrets
import string
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from parsestrata.api.server.answering import COMPLETED
from parsestrata.api.server.kept import Engine, Results

PENDING, RUNNING, FAILED, CANCELLED = "PENDING", "RUNNING", "FAILED", "CANCELLED"
UNFINISHED = (PENDING, RUNNING)
INTERRUPTED = "The server was stopped before the job was done"
_NO_PROJECT = "00000000-0000-0000-0000-000000000000"
_ALPHABET = string.digits + string.ascii_lowercase
_ID_LENGTH = 28


class _Work(NamedTuple):
    job: dict[str, Any]
    document: bytes
    configuration: Mapping[str, Any]


class Workshop:
    """Parses one document after the other in a thread of its own.

    Args:
        results: Where jobs and results are kept.
        engine: Makes the results.
    """

    def __init__(self, results: Results, engine: Engine | None) -> None:
        self._results = results
        self._engine = engine
        self._queue: SimpleQueue[_Work | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def begin(
        self,
        document: bytes,
        name: str,
        configuration: Mapping[str, Any],
        project: str | None,
    ) -> dict[str, Any]:
        """Take a document in.

        Returns:
            The job, PENDING.
        """
        now = _now()
        job = {
            "user_metadata": configuration.get("user_metadata"),
            "id": "pjb-"
            + "".join(secrets.choice(_ALPHABET) for _ in range(_ID_LENGTH)),
            "created_at": now,
            "updated_at": now,
            "project_id": project or _NO_PROJECT,
            "status": PENDING,
            "error_message": None,
            "name": name,
            "tier": configuration.get("tier"),
        }
        self._results.put_job(job)
        self._queue.put(_Work(job, document, configuration))
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()
        return job

    def cancel(self, job_id: str) -> dict[str, Any] | None:
        """Cancel a job; None when it is done already."""
        with self._lock:
            found = self._results.find(job_id)
            if found is None:
                return None
            with found:
                job = found.job
            if job["status"] not in UNFINISHED:
                return None
            changed = {**job, "status": CANCELLED, "updated_at": _now()}
            self._results.put_job(changed)
            return changed

    def close(self) -> None:
        """Stop after the document at hand; what was not done is FAILED then."""
        self._queue.put(None)
        if self._thread is not None:
            self._thread.join()
        while not self._queue.empty():
            work = self._queue.get()
            if work is not None:
                self._move(work.job["id"], FAILED, INTERRUPTED)

    def _run(self) -> None:
        while (work := self._queue.get()) is not None:
            if self._move(work.job["id"], RUNNING):
                self._parse(work)

    def _parse(self, work: _Work) -> None:
        job = work.job
        try:
            if self._engine is None:
                raise NotImplementedError  # noqa: TRY301 - told like all others
            with TemporaryDirectory() as folder:
                images = Path(folder)
                data = self._engine(
                    work.document, job["name"], work.configuration, images
                )
                self._keep(job, data, images)
        except Exception as error:  # noqa: BLE001 - whatever it is, the job says so
            self._move(job["id"], FAILED, str(error) or type(error).__name__)

    def _keep(self, job: Mapping[str, Any], data: bytes, images: Path) -> None:
        """Keep images and result of a job that was not cancelled meanwhile."""
        job_id = job["id"]
        with self._lock:
            if self._status(job_id) != RUNNING:
                return
            for image in sorted(images.iterdir()):
                self._results.put_file(job_id, image.name, image.read_bytes())
            done = {**job, "status": COMPLETED, "updated_at": _now()}
            self._results.put(data, job_id, job=done)

    def _move(self, job_id: str, status: str, message: str | None = None) -> bool:
        """Change the state of a job that is not done; False when it is."""
        with self._lock:
            found = self._results.find(job_id)
            if found is None:
                return False
            with found:
                job = found.job
            if job["status"] not in UNFINISHED:
                return False
            changed = {"status": status, "error_message": message, "updated_at": _now()}
            self._results.put_job({**job, **changed})
            return True

    def _status(self, job_id: str) -> str:
        found = self._results.find(job_id)
        if found is None:
            return ""
        with found:
            return str(found.job["status"])


def fail_unfinished(results: Results) -> int:
    """Mark jobs FAILED that an earlier server did not finish; returns how many."""
    unfinished = [job for job in results.jobs() if job.get("status") in UNFINISHED]
    for job in unfinished:
        results.put_job({**job, "status": FAILED, "error_message": INTERRUPTED})
    return len(unfinished)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
