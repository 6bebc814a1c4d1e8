"""The answer of the endpoint: key order, null style, links, streamed from the store."""

import json
from collections.abc import Callable, Generator
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from parsestrata.api.expand import FULL, IMAGES, SECTIONS, file_kind
from parsestrata.api.json_string import as_json_string
from parsestrata.api.server.asking import BAD_REQUEST
from parsestrata.api.server.kept import Kept
from parsestrata.api.server.streaming import KeptResponse

COMPLETED = "COMPLETED"
_NO_PROJECT = "00000000-0000-0000-0000-000000000000"
_JOB_KEYS = (
    "user_metadata",
    "id",
    "created_at",
    "updated_at",
    "project_id",
    "status",
    "error_message",
    "name",
    "tier",
)
_KEYS = (
    "result_content_metadata",
    *SECTIONS,
    *FULL,
    IMAGES,
    "job_metadata",
    "raw_parameters",
    "debug",
)
"""What follows `job`, in the order of the real answers."""

_OK = 200
_JSON = "application/json"
_IN_ONE_PIECE = 256 * 1024
"""Bytes on disk up to which an answer is sent in one piece."""

SECTION_FILES = {
    "text": ("fullText", "text_full", "text.txt"),
    "markdown": ("md", "markdown_full", "markdown.md"),
    "items": ("items", "items", "items.json"),
    "metadata": ("metadata", "metadata", "metadata.json"),
    "forms": ("forms", "forms", "forms.json"),
    "markdown_full": ("markdown_full", "markdown_full", "markdown_full.md"),
    "text_full": ("text_full", "text_full", "text_full.txt"),
}
"""Kind of file -> key in the answer, content in the store, file name."""

OTHER_FILES = {
    "raw_words": ("raw_words", "raw_words.jsonl"),
    "xlsx": ("xlsx", "tables.xlsx"),
    "output_pdf": ("outputPDF", "output.pdf"),
    "stripped_markdown": ("stripped_markdown", "stripped_markdown.md"),
    "concatenated_stripped_markdown": (
        "concatenated_stripped_markdown",
        "concatenated_stripped_markdown.md",
    ),
}
"""Kind of file -> key in the answer, name among the files of the job."""

Sign = Callable[[str], str]
"""Makes the link to a file of the job from its name."""


def describe_job(job: dict[str, Any], *, usage: bool = False) -> dict[str, Any]:
    """Return a job as the API describes it: every key, in its order."""
    described = {key: job.get(key) for key in _JOB_KEYS}
    described |= {k: v for k, v in job.items() if k not in described and k != "usage"}
    described["project_id"] = job.get("project_id") or _NO_PROJECT
    if usage:
        described["usage"] = job.get("usage")
    return described


def refuse_fast(kept: Kept, expand: tuple[str, ...]) -> None:
    """Refuse what a job of the fast tier does not have.

    Raises:
        HTTPException: It is asked for.
    """
    if kept.job.get("tier") != "fast" or kept.job.get("status") != COMPLETED:
        return
    for value in expand:
        kind = file_kind(value) or value
        if kind in {"markdown", "items"} and not kept.has(kind):
            text = f"{kind.capitalize()} expansion is not available for FAST tier jobs."
            raise HTTPException(BAD_REQUEST, text)


def answer(
    kept: Kept,
    expand: tuple[str, ...],
    files: dict[str, int],
    sign: Sign,
    image_filenames: frozenset[str],
) -> Response:
    """Answer with a job and what was asked for; closes what is kept.

    Args:
        kept: The job, open.
        expand: What was asked for.
        files: Name and size of each file of the job that lies in the store.
        sign: Makes links.
        image_filenames: The images to list; empty for all.
    """
    done = kept.job.get("status") == COMPLETED
    asked = expand if done else ()
    made = {
        "result_content_metadata": _list_files(kept, asked, files, sign),
        IMAGES: _list_images(kept, files, sign, image_filenames)
        if IMAGES in asked
        else None,
    }
    job = describe_job(kept.job, usage="usage" in expand)
    parts: list[bytes | str] = [b'{"job":', _dump(job)]
    for key in _KEYS:
        parts.append(f',"{key}":'.encode())
        if key in made:
            parts.append(_dump(made[key]))
        elif key in asked and kept.has(key):
            parts.append(key)
        else:
            parts.append(b"null")
    parts.append(b"}")
    return _send(kept, parts)


def _send(kept: Kept, parts: list[bytes | str]) -> Response:
    if kept.packed_size <= _IN_ONE_PIECE:
        with kept:
            return Response(b"".join(_write(kept, parts)), media_type=_JSON)
    headers = {}
    if not any(part in FULL for part in parts):
        sizes = [len(p) if isinstance(p, bytes) else kept.size(p) for p in parts]
        headers["Content-Length"] = str(sum(sizes))
    return KeptResponse(kept, _write(kept, parts), _OK, headers, _JSON)


def _write(kept: Kept, parts: list[bytes | str]) -> Generator[bytes, None, None]:
    for part in parts:
        if isinstance(part, bytes):
            yield part
        elif part in FULL:
            yield from as_json_string(kept.pieces(part))
        else:
            yield from kept.pieces(part)


def _dump(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _list_files(
    kept: Kept, expand: tuple[str, ...], files: dict[str, int], sign: Sign
) -> dict[str, Any] | None:
    listed: dict[str, Any] = {}
    for kind in filter(None, map(file_kind, expand)):
        if kind in SECTION_FILES:
            key, content, name = SECTION_FILES[kind]
            size = kept.size(content) if kept.has(content) else None
        else:
            key, name = OTHER_FILES[kind]
            size = files.get(name)
        there = {"presigned_url": sign(name)} if size is not None else {}
        listed[key] = {"size_bytes": size or 0, "exists": size is not None, **there}
    return listed or None


def _list_images(
    kept: Kept, files: dict[str, int], sign: Sign, wanted: frozenset[str]
) -> dict[str, Any] | None:
    if not kept.has(IMAGES):
        return None
    listed = json.loads(b"".join(kept.pieces(IMAGES)))
    images = [
        {**image, "presigned_url": sign(name) if name in files else None}
        for image in listed["images"]
        if (name := image["filename"]) in wanted or not wanted
    ]
    return {**listed, "images": images}
