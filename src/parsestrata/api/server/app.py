"""The app: one handler for each call of the API, and one for the files it links to."""

import json
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from parsestrata.api.server.answering import (
    SECTION_FILES,
    answer,
    describe_job,
    refuse_fast,
)
from parsestrata.api.server.asking import (
    BAD_REQUEST,
    JOB_NOT_FOUND,
    NOT_FOUND,
    UNPROCESSABLE,
    Listing,
    UnprocessableError,
    is_of_project,
    place_of,
    problem,
    read_expand,
    read_job_id,
    read_project,
    write_token,
)
from parsestrata.api.server.guard import Guard
from parsestrata.api.server.kept import Engine, Kept, Results
from parsestrata.api.server.ranges import UnsatisfiableError, read_range
from parsestrata.api.server.signing import Signer, refuse
from parsestrata.api.server.streaming import KeptResponse
from parsestrata.api.server.work import UNFINISHED, Workshop

MAX_UPLOAD = 512 * 1024 * 1024
_PATH = "/api/v2/parse"
_NOT_IMPLEMENTED, _UNSATISFIABLE, _PARTIAL, _FAILED = 501, 416, 206, 500
_NO_ENGINE = (
    "This server has no engine that parses documents. "
    "It serves results that are in its store"
)
_MIME = {"json": "application/json", "md": "text/markdown", "txt": "text/plain"}
_CONTENT_OF = {name: content for _, content, name in SECTION_FILES.values()}


def create_app(
    results: Results,
    *,
    api_key: str | None = None,
    engine: Engine | None = None,
    max_upload: int = MAX_UPLOAD,
    link_seconds: float = 3600.0,
    clock: Callable[[], float] = time.time,
) -> Starlette:
    """Make the app.

    Args:
        results: Where jobs and results are kept.
        api_key: What a request must bring as a bearer; None lets everybody in.
        engine: Parses uploads; None answers 501 to them.
        max_upload: Bytes.
        link_seconds: How long a presigned link is good for.
        clock: Seconds since the epoch.
    """
    endpoint = _Endpoint(results, engine, Signer(link_seconds, clock))
    one = f"{_PATH}/{{job_id}}"
    return Starlette(
        routes=[
            Route(_PATH, endpoint.list_jobs, methods=["GET"]),
            Route(_PATH, endpoint.create, methods=["POST"]),
            Route(f"{_PATH}/upload", endpoint.upload, methods=["POST"]),
            Route(f"{one}/cancel", endpoint.cancel, methods=["POST"]),
            Route(one, endpoint.get_job, methods=["GET"]),
            Route(one, endpoint.delete, methods=["DELETE"]),
            Route("/files/{job_id}/{name}", endpoint.get_file, methods=["GET"]),
        ],
        middleware=[Middleware(Guard, api_key=api_key, max_upload=max_upload)],
        exception_handlers={
            HTTPException: _tell,
            UnprocessableError: _tell_problems,
            Exception: _tell_failure,
        },
        lifespan=endpoint.lifespan,
    )


class _Endpoint:
    def __init__(self, results: Results, engine: Engine | None, signer: Signer) -> None:
        self._results = results
        self._engine = engine
        self._signer = signer
        self._workshop = Workshop(results, engine)

    @asynccontextmanager
    async def lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(self._workshop.close)

    async def get_job(self, request: Request) -> Response:
        expand = read_expand(request)
        kept = self._find(request)
        try:
            job_id: str = kept.job["id"]
            base = str(request.base_url)
            names = request.query_params.get("image_filenames", "")
            refuse_fast(kept, expand)
            return answer(
                kept,
                expand,
                {n: p.stat().st_size for n, p in self._results.files(job_id).items()},
                lambda name: self._signer.sign(base, job_id, name),
                frozenset(filter(None, map(str.strip, names.split(",")))),
            )
        except BaseException:
            kept.close()
            raise

    def _find(self, request: Request) -> Kept:
        """Open the job of a path, unless it is of another project.

        Raises:
            HTTPException: There is none.
        """
        project = read_project(request)
        job_id = read_job_id(request)
        kept = self._results.find(job_id)
        if kept is not None:
            kept.job = {**kept.job, "id": job_id}
            if is_of_project(kept.job, project):
                return kept
            kept.close()
        raise HTTPException(NOT_FOUND, JOB_NOT_FOUND)

    async def list_jobs(self, request: Request) -> Response:
        listing = Listing(request)
        jobs = await run_in_threadpool(lambda: list(self._results.jobs()))
        found = sorted(filter(listing.takes, jobs), key=place_of, reverse=True)
        left = [j for j in found if not listing.token or place_of(j) < listing.token]
        shown = left[: listing.page_size]
        more = len(left) > len(shown)
        return JSONResponse(
            {
                "items": [describe_job(job) for job in shown],
                "next_page_token": write_token(shown[-1]) if more else None,
                "total_size": len(found),
            }
        )

    async def create(self, _request: Request) -> Response:
        text = "Parsing by file_id or source_url is not served. Upload the document"
        raise HTTPException(_NOT_IMPLEMENTED, text)

    async def upload(self, request: Request) -> Response:
        project = read_project(request)
        async with request.form(max_files=1, max_fields=8) as form:
            file, configuration = form.get("file"), form.get("configuration")
            options = _read_configuration(configuration)
            if not isinstance(file, UploadFile):
                where = ["body", "file"]
                raise UnprocessableError(
                    problem("missing", where, "Field required", None)
                )
            if self._engine is None:
                raise HTTPException(_NOT_IMPLEMENTED, _NO_ENGINE)
            document, name = await file.read(), file.filename or "document"
        begin = self._workshop.begin
        job = await run_in_threadpool(begin, document, name, options, project)
        return JSONResponse(describe_job(job))

    async def cancel(self, request: Request) -> Response:
        kept = self._find(request)
        kept.close()
        job = await run_in_threadpool(self._workshop.cancel, kept.job["id"])
        if job is None:
            text = f"Cannot cancel a job that is {kept.job['status']}"
            raise HTTPException(BAD_REQUEST, text)
        return JSONResponse(describe_job(job))

    async def delete(self, request: Request) -> Response:
        kept = self._find(request)
        kept.close()
        job = describe_job(kept.job)
        if job["status"] in UNFINISHED:
            text = f"Cannot delete a job that is {job['status']}. Cancel it first"
            raise HTTPException(BAD_REQUEST, text)
        await run_in_threadpool(self._results.delete, job["id"])
        return JSONResponse({"id": job["id"], "project_id": job["project_id"]})

    async def get_file(self, request: Request) -> Response:
        job_id, name = request.path_params["job_id"], request.path_params["name"]
        query = request.query_params
        given = query.get("Expires", ""), query.get("Signature", "")
        refusal = self._signer.refusal(job_id, name, *given)
        if refusal is not None:
            return refusal
        kept = self._results.find(job_id)
        content = _CONTENT_OF.get(name)
        if kept is not None and content is not None and kept.has(content):
            return _send_content(request, kept, content, name)
        if kept is not None:
            kept.close()
        path = self._results.files(job_id).get(name) if kept is not None else None
        if path is None:
            return refuse("NoSuchKey", "The file does not exist", NOT_FOUND)
        return FileResponse(path)


def _send_content(request: Request, kept: Kept, content: str, name: str) -> Response:
    """Send a content or a range of it."""
    size, tag = kept.size(content), f'"{kept.tag(content)}"'
    headers = {"ETag": tag, "Accept-Ranges": "bytes"}
    wanted = request.headers.get("range")
    if request.headers.get("if-range", tag) != tag:
        wanted = None
    try:
        span = read_range(wanted, size)
    except UnsatisfiableError:
        kept.close()
        headers["Content-Range"] = f"bytes */{size}"
        return Response(b"", _UNSATISFIABLE, headers)
    start, stop = span or (0, size)
    if span is not None:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    headers["Content-Length"] = str(stop - start)
    status = 200 if span is None else _PARTIAL
    media_type = _MIME[name.rsplit(".", 1)[-1]]
    pieces = kept.pieces(content, start, stop)
    return KeptResponse(kept, pieces, status, headers, media_type)


def _read_configuration(given: Any) -> dict[str, Any]:
    """Read the options of an upload.

    Raises:
        UnprocessableError: They are no JSON object, or lack tier or version.
    """
    where = ["body", "configuration"]
    try:
        options = json.loads(given) if isinstance(given, str) else None
    except ValueError:
        options = None
    if not isinstance(options, dict):
        text = "Input should be a JSON object"
        raise UnprocessableError(problem("json_invalid", where, text, str(given)))
    missing = [name for name in ("tier", "version") if not options.get(name)]
    if missing:
        raise UnprocessableError(
            *(problem("missing", [*where, n], "Field required", None) for n in missing)
        )
    return options


async def _tell(_request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", _FAILED)
    headers = getattr(error, "headers", None)
    return JSONResponse({"detail": getattr(error, "detail", "")}, status, headers)


async def _tell_problems(_request: Request, error: Exception) -> Response:
    problems = getattr(error, "problems", [])
    return JSONResponse({"detail": problems}, UNPROCESSABLE)


async def _tell_failure(_request: Request, _error: Exception) -> Response:
    """Say nothing of the inside; the log has it under the same number."""
    detail = f"Internal server error. Correlation ID: {secrets.token_hex(8)}"
    return JSONResponse({"detail": detail}, _FAILED)
