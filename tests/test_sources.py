"""What a string, path or object means, and what is said when it means nothing."""

import io
import json
import os
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any

import pytest
from llama_cloud.types import ParsingGetResponse

import parsestrata
from building import dump, heading, page, result, table, text
from parsestrata.errors import (
    ConfigError,
    EngineError,
    MalformedJSONError,
    ParseStrataError,
    ResponseError,
    SourceError,
    V1ResultError,
)
from parsestrata.options import Options
from parsestrata.sources.source import Source, describe_source, open_source

RESULT = result(page(1, heading("Scope"), text("Grüße 水")), page(2, table([["a"]])))
BODY = dump(RESULT)
OPTIONS = Options()


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "result.json"
    path.write_bytes(BODY)
    return path


@pytest.fixture(autouse=True)
def _no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LLAMA_CLOUD_API_KEY", "LLAMA_PARSE_API_KEY", "LLAMA_CLOUD_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


class Standard:
    """A standard input of so many bytes, as the interpreter gives it."""

    def __init__(self, data: bytes) -> None:
        self.buffer = io.BytesIO(data)


class BytesPath:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __fspath__(self) -> bytes:
        return os.fsencode(self.path)


# Each kind of source


def first_entry(path: Path) -> os.DirEntry[str]:
    with os.scandir(path.parent) as entries:
        return next(entries)


@pytest.mark.parametrize(
    "give",
    [
        lambda path: path,
        str,
        BytesPath,
        first_entry,
        lambda _: BODY,
        lambda _: bytearray(BODY),
        lambda _: memoryview(BODY),
        lambda _: io.BytesIO(BODY),
        lambda _: io.StringIO(BODY.decode()),
        lambda path: path.open("rb"),
        lambda path: path.open(encoding="utf-8"),
        lambda _: RESULT,
        lambda _: MappingProxyType(RESULT),
        lambda _: BODY.decode(),
        lambda _: "\ufeff \n" + BODY.decode(),
        lambda _: ParsingGetResponse.model_validate(RESULT),
    ],
    ids=[
        "path",
        "name",
        "path of bytes",
        "directory entry",
        "bytes",
        "bytearray",
        "memoryview",
        "bytes file",
        "text file",
        "open file",
        "open text file",
        "dict",
        "mapping",
        "JSON text",
        "JSON text with a mark",
        "SDK object",
    ],
)
def test_each_kind_of_source_gives_the_same_pages(
    give: Callable[[Path], Source], saved: Path
) -> None:
    source = give(saved)

    stream = open_source(source, OPTIONS)

    assert list(stream.item_pages()) == list(open_source(BODY, OPTIONS).item_pages())
    assert stream.metadata_pages()[2].printed_page_number == "2"
    if hasattr(source, "close"):
        source.close()


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Standard(BODY))

    stream = open_source("-", OPTIONS)

    assert stream.source == "<stdin>"
    assert len(list(stream.item_pages())) == 2


def test_a_standard_input_of_text_is_read_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(BODY.decode()))

    assert len(list(open_source("-", OPTIONS).item_pages())) == 2


def test_a_process_without_standard_input_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdin", None)

    with pytest.raises(SourceError, match="no standard input"):
        open_source("-", OPTIONS)


def test_a_file_named_like_a_job_wins_over_the_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pjb-abc").write_bytes(BODY)
    monkeypatch.chdir(tmp_path)

    assert len(list(open_source("pjb-abc", OPTIONS).item_pages())) == 2


@pytest.mark.parametrize(
    "job_id",
    [
        "pjb-sx7kid0kf24tsdnlhcy2835nork3",
        "pjb-aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
        "AAAAAAAA-bbbb-4ccc-8ddd-eeeeeeeeeeee",
    ],
)
def test_a_job_id_needs_a_key(job_id: str) -> None:
    with pytest.raises(ConfigError, match="LLAMA_CLOUD_API_KEY"):
        open_source(job_id, OPTIONS)


# Objects of the official SDK


def test_a_real_result_of_the_sdk_gives_the_same_chunks(real_file: Path) -> None:
    wire = json.loads(real_file.read_bytes())
    wire.setdefault("job", {"id": "pjb-1", "project_id": "p", "status": "COMPLETED"})
    of_sdk = ParsingGetResponse.model_validate(wire)
    saved_by_sdk = json.dumps(of_sdk.model_dump(mode="json"), sort_keys=True)

    chunks = [list(parsestrata.chunk(one)) for one in (wire, of_sdk, saved_by_sdk)]

    assert len(chunks[0]) > 0
    assert chunks[1] == chunks[0]
    assert chunks[2] == chunks[0]


def test_what_the_sdk_does_not_know_goes_through_it_unharmed() -> None:
    stranger = {"type": "stamp", "md": "PAID", "angle": 12.0}
    wire = result(page(1, stranger, text("words")), page(2, success="perhaps"))
    wire["job"]["status"] = "ARCHIVED"
    wire["items"]["pages"][0]["items"][1]["bbox"][0]["x"] = "left"
    made = ParsingGetResponse.construct(**wire)

    pages = list(open_source(made, OPTIONS).item_pages())

    assert [type(one).__name__ for one in pages] == ["StructuredPage", "FailedPage"]
    assert json.loads(pages[0].dump_json())["items"][0] == stranger


def test_the_sdks_own_null_style_is_no_different() -> None:
    bare = ParsingGetResponse.model_validate(RESULT)

    full = open_source(bare.model_dump(mode="json"), OPTIONS)

    kinds = [
        [item.type for item in one.items]
        for one in full.item_pages()
        if hasattr(one, "items")
    ]
    assert kinds == [["heading", "text"], ["table"]]
    assert full.job is not None
    assert full.job.status == "COMPLETED"


class Broken:
    def model_dump(self, **options: Any) -> Any:
        raise ValueError(options)


@pytest.mark.parametrize(
    "source", [ParsingGetResponse, Broken()], ids=["class", "broken"]
)
def test_what_only_looks_like_an_sdk_object_is_refused(source: object) -> None:
    with pytest.raises(SourceError):
        open_source(source, OPTIONS)


# What is no source


def pages() -> Iterator[int]:
    yield 1


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        (None, "NoneType"),
        (3, "int"),
        (3.5, "float"),
        (True, "bool"),
        ([], "list"),
        ([RESULT], "list"),
        ((), "tuple"),
        ({1}, "set"),
        (pages(), "generator"),
        (map(str, ()), "map"),
        (object(), "object"),
        (PurePosixPath, "type"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_an_object_that_is_no_source_is_told_what_is_one(
    source: object, kind: str
) -> None:
    with pytest.raises(SourceError, match=f"^{kind}: is no source. Give a job id"):
        open_source(source, OPTIONS)


def test_an_empty_list_is_refused() -> None:
    with pytest.raises(ConfigError, match="no source was given"):
        list(parsestrata.chunk([]))


@pytest.mark.parametrize("source", ["", " ", "\n"])
def test_a_blank_text_is_refused(source: str) -> None:
    with pytest.raises(SourceError, match="is blank"):
        open_source(source, OPTIONS)


@pytest.mark.parametrize(
    "source",
    [
        "missing.json",
        Path("missing.json"),
        "no/such/folder/result.json",
        "result\nname.json",
        "pjb-abc\n",
        "pjb-abc/../x",
        "a\0b",
        "x" * 10_000,
        "pjb-" + "x" * 10_000,
        Path("x" * 10_000),
        "[draft] report.json",
        "s3://bucket/result.json",
        "\udcff.json",
        "~/result.json",
    ],
    ids=lambda source: repr(source)[:24],
)
def test_a_name_of_nothing_is_refused(source: str | Path) -> None:
    with pytest.raises((SourceError, ConfigError)) as caught:
        open_source(source, OPTIONS)

    message = str(caught.value)
    assert len(message) < 300
    assert message.isprintable()
    assert message.encode()


def test_an_address_is_refused_without_its_signature() -> None:
    address = "https://user:pass@files.example.com/a.json?X-Amz-Signature=deadbeef#x"

    with pytest.raises(SourceError) as caught:
        open_source(address, OPTIONS)

    assert "https://files.example.com/a.json: " in str(caught.value)
    assert "deadbeef" not in repr(caught.value)
    assert "pass" not in repr(caught.value)


@pytest.mark.parametrize("content", [b"", b" \n"], ids=["nothing", "blank"])
def test_an_empty_file_says_so(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "empty.json"
    path.write_bytes(content)

    with pytest.raises(MalformedJSONError, match=r"empty\.json: it is empty"):
        open_source(path, OPTIONS)


def test_a_directory_says_so(tmp_path: Path) -> None:
    for source in (tmp_path, str(tmp_path)):
        with pytest.raises(SourceError, match=r"this is a directory.*\.rglob\("):
            open_source(source, OPTIONS)


def open_in_thread(source: Source) -> list[Exception]:
    """Open a source where it cannot hold up the tests for ever."""
    errors: list[Exception] = []

    def run() -> None:
        try:
            open_source(source, OPTIONS)
        except ParseStrataError as error:
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(timeout=5)
    assert not thread.is_alive(), "it waits"
    return errors


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFO on this system")
def test_a_pipe_nobody_writes_to_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    link = tmp_path / "link.json"
    link.symlink_to(path)

    errors = [*open_in_thread(path), *open_in_thread(str(link))]

    assert [type(error) for error in errors] == [SourceError, SourceError]
    assert "neither a file nor a directory" in str(errors[0])


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no /dev/zero")
def test_a_device_is_refused_at_once() -> None:
    (error,) = open_in_thread("/dev/zero")

    assert "neither a file nor a directory" in str(error)


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything"
)
def test_a_file_that_may_not_be_read_says_so(saved: Path) -> None:
    saved.chmod(0)

    with pytest.raises(SourceError, match="cannot be read"):
        open_source(saved, OPTIONS)
    saved.chmod(stat.S_IRUSR | stat.S_IWUSR)


def test_a_link_in_a_circle_is_refused(tmp_path: Path) -> None:
    link = tmp_path / "loop.json"
    link.symlink_to(link)

    with pytest.raises(SourceError):
        open_source(link, OPTIONS)


@pytest.mark.parametrize(
    "give",
    [
        lambda path: path,
        str,
        lambda path: path.read_bytes(),
        lambda path: io.BytesIO(path.read_bytes()),
    ],
    ids=["path", "name", "bytes", "file"],
)
@pytest.mark.needs("local")
def test_a_pdf_is_told_from_a_result(
    give: Callable[[Path], Source], tmp_path: Path
) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")

    with pytest.raises(ParseStrataError) as caught:
        open_source(give(path), OPTIONS)

    assert "PDF" in str(caught.value)


@pytest.mark.needs("local")
def test_a_pdf_on_standard_input_is_told_from_a_result(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdin", Standard(b"%PDF-1.7\n%\xe2\xe3"))

    with pytest.raises(EngineError, match="<stdin>: is damaged or no PDF"):
        open_source("-", OPTIONS)


@pytest.mark.skipif(sys.platform != "linux", reason="file names are text elsewhere")
def test_a_name_that_is_not_utf_8_does_no_harm(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/\xff.json"
    Path(os.fsdecode(name)).write_bytes(dump({"items": RESULT["items"]}))

    chunks = list(parsestrata.chunk(Path(os.fsdecode(name))))

    assert {chunk.origin.source for chunk in chunks} == {"\ufffd.json"}
    assert chunks[0].id


@pytest.mark.skipif(sys.platform != "linux", reason="file names are text elsewhere")
def test_a_message_about_such_a_file_can_be_written(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/\xff.json"
    Path(os.fsdecode(name)).write_bytes(b"{")

    with pytest.raises(MalformedJSONError) as caught:
        open_source(os.fsdecode(name), OPTIONS)

    assert "\ufffd.json: " in str(caught.value)
    assert str(caught.value).encode()


@pytest.mark.parametrize(
    "name", ["a b.json", "ü.json", "line\nbreak.json", "-", "{a}.json", "x" * 200]
)
def test_a_path_may_have_any_name(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(BODY)

    assert len(list(open_source(path, OPTIONS).item_pages())) == 2


# Text and dicts with content that is wrong


def test_a_json_text_of_a_v1_result_says_so() -> None:
    with pytest.raises(V1ResultError, match=r"^<text>: "):
        open_source('[{"page": 1, "md": "A"}]', OPTIONS)


def test_half_a_surrogate_pair_does_no_harm_in_text_and_dict() -> None:
    wire = result(page(1, text("a\ud800b")))

    sources: list[Source] = [
        wire,
        json.dumps(wire),
        json.dumps(wire, ensure_ascii=False),
    ]
    read = [next(open_source(one, OPTIONS).item_pages()) for one in sources]

    bodies = [json.loads(one.dump_json())["items"][0]["value"] for one in read]
    assert bodies == ["a\ufffdb"] * 3


@pytest.mark.parametrize(
    "wrong", [object(), {1, 2}.__iter__, b"\xff"], ids=["object", "method", "bytes"]
)
def test_a_dict_of_something_else_is_refused(wrong: object) -> None:
    with pytest.raises(SourceError, match=r"^<dict>: holds something that is not JSON"):
        open_source({"job": wrong}, OPTIONS)


def test_a_dict_in_a_circle_is_refused() -> None:
    circle: dict[str, Any] = {}
    circle["job"] = circle

    with pytest.raises(SourceError, match="not JSON"):
        open_source(circle, OPTIONS)


def test_a_dict_with_a_number_that_json_has_not_is_refused() -> None:
    with pytest.raises(MalformedJSONError):
        open_source({"job_metadata": {"cost": float("nan")}}, OPTIONS)


@pytest.mark.parametrize("source", [{}, "{}", b"{}"], ids=["dict", "text", "bytes"])
def test_an_empty_object_is_refused(source: Source) -> None:
    with pytest.raises(ResponseError, match="not a LlamaParse v2 result"):
        open_source(source, OPTIONS)


# Naming a source


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("pjb-abc", "pjb-abc"),
        (Path("a/b.json"), "a/b.json"),
        (BytesPath(Path("a.json")), "a.json"),
        ('{"job": {"id": "secret"}}', "<text>"),
        (' [{"page": 1}]', "<text>"),
        (b"secret", "<bytes>"),
        ({"secret": 1}, "<dict>"),
        (io.BytesIO(b"secret"), "<BytesIO>"),
        (None, "<NoneType>"),
        ("a\nb\x1b[31m", r"a\nb\x1b[31m"),
        ("\udcff.json", "\ufffd.json"),
        ("x" * 200, "x" * 120 + "…"),
        ("https://u:p@host/a?token=secret", "https://host/a"),
        ("https://host/a#secret", "https://host/a"),
        (Path("https://u:p@host/a?token=secret"), "https:/host/a"),
        ("what?.json", "what?.json"),
    ],
    ids=lambda value: repr(value).partition(" at 0x")[0][:30],
)
def test_a_source_is_named_without_its_content(source: Source, name: str) -> None:
    assert describe_source(source) == name
