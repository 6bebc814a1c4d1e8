"""A document on disk -> a v2 result: what it may be, and the worker that reads it."""

import hashlib
import importlib.util
import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path, PurePath

from parsestrata.api.stream import readable_name
from parsestrata.errors import (
    EngineCrashedError,
    EngineError,
    EngineTimeoutError,
    MissingExtraError,
    PasswordError,
    UnsupportedFileError,
)
from parsestrata.options import Options
from parsestrata.sources.local.kinds import HEAD, begins_as_pdf, is_office_name
from parsestrata.sources.local.office import convert
from parsestrata.sources.local.tessdata import find_tessdata
from parsestrata.sources.local.worker import Answer, Request

_PACKAGE = str(Path(__file__).parents[2])
_LARGEST = 512 * 1024 * 1024
_TOO_LONG = "took longer to parse than {} allows"
_LOCKED = "is encrypted. Give its password: password=, or --password-file"
_STILL_LOCKED = "is encrypted, and the password is wrong"
_START = """\
import sys, types
face = types.ModuleType("parsestrata")
face.__path__ = [sys.argv[1]]
sys.modules["parsestrata"] = face
from parsestrata.sources.local.worker import main
main()
"""
"""Starts the worker without the face of the package, which takes longer to load than
most files to read."""


def parse_document(
    source: Path | bytes,
    options: Options,
    *,
    name: str | None = None,
    images: Path | None = None,
) -> bytes:
    """Parse a PDF or an office file in a worker process.

    Args:
        source: A path, or a PDF's bytes.
        options: Password, OCR and the worker's limits.
        name: Of the file that bytes come from; `<...>` or None when there is none.
        images: Directory for the images of the document; None to write none.

    Returns:
        A v2 result as JSON: the same for the same bytes, options and engine.

    Raises:
        UnsupportedFileError: It is no PDF, no office file, damaged, or too large.
        PasswordError: It is encrypted, and the password is wrong or missing.
        EngineTimeoutError: It took longer than `timeout_per_page` or `parse_timeout`
            allow.
        EngineCrashedError: The worker died, or was out of memory.
        EngineError: The engine gave up; its own words.
        MissingExtraError: The engine is not installed.
        ConfigError: A language of `ocr_languages` has no data.
    """
    if importlib.util.find_spec("liteparse") is None:
        module = "liteparse"
        raise MissingExtraError(module, "local")
    if isinstance(source, bytes):
        label = name or "<bytes>"
        _check_head(label, source[:HEAD])
        file_name = None if label.startswith("<") else PurePath(label).name
        request = _request(options, None, file_name, images)
        return _run(label, request, source, options)
    label = readable_name(source)
    path = source.absolute()
    _check_file(label, path)
    if is_office_name(path.name):
        original = hashlib.sha256(path.read_bytes()).hexdigest()
        request = _request(options, None, readable_name(path.name), images) | {
            "digest": original
        }
        return _run(label, request, convert(path, options.parse_timeout), options)
    with path.open("rb") as file:
        _check_head(label, file.read(HEAD))
    return _run(
        label, _request(options, path, readable_name(path.name), images), b"", options
    )


# What comes in


def _check_file(label: str, path: Path) -> None:
    """Refuse what would hang or is no document, before it is opened."""
    try:
        found = path.stat()
    except (OSError, ValueError) as error:
        problem = f"cannot be read ({getattr(error, 'strerror', None) or error})"
        raise UnsupportedFileError(label, problem) from None
    if not stat.S_ISREG(found.st_mode):
        problem = "is no regular file. Name the file, or pipe it in as -"
        raise UnsupportedFileError(label, problem)
    if not os.access(path, os.R_OK):
        raise UnsupportedFileError(label, "cannot be read (Permission denied)")
    if found.st_size > _LARGEST:
        problem = (
            f"has {found.st_size:,} bytes; the largest file that is parsed has "
            f"{_LARGEST:,}. Split it"
        )
        raise UnsupportedFileError(label, problem)


def _check_head(label: str, head: bytes) -> None:
    if not head:
        raise UnsupportedFileError(label, "is empty, not a PDF")
    if not begins_as_pdf(head):
        problem = "is not a PDF: it does not begin with %PDF-"
        raise UnsupportedFileError(label, problem)


def _request(
    options: Options, path: Path | None, name: str | None, images: Path | None
) -> Request:
    password = options.password
    return Request(
        sys_path=sys.path,
        path=None if path is None else str(path),
        name=name,
        digest=None,
        password=None if password is None else password.get_secret_value(),
        ocr_languages=list(options.ocr_languages),
        tessdata=find_tessdata(options.ocr_languages, options.tessdata),
        images=None if images is None else str(images.absolute()),
        timeout_per_page=options.timeout_per_page,
        memory_limit=options.memory_limit,
    )


# The worker


def _run(label: str, request: Request, data: bytes, options: Options) -> bytes:
    command = [sys.executable, "-P", "-c", _START, _PACKAGE]
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and our own code
            command,
            input=json.dumps(request).encode() + b"\n" + data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=options.parse_timeout,
            check=False,
            env={**os.environ, "MALLOC_ARENA_MAX": "2"},
        )
    except subprocess.TimeoutExpired:
        limit = f"parse_timeout={options.parse_timeout:g} s"
        raise EngineTimeoutError(label, _TOO_LONG.format(limit)) from None
    if done.returncode:
        raise _death(label, done.returncode, options)
    line, _, result = done.stdout.partition(b"\n")
    answer: Answer = json.loads(line)
    if answer["problem"]:
        raise _problem(label, answer, options)
    return result


def _death(label: str, code: int, options: Options) -> EngineError:
    """Explain why the worker ended without an answer."""
    if sys.platform != "win32" and code == -signal.SIGALRM:
        limit = f"timeout_per_page={options.timeout_per_page:g} s"
        return EngineTimeoutError(label, _TOO_LONG.format(limit))
    return _crash(label, _ending(code), options)


def _crash(label: str, ending: str, options: Options) -> EngineCrashedError:
    problem = (
        f"the engine's process died ({ending}). The file is hostile or damaged, or "
        f"needs more than memory_limit={options.memory_limit} MiB"
    )
    return EngineCrashedError(label, problem)


def _ending(code: int) -> str:
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"exit code {code}"


def _problem(label: str, answer: Answer, options: Options) -> EngineError:
    detail = answer["detail"]
    if answer["problem"] == "password":
        given = options.password is not None
        return PasswordError(label, _STILL_LOCKED if given else _LOCKED)
    if answer["problem"] == "memory":
        return _crash(label, "out of memory", options)
    if answer["problem"] == "unreadable":
        return UnsupportedFileError(label, f"cannot be read ({detail})")
    if "invalid PDF" in detail:
        problem = (
            "is damaged or no PDF at all: the engine cannot find its pages. Save it "
            "anew from the program that made it, or parse it with LlamaParse"
        )
        return UnsupportedFileError(label, problem)
    return EngineError(label, detail)
