"""The worker process: a request on standard input, the answer on standard output.

It imports nothing but the rooms of this package, so that it starts in a few
hundredths of a second, and it sets its own limits before it touches the file.

A request is one line of JSON, then the bytes of the document where it has no path.
An answer is one line of JSON, then the result.
"""

import gc
import hashlib
import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    from parsestrata.sources.local.engine import Reading


class Request(TypedDict):
    """What the worker is asked for."""

    sys_path: list[str]
    path: str | None
    """None when the bytes follow."""
    name: str | None
    digest: str | None
    """SHA-256 of the file that the job is named after; None for the document's."""
    password: str | None
    ocr_languages: list[str]
    tessdata: str | None
    images: str | None
    """Directory for the image files, None to write none."""
    timeout_per_page: float
    """Seconds."""
    memory_limit: int
    """MiB of address space."""


class Answer(TypedDict):
    """What became of it; the result follows when `problem` is ""."""

    problem: str
    """`password`, `unreadable`, `memory` or `engine`."""
    detail: str


def main() -> None:
    """Answer one request."""
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as output:
        _silence()
        answer, result = _answer(sys.stdin.buffer)
        output.write(json.dumps(answer).encode() + b"\n" + result)


def _silence() -> None:
    """Send elsewhere what native code may print between the lines of the answer."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())


def _answer(source: IO[bytes]) -> tuple[Answer, bytes]:
    try:
        request: Request = json.loads(source.readline())
        sys.path[:] = request["sys_path"]
        _limit_memory(request["memory_limit"])
        gc.disable()
        data = source.read() if request["path"] is None else _read(request["path"])
        return Answer(problem="", detail=""), _parse(request, data)
    except MemoryError:
        return Answer(problem="memory", detail=""), b""
    except Exception as error:  # noqa: BLE001 - goes to the parent, which raises it
        return _explain(error), b""


def _read(path: str) -> bytes:
    return Path(path).read_bytes()


def _explain(error: Exception) -> Answer:
    detail = str(error) or type(error).__name__
    if isinstance(error, OSError):
        return Answer(problem="unreadable", detail=error.strerror or detail)
    if "password" in detail:
        return Answer(problem="password", detail=detail)
    return Answer(problem="engine", detail=detail)


def _limit_memory(mebibytes: int) -> None:
    """Bound the address space, so that a bomb of a file fails here and nowhere else."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - not there on Windows

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    limit = mebibytes * 1024 * 1024
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _limit_time(seconds: float) -> None:
    """Let the kernel end this process in so many seconds, whatever it is at."""
    if sys.platform != "win32":
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _parse(request: Request, data: bytes) -> bytes:
    from parsestrata.sources.local import engine  # noqa: PLC0415 - within the limits
    from parsestrata.sources.local.result import build_result  # noqa: PLC0415

    call = engine.Call(
        password=request["password"],
        ocr_languages=tuple(request["ocr_languages"]),
        tessdata=request["tessdata"],
        with_images=request["images"] is not None,
    )
    _limit_time(request["timeout_per_page"])
    pages = engine.count_pages(data, call)
    _limit_time(request["timeout_per_page"] * max(pages, 1))
    reading = engine.read_document(data, call, pages)
    digest = request["digest"] or hashlib.sha256(data).hexdigest()
    result = build_result(reading, digest, request["name"])
    if request["images"] is not None:
        _write_images(Path(request["images"]), reading)
    return result


def _write_images(directory: Path, reading: "Reading") -> None:
    """Write the images that the items name."""
    from parsestrata.sources.local.items import image_name  # noqa: PLC0415
    from parsestrata.sources.local.result import figures  # noqa: PLC0415

    names = {image_name(b): b.id for page in reading.pages for b in figures(page)}
    content: dict[Any, bytes] = {image.id: image.bytes for image in reading.images}
    directory.mkdir(parents=True, exist_ok=True)
    for name, image_id in names.items():
        if image_id in content:
            (directory / name).write_bytes(content[image_id])
