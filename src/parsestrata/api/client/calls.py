"""The calls of the v2 parse API: get, wait, list, upload, cancel, delete, download."""

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, Unpack

from parsestrata.api.addresses import check_job_id, find_base_url
from parsestrata.api.body import Body
from parsestrata.api.client.connection import Call, Connection
from parsestrata.api.client.files import download_all, download_to
from parsestrata.api.client.results import (
    Scope,
    Waiting,
    Wanted,
    fetch_inline,
    fetch_result,
    link_from,
    read_answer,
    wait_for,
)
from parsestrata.api.client.retry import RetryPolicy
from parsestrata.api.client.transfer import Link
from parsestrata.api.expand import IMAGES, check_expand, check_file_kind, link_to
from parsestrata.api.models import Job, JobPage, ParseResult
from parsestrata.api.placing import opened
from parsestrata.errors import DownloadError
from parsestrata.options import Region, Transfer, find_api_key

_PATH = "/api/v2/parse"


class ParseClient:
    """Speaks to the v2 parse API; any number of threads may share one.

    Args:
        api_key: None: `LLAMA_CLOUD_API_KEY`, then `LLAMA_PARSE_API_KEY`. Sent to the
            API's own host and nowhere else.
        base_url: With or without a scheme; None: the region, then
            `LLAMA_CLOUD_BASE_URL`, then the US region.
        region: `us` or `eu`. A key works in its own region only.
        project_id: Sent along when given; a call may name another.
        organization_id: Sent along when given; a call may name another.
        timeout: Seconds without a byte from the server until it counts as gone.
        retry: What is done about failures that may pass.
        requests_per_minute: Cap over all threads that share the client.
        sleep: Called with seconds; None for a sleep that `close` ends.
        clock: Seconds that only grow.

    Raises:
        ConfigError: No key, no region of that name, or no URL.
    """

    def __init__(
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        *,
        region: Region | None = None,
        project_id: str | None = None,
        organization_id: str | None = None,
        timeout: float = 300.0,
        retry: RetryPolicy | None = None,
        requests_per_minute: int | None = None,
        sleep: Callable[[float], object] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if not base_url and not region:
            base_url = os.environ.get("LLAMA_CLOUD_BASE_URL")
        self.base_url = find_base_url(base_url, region)
        self._scope = {"project_id": project_id, "organization_id": organization_id}
        self._connection = Connection(
            find_api_key(api_key),
            timeout,
            retry or RetryPolicy(),
            requests_per_minute=requests_per_minute,
            sleep=sleep,
            clock=clock,
        )

    def __repr__(self) -> str:
        return f"ParseClient(base_url={self.base_url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back; what other threads still ask for ends soon."""
        self._connection.close()

    def get(
        self,
        job_id: str,
        expand: Sequence[str] = (),
        *,
        image_filenames: Sequence[str] | str | None = None,
        **waiting: Unpack[Waiting],
    ) -> ParseResult:
        """Get a job, with the content that `expand` names.

        Without content asked for, a job of any status is returned as it is.

        Args:
            job_id: As the API gave it.
            expand: Values of the reference page, in one text or many.
            image_filenames: Limits `images_content_metadata` to these.
            **waiting: Fields of `Waiting`.

        Raises:
            ConfigError: No such `expand`, or no job id; before any request.
            JobNotReadyError: Not done and `wait=False`.
            JobError: FAILED, CANCELLED or not done in time.
            NotFoundError: No such job; `ResultExpiredError` when only its result went.
            APIError: The API refused or did not answer; one class for each reason.
            ResponseError: The answer does not fit the contract.

        Source:
            GET /api/v2/parse/{job_id}
        """
        wanted = self._wanted(job_id, expand, waiting, image_filenames)
        body = fetch_inline(self._connection, wanted)
        return read_answer(ParseResult, body, job_id)

    def fetch(
        self,
        job_id: str,
        expand: Sequence[str],
        *,
        transfer: Transfer = "auto",
        **waiting: Unpack[Waiting],
    ) -> Body:
        """Get the result of a job as it came, to be scanned or stored.

        Args:
            job_id: As for `get`.
            expand: As for `get`.
            transfer: `inline` in the answer; `presigned`: items, metadata and forms as
                files that are resumed when they break off; `auto`: inline unless the
                answer is large or breaks off when it is.
            **waiting: Fields of `Waiting`.

        Returns:
            The body; its `open` scans it, its `close` forgets it.

        Raises:
            ParseStrataError: As for `get`.
            DownloadError: A file did not come whole.
        """
        wanted = self._wanted(job_id, expand, waiting)
        return fetch_result(self._connection, wanted, transfer)

    def wait(
        self,
        job_id: str,
        polling_interval: float = 1.0,
        timeout: float = 7200.0,
        **scope: Unpack[Scope],
    ) -> Job:
        """Wait until a job is COMPLETED.

        Args:
            job_id: As for `get`.
            polling_interval: Seconds before the second time it is asked about; grows.
            timeout: Seconds for all of it, by a clock that only grows.
            **scope: Fields of `Scope`.

        Raises:
            JobFailedError: FAILED, with the server's own words.
            JobCancelledError: CANCELLED.
            JobTimeoutError: Not done in time.
            APIError: As for `get`.
        """
        waiting: Waiting = {
            "polling_interval": polling_interval,
            "job_timeout": timeout,
            **scope,  # type: ignore[typeddict-item]
        }
        return wait_for(self._connection, self._wanted(job_id, (), waiting))

    def list(
        self,
        *,
        status: str | None = None,
        job_ids: Sequence[str] | None = None,
        created_at_on_or_after: datetime | str | None = None,
        created_at_on_or_before: datetime | str | None = None,
        page_size: int | None = None,
        **scope: Unpack[Scope],
    ) -> Iterator[Job]:
        """Yield the project's jobs, page after page.

        Args:
            status: Only jobs with this status.
            job_ids: Only these.
            created_at_on_or_after: Inclusive; ISO 8601 when it is text.
            created_at_on_or_before: Inclusive.
            page_size: Jobs in one answer; None for what the API likes.
            **scope: Fields of `Scope`.

        Raises:
            APIError: As for `get`.

        Source:
            GET /api/v2/parse
        """
        query = self._query(scope) | {
            "status": status,
            "job_ids": None if job_ids is None else list(job_ids),
            "created_at_on_or_after": _iso(created_at_on_or_after),
            "created_at_on_or_before": _iso(created_at_on_or_before),
            "page_size": page_size,
        }
        url = f"{self.base_url}{_PATH}"
        token: str | None = None
        while True:
            call = Call("GET", url, {**query, "page_token": token})
            page = read_answer(JobPage, self._connection.ask(call), "list of jobs")
            yield from page.items
            if not page.next_page_token or page.next_page_token == token:
                return
            token = page.next_page_token

    def upload(
        self,
        file: str | Path | IO[bytes],
        tier: str = "agentic",
        version: str = "latest",
        configuration: Mapping[str, Any] | None = None,
        **scope: Unpack[Scope],
    ) -> Job:
        """Upload a document and begin to parse it.

        Sent again only when the server surely did nothing with it.

        Args:
            file: Its path, or an open binary file, which is left open.
            tier: fast, cost_effective, agentic, agentic_plus.
            version: `latest`, or a dated version of the tier.
            configuration: Further options of the API, as it names them.
            **scope: Fields of `Scope`.

        Raises:
            SourceError: There is no such file.
            APIError: As for `get`.

        Source:
            POST /api/v2/parse/upload
        """
        options = {**(configuration or {}), "tier": tier, "version": version}
        fields = {"configuration": (None, json.dumps(options))}
        url, query = f"{self.base_url}{_PATH}/upload", self._query(scope)
        with opened(file) as (name, stream):

            def make_files() -> dict[str, Any]:
                stream.seek(0)
                return {"file": (name, stream), **fields}

            body = self._connection.ask(Call("POST", url, query, make_files))
        return read_answer(Job, body, name)

    def cancel(self, job_id: str, **scope: Unpack[Scope]) -> Job:
        """Cancel a job that is not done.

        Raises:
            APIError: It is done already, or as for `get`.

        Source:
            POST /api/v2/parse/{job_id}/cancel
        """
        call = Call("POST", f"{self._url(job_id)}/cancel", self._query(scope))
        return read_answer(Job, self._connection.ask(call), job_id)

    def delete(self, job_id: str, **scope: Unpack[Scope]) -> None:
        """Delete a job that is done, and its result.

        Raises:
            APIError: It is not done, or as for `get`.

        Source:
            DELETE /api/v2/parse/{job_id}
        """
        call = Call("DELETE", self._url(job_id), self._query(scope))
        self._connection.ask(call).close()

    def download_result(
        self,
        job_id: str,
        kind: str,
        target: str | Path,
        **waiting: Unpack[Waiting],
    ) -> Path:
        """Download one result file of a job.

        Args:
            job_id: As for `get`.
            kind: text, markdown, items, metadata, forms, raw_words, xlsx, output_pdf,
                markdown_full, text_full, stripped_markdown,
                concatenated_stripped_markdown or grounded_items.
            target: Where to; replaced when the whole file has come.
            **waiting: Fields of `Waiting`.

        Raises:
            DownloadError: The job has no such file, or not all of it came.
            StoreError: It cannot be written.
            ParseStrataError: As for `get`.
        """
        expand = (link_to(check_file_kind(kind)),)
        wanted = self._wanted(job_id, expand, waiting)

        def renew() -> Link:
            return link_from(fetch_inline(self._connection, wanted), kind, wanted)

        return download_to(self._connection, renew(), renew, Path(target))

    def download_images(
        self,
        job_id: str,
        folder: str | Path,
        filenames: Sequence[str] | None = None,
        **waiting: Unpack[Waiting],
    ) -> tuple[Path, ...]:
        """Download the images of a job, several at a time.

        Args:
            job_id: As for `get`.
            folder: Made when it is not there.
            filenames: Only these; None for all.
            **waiting: Fields of `Waiting`.

        Returns:
            Where they are, in the order the API lists them.

        Raises:
            DownloadError: One did not come whole; those that did stay.
            ParseStrataError: As for `get`.
        """

        def listed(names: Sequence[str] | None) -> ParseResult:
            wanted = self._wanted(job_id, (IMAGES,), waiting, names)
            body = fetch_inline(self._connection, wanted)
            return read_answer(ParseResult, body, job_id)

        def renew(name: str) -> Link:
            found = listed([name]).images_content_metadata
            for image in found.images if found else ():
                if image.filename == name and image.presigned_url:
                    return Link(image.presigned_url, image.size_bytes)
            raise DownloadError(name, 0, "the job no longer lists this image")

        found = listed(filenames).images_content_metadata
        images = found.images if found else ()
        return download_all(self._connection, images, renew, Path(folder))

    def _wanted(
        self,
        job_id: str,
        expand: Sequence[str],
        waiting: Waiting,
        image_filenames: Sequence[str] | str | None = None,
    ) -> Wanted:
        query = self._query(waiting)
        if image_filenames:
            text = isinstance(image_filenames, str)
            names = image_filenames if text else ",".join(image_filenames)
            query["image_filenames"] = str(names)
        return Wanted(
            url=self._url(job_id),
            job_id=job_id,
            expand=check_expand(expand),
            query=query,
            wait=waiting.get("wait", True),
            polling_interval=waiting.get("polling_interval", 1.0),
            job_timeout=waiting.get("job_timeout", 7200.0),
        )

    def _url(self, job_id: str) -> str:
        return f"{self.base_url}{_PATH}/{check_job_id(job_id)}"

    def _query(self, scope: Mapping[str, Any]) -> dict[str, Any]:
        return {name: scope.get(name) or own for name, own in self._scope.items()}


def _iso(moment: datetime | str | None) -> str | None:
    return moment.isoformat() if isinstance(moment, datetime) else moment
