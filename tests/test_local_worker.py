"""Nothing that a file is can hang, kill or litter the process that parses it."""

import hashlib
import json
import os
import pickle
import re
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import parsestrata
from making_pdfs import Words, heading, make_bomb, make_pdf
from parsestrata.errors import (
    ConfigError,
    EngineCrashedError,
    EngineError,
    EngineTimeoutError,
    FailedSourcesError,
    MissingExtraError,
    PasswordError,
    SourceError,
    UnsupportedFileError,
)
from parsestrata.options import Options
from parsestrata.sources.local import parsing
from parsestrata.sources.local.parsing import parse_document
from parsestrata.sources.local.tessdata import find_tessdata
from parsestrata.sources.source import open_source

pytestmark = pytest.mark.needs("local")

needs_posix = pytest.mark.skipif(
    sys.platform == "win32", reason="limits and special files are those of POSIX"
)
OPTIONS = Options()
PDF = make_pdf(
    [heading("Scope", 80), Words("The plan holds for all wells of the town.", 110)]
)


@pytest.fixture(autouse=True)
def _leaves_nothing_behind(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Give each test a temporary folder of its own, which is empty at its end."""
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))

    yield

    assert list(folder.iterdir()) == []


def write(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def read(result: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result)
    return found


# What comes out


def test_a_path_and_its_bytes_give_the_same_result_but_for_the_name(
    tmp_path: Path,
) -> None:
    path = write(tmp_path, "plan.pdf", PDF)

    of_path = read(parse_document(path, OPTIONS))
    of_bytes = read(parse_document(PDF, OPTIONS))

    assert of_path["job"].pop("name") == "plan.pdf"
    assert of_bytes["job"].pop("name") is None
    assert of_path == of_bytes


def test_the_same_file_gives_the_same_bytes_twice() -> None:
    assert parse_document(PDF, OPTIONS) == parse_document(PDF, OPTIONS)


def test_the_order_of_sets_is_in_no_result(
    shipped_pdf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = []
    for seed in ("1", "2"):
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        results.append(parse_document(shipped_pdf, OPTIONS))

    assert results[0] == results[1]


def test_the_job_is_named_after_the_content_of_the_file() -> None:
    digest = hashlib.sha256(PDF).hexdigest()

    job = read(parse_document(PDF, OPTIONS))["job"]

    assert job["id"] == f"pjb-local-{digest[:28]}"
    assert job["status"] == "COMPLETED"
    assert job["created_at"] is job["updated_at"] is None


def test_where_the_caller_stands_is_never_imported_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "json.py", b"raise SystemExit(3)")
    write(tmp_path, "liteparse.py", b"raise SystemExit(3)")
    monkeypatch.chdir(tmp_path)

    result = parse_document(PDF, OPTIONS)

    assert read(result)["items"]["pages"][0]["success"]


def test_the_worker_starts_without_the_face_of_the_package() -> None:
    code = parsing._START.replace(  # noqa: SLF001 - what it loads is the point
        "main()", "print(*sorted(sys.modules))"
    )
    package = str(Path(parsestrata.__file__).parent)

    done = subprocess.run(
        [sys.executable, "-P", "-c", code, package],
        capture_output=True,
        text=True,
        check=True,
    )

    loaded = set(done.stdout.split())
    assert "parsestrata.sources.local.worker" in loaded
    assert loaded.isdisjoint({"pydantic", "msgspec", "requests", "liteparse.parser"})


def test_images_are_written_under_the_names_that_the_items_have(
    tmp_path: Path, shipped_pdf: Path
) -> None:
    folder = tmp_path / "images"

    result = read(parse_document(shipped_pdf, OPTIONS, images=folder))

    items = [item for page in result["items"]["pages"] for item in page["items"]]
    named = {item["url"] for item in items if item["type"] == "image"}
    listed = {one["filename"] for one in result["images_content_metadata"]["images"]}
    assert named
    assert named == listed == {path.name for path in folder.iterdir()}
    assert all(p.read_bytes().startswith(b"\x89PNG") for p in folder.glob("*.png"))


def test_images_change_nothing_but_the_formats_they_turn_out_to_have(
    tmp_path: Path, shipped_pdf: Path
) -> None:
    with_images = parse_document(shipped_pdf, OPTIONS, images=tmp_path / "images")

    without = parse_document(shipped_pdf, OPTIONS)
    forms = re.compile(rb"(?<=[./])(?:jpg|jpeg|png)")
    assert forms.sub(b"", with_images) == forms.sub(b"", without)


# What may not come in


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty, not a PDF"),
        (b"Dear Sir or Madam", "is not a PDF: it does not begin with %PDF-"),
        (b"\x89PNG\r\n\x1a\n", "is not a PDF"),
        (b"%PDF-1.7\nand no more", "is damaged or no PDF at all"),
        (PDF[: len(PDF) // 3], "is damaged or no PDF at all"),
        (b"%PDF-1.4\n" + bytes(1 << 20), "is damaged or no PDF at all"),
    ],
    ids=["empty", "text", "picture", "header", "cut short", "zeros"],
)
def test_what_is_no_pdf_is_refused_by_name(
    content: bytes, problem: str, tmp_path: Path
) -> None:
    path = write(tmp_path, "odd.pdf", content)

    with pytest.raises(UnsupportedFileError) as caught:
        open_source(path, OPTIONS)

    assert str(caught.value).startswith(f"{path}: {problem}")


@needs_posix
def test_a_sparse_file_of_two_gigabytes_is_refused_at_once(tmp_path: Path) -> None:
    path = write(tmp_path, "sparse.pdf", b"%PDF-1.7\n")
    os.truncate(path, 2 << 30)
    begin = time.monotonic()

    with pytest.raises(UnsupportedFileError, match="has 2,147,483,648 bytes"):
        open_source(path, OPTIONS)

    assert time.monotonic() - begin < 1


@needs_posix
def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    path = tmp_path / "pipe.pdf"
    os.mkfifo(path)

    with pytest.raises(UnsupportedFileError, match="is no regular file"):
        parse_document(path, OPTIONS)
    with pytest.raises(SourceError, match="is neither a file nor a directory"):
        open_source(path, OPTIONS)


def test_a_directory_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "folder.pdf"
    folder.mkdir()

    with pytest.raises(UnsupportedFileError, match="is no regular file"):
        parse_document(folder, OPTIONS)
    with pytest.raises(SourceError, match="directory"):
        open_source(folder, OPTIONS)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "none.pdf"

    with pytest.raises(UnsupportedFileError, match="No such file"):
        parse_document(path, OPTIONS)
    with pytest.raises(SourceError, match="there is no such file"):
        open_source(path, OPTIONS)


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="root may read everything"
)
def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "mine.pdf", PDF)
    path.chmod(0)

    with pytest.raises(UnsupportedFileError, match="Permission denied"):
        open_source(path, OPTIONS)


@needs_posix
@pytest.mark.parametrize("name", ["two\nlines.pdf", "-o.pdf", "q?x=%s&y.pdf", "水.PDF"])
def test_an_odd_name_is_just_a_name(name: str, tmp_path: Path) -> None:
    path = write(tmp_path, name, PDF)

    chunks = list(parsestrata.chunk(path))

    assert [chunk.origin.file_name for chunk in chunks] == [name]


@needs_posix
def test_a_bomb_ends_the_worker_and_not_the_caller(tmp_path: Path) -> None:
    path = write(tmp_path, "bomb.pdf", make_bomb(1024))
    assert path.stat().st_size < 10_000

    with pytest.raises(EngineCrashedError) as caught:
        open_source(path, Options(memory_limit=256))

    assert str(caught.value).startswith(f"{path}: the engine's process died")
    assert "memory_limit=256 MiB" in str(caught.value)


@needs_posix
def test_a_document_gets_its_time_by_the_page(shipped_pdf: Path) -> None:
    begin = time.monotonic()

    with pytest.raises(EngineTimeoutError, match=r"timeout_per_page=0\.0001 s") as hit:
        open_source(shipped_pdf, Options(timeout_per_page=0.0001))

    assert isinstance(hit.value, TimeoutError)
    assert hit.value.source == str(shipped_pdf)
    assert time.monotonic() - begin < 10


def test_a_document_gets_no_more_than_its_whole_time(shipped_pdf: Path) -> None:
    with pytest.raises(EngineTimeoutError, match=r"parse_timeout=0\.05 s"):
        open_source(shipped_pdf, Options(parse_timeout=0.05))


@needs_posix
def test_a_worker_that_dies_is_an_error_that_names_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, "plan.pdf", PDF)
    killer = "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n"
    monkeypatch.setattr(parsing, "_START", killer)

    with pytest.raises(EngineCrashedError, match="signal SIGSEGV") as caught:
        open_source(path, OPTIONS)

    assert caught.value.source == str(path)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_a_worker_that_just_stops_is_an_error_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parsing, "_START", "raise SystemExit(7)")

    with pytest.raises(EngineCrashedError, match=r"<bytes>: .*exit code 7"):
        parse_document(PDF, OPTIONS)


def test_a_worker_without_memory_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = 'print(\'{"problem": "memory", "detail": ""}\')'
    monkeypatch.setattr(parsing, "_START", answer)

    with pytest.raises(EngineCrashedError, match="out of memory"):
        parse_document(PDF, OPTIONS)


def test_the_engine_s_own_words_are_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = 'print(\'{"problem": "engine", "detail": "stack overflow"}\')'
    monkeypatch.setattr(parsing, "_START", answer)

    with pytest.raises(EngineError, match=r"^<bytes>: stack overflow$"):
        parse_document(PDF, OPTIONS)


# Passwords


def test_an_encrypted_file_asks_for_its_password(locked_pdf: Path) -> None:
    with pytest.raises(PasswordError, match="Give its password"):
        open_source(locked_pdf, OPTIONS)


def test_a_wrong_password_is_told_from_a_missing_one(locked_pdf: Path) -> None:
    with pytest.raises(PasswordError, match="the password is wrong") as caught:
        open_source(locked_pdf, Options(password="guess-4711"))  # noqa: S106

    assert "4711" not in str(caught.value)


def test_the_right_password_opens_it(locked_pdf: Path) -> None:
    options = Options(password="password")  # noqa: S106 - of a public sample

    chunks = list(parsestrata.chunk(locked_pdf, password="password"))  # noqa: S106

    assert chunks
    assert "password" not in repr(options)
    assert "password" not in options.model_dump()


def test_a_password_is_in_no_argument_of_the_worker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[Any] = []

    def spy(command: list[str], **more: Any) -> subprocess.CompletedProcess[bytes]:
        seen.append((command, more["env"]))
        return subprocess.CompletedProcess(command, 7, b"", b"")

    monkeypatch.setattr(subprocess, "run", spy)

    with pytest.raises(EngineCrashedError):
        parse_document(PDF, Options(password="swordfish"))  # noqa: S106

    assert "swordfish" not in repr(seen)


# Many documents


def test_documents_are_parsed_at_the_same_time_and_given_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [write(tmp_path, f"{n}.pdf", PDF) for n in range(6)]
    slow = "import time\ntime.sleep(1)\n" + parsing._START  # noqa: SLF001
    monkeypatch.setattr(parsing, "_START", slow)
    begin = time.monotonic()

    chunks = list(parsestrata.chunk(paths, concurrency=6))

    assert [chunk.origin.source for chunk in chunks] == [p.name for p in paths]
    assert time.monotonic() - begin < 5


def test_one_bad_document_does_not_end_the_run(tmp_path: Path) -> None:
    good = [write(tmp_path, f"{n}.pdf", PDF) for n in range(2)]
    bad = write(tmp_path, "bad.pdf", b"%PDF-1.7")
    chunks = []

    with pytest.raises(FailedSourcesError) as caught:
        chunks.extend(parsestrata.chunk([good[0], bad, good[1]]))

    assert [name for name, _ in caught.value.failures] == [str(bad)]


def test_a_run_that_is_broken_off_leaves_the_rest_unread(tmp_path: Path) -> None:
    paths = [write(tmp_path, f"{n}.pdf", PDF) for n in range(40)]
    chunks = parsestrata.chunk(paths, concurrency=2)

    first = next(chunks)
    chunks.close()  # type: ignore[attr-defined]

    assert first.origin.source == "0.pdf"


# What has to be there


def test_without_the_engine_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)

    with pytest.raises(MissingExtraError, match=r"parsestrata\[local\]"):
        parse_document(PDF, OPTIONS)


def test_a_language_without_data_is_refused_before_anything_is_fetched(
    tmp_path: Path,
) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_document(PDF, Options(ocr_languages="eng+deu", tessdata=tmp_path))

    assert "['eng', 'deu']" in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_language_data_are_found_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "xyz.traineddata", b"")
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))

    assert find_tessdata(["xyz"], None) == str(tmp_path)
    assert find_tessdata([], None) is None


# Office files


def test_without_libreoffice_an_office_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, "letter.docx", b"PK\x03\x04")
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(UnsupportedFileError, match="takes LibreOffice to read"):
        open_source(path, OPTIONS)


def install_libreoffice(folder: Path, script: str) -> None:
    program = write(folder, "soffice", f"#!{sys.executable}\n{script}".encode())
    program.chmod(program.stat().st_mode | stat.S_IXUSR)


@needs_posix
def test_an_office_file_goes_through_libreoffice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, "letter.docx", b"PK\x03\x04")
    converted = write(tmp_path, "converted.bin", PDF)
    install_libreoffice(
        tmp_path,
        "import pathlib, shutil, sys\n"
        "target = pathlib.Path(sys.argv[sys.argv.index('--outdir') + 1])\n"
        f"shutil.copy({str(converted)!r}, target / 'letter.pdf')\n",
    )
    monkeypatch.setenv("PATH", str(tmp_path))

    result = read(parse_document(path, OPTIONS))

    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert result["job"]["name"] == "letter.docx"
    assert result["job"]["id"] == f"pjb-local-{digest[:28]}"
    assert result["items"]["pages"][0]["items"][0]["value"] == "Scope"


@needs_posix
def test_libreoffice_that_makes_nothing_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, "letter.odt", b"PK\x03\x04")
    install_libreoffice(tmp_path, "")
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(EngineError, match="LibreOffice made no PDF"):
        open_source(path, OPTIONS)


@needs_posix
def test_libreoffice_that_hangs_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, "letter.odt", b"PK\x03\x04")
    install_libreoffice(tmp_path, "import time\ntime.sleep(60)\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    begin = time.monotonic()

    with pytest.raises(EngineTimeoutError, match=r"parse_timeout=0\.5 s"):
        open_source(path, Options(parse_timeout=0.5))

    assert time.monotonic() - begin < 20
