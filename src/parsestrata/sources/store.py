"""Results on disk by job id: compressed, whole or not there, used before the network.

    DIR/store.json            the version of this format
    DIR/results/JOB_ID.zip    one result: the job, and each content as a member
    DIR/files/JOB_ID/NAME     images and other files, where somebody put them

A result takes its place by a rename, so a process that is killed leaves none in part,
and any number of processes may fill one store.
"""

import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Raw

from parsestrata.api.addresses import check_job_id
from parsestrata.api.models import Job
from parsestrata.api.placing import replace_whole
from parsestrata.api.stream import ResultStream
from parsestrata.errors import StoreError
from parsestrata.sources.archive import (
    Archive,
    Contents,
    open_archive,
    write_archive,
)

FORMAT = 1
"""Of the store; a newer one is refused."""

_FORMAT_FILE = "store.json"
_SUFFIX = ".zip"
_STALE = 3600.0
"""Seconds after which a file half written is surely nobody's any more."""
_NO_PROJECT = "00000000-0000-0000-0000-000000000000"
_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
_ID_LENGTH = 28
_SIGNED = "presigned_url"


class Store:
    """A folder of results.

    Args:
        folder: Made when it is not there.

    Raises:
        StoreError: It is a file, cannot be written, or a newer version made it.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._results = self.folder / "results"
        self._jobs: dict[str, tuple[tuple[int, int], dict[str, Any]]] = {}
        try:
            self._results.mkdir(parents=True, exist_ok=True)
            self._check_format()
            self._sweep()
        except OSError as error:
            problem = f"cannot be used as a folder ({error.strerror})"
            raise StoreError(str(folder), problem) from None

    def __repr__(self) -> str:
        return f"Store({str(self.folder)!r})"

    def put(
        self,
        data: bytes,
        job_id: str | None = None,
        name: str | None = None,
        job: Mapping[str, Any] | None = None,
        asked: tuple[str, ...] = (),
    ) -> str:
        """Keep a result; content that an earlier one had and this has not stays.

        Presigned URLs are not kept: they are secrets, and expire.

        Args:
            data: The answer of the API, or a result saved from it.
            job_id: None for the result's own; without one, made from the content.
            name: The document's name, for a result that has no job.
            job: In place of the result's own.
            asked: What `expand` named: what of it is null does not exist, and need
                not be asked for again.

        Returns:
            The job id.

        Raises:
            ResponseError: It is no v2 result.
            StoreError: It cannot be written; what was there stays.
        """
        result = ResultStream(data, name or job_id or "<bytes>")
        fields = msgspec.json.decode(result.data, type=dict[str, Raw])
        if job is None and result.job is None:
            job = _make_job(result.data, name)
        elif job is None:
            job = msgspec.json.decode(fields["job"], type=dict[str, Any])
        fields.setdefault("job", Raw(b"null"))
        key = check_job_id(str(job["id"]) if job_id is None else job_id)
        contents = Contents(
            job=dict(job), sections=_sections(fields), keys=tuple(fields), asked=asked
        )
        self._write(key, contents)
        return key

    def put_job(self, job: Mapping[str, Any]) -> None:
        """Keep the state of a job; the content it has stays.

        Raises:
            StoreError: It cannot be written.
        """
        self._write(check_job_id(str(job["id"])), Contents(job=dict(job)))

    def _write(self, job_id: str, contents: Contents) -> None:
        earlier = self.find(job_id)
        try:
            with replace_whole(self._path(job_id)) as file:
                write_archive(file, contents, earlier)
        finally:
            if earlier is not None:
                earlier.close()

    def find(self, job_id: str) -> Archive | None:
        """Open what is kept of a job; the caller closes it.

        Returns:
            None when there is nothing, or it is damaged.
        """
        try:
            return open_archive(self._path(check_job_id(job_id)))
        except FileNotFoundError:
            return None
        except StoreError:
            return None

    def holds(self, job_id: str, expand: tuple[str, ...]) -> bool:
        """Say whether all content that `expand` names is there, or does not exist."""
        found = self.find(job_id)
        if found is None:
            return False
        with found:
            return all(found.has(n) or n in found.asked for n in expand)

    def read(self, job_id: str) -> bytes:
        """Return a result as the API gave it, with all content that is there.

        Raises:
            StoreError: It is not there, or is damaged.
        """
        found = self.find(job_id)
        if found is None:
            raise StoreError(str(self.folder), f"has no result of job {job_id}")
        with found:
            return found.read()

    def job(self, job_id: str) -> Job | None:
        """Return a job alone; None when it is not there."""
        found = self.find(job_id)
        if found is None:
            return None
        with found:
            return Job.model_validate_json(json.dumps(found.job))

    def job_ids(self) -> list[str]:
        """Return the ids of all jobs, sorted."""
        found = self._results.glob(f"*{_SUFFIX}")
        return sorted(p.stem for p in found if not p.name.startswith("."))

    def jobs(self) -> Iterator[dict[str, Any]]:
        """Yield every job as the API describes it; damaged ones are left out."""
        for job_id in self.job_ids():
            path = self._path(job_id)
            try:
                facts = path.stat()
            except OSError:
                continue
            seen = (facts.st_mtime_ns, facts.st_ino)
            known = self._jobs.get(job_id)
            if known is None or known[0] != seen:
                found = self.find(job_id)
                if found is None:
                    continue
                with found:
                    known = self._jobs[job_id] = (seen, found.job)
            yield known[1]

    def delete(self, job_id: str) -> None:
        """Forget a job, its result and its files.

        Raises:
            StoreError: It cannot be removed.
        """
        try:
            self._path(check_job_id(job_id)).unlink(missing_ok=True)
            for path in self.files(job_id).values():
                path.unlink(missing_ok=True)
        except OSError as error:
            problem = f"cannot remove job {job_id} ({error.strerror})"
            raise StoreError(str(self.folder), problem) from None

    def files(self, job_id: str) -> dict[str, Path]:
        """Return the files of a job by name."""
        folder = self.folder / "files" / check_job_id(job_id)
        if not folder.is_dir():
            return {}
        return {path.name: path for path in sorted(folder.iterdir()) if path.is_file()}

    def put_file(self, job_id: str, name: str, data: bytes) -> None:
        """Keep a file of a job, such as an image.

        Raises:
            StoreError: The name is no plain file name, or it cannot be written.
        """
        if Path(name).name != name or name in {"", ".", ".."}:
            raise StoreError(str(self.folder), f"{name!r} is no plain file name")
        folder = self.folder / "files" / check_job_id(job_id)
        with replace_whole(folder / name) as file:
            file.write(data)

    def _path(self, job_id: str) -> Path:
        return self._results / f"{job_id}{_SUFFIX}"

    def _check_format(self) -> None:
        path = self.folder / _FORMAT_FILE
        try:
            found = json.loads(path.read_bytes())["format"]
        except FileNotFoundError:
            with replace_whole(path) as file:
                file.write(json.dumps({"format": FORMAT}).encode())
            return
        except (ValueError, KeyError, TypeError):
            problem = f"{_FORMAT_FILE} is damaged. Is this the folder of a store?"
            raise StoreError(str(self.folder), problem) from None
        if not isinstance(found, int) or found > FORMAT:
            problem = (
                f"was made by a newer version (format {found}). Update parsestrata"
            )
            raise StoreError(str(self.folder), problem)

    def _sweep(self) -> None:
        """Remove what killed processes left half written."""
        for path in self._results.glob(".*.part"):
            try:
                if time.time() - path.stat().st_mtime > _STALE:
                    path.unlink(missing_ok=True)
            except FileNotFoundError:
                continue


def _sections(fields: Mapping[str, Raw]) -> dict[str, Raw]:
    """Return every content that is there, without presigned URLs."""
    sections = {
        name: value
        for name, value in fields.items()
        if name not in {"job", "result_content_metadata"}
        and bytes(memoryview(value)[:5]) != b"null"
    }
    images = sections.get("images_content_metadata")
    if images is not None:
        listed = msgspec.json.decode(images)
        for image in listed.get("images", ()):
            if isinstance(image, dict) and _SIGNED in image:
                image[_SIGNED] = None
        sections["images_content_metadata"] = Raw(msgspec.json.encode(listed))
    return sections


def _make_job(data: bytes, name: str | None) -> dict[str, Any]:
    """Make a job for a result saved without one: the same content, the same id."""
    number = int.from_bytes(hashlib.sha256(data).digest())
    digits = ""
    for _ in range(_ID_LENGTH):
        number, digit = divmod(number, len(_ALPHABET))
        digits += _ALPHABET[digit]
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return {
        "user_metadata": None,
        "id": f"pjb-{digits}",
        "created_at": now,
        "updated_at": now,
        "project_id": _NO_PROJECT,
        "status": "COMPLETED",
        "error_message": None,
        "name": name,
        "tier": None,
    }
