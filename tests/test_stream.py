"""A body is refused before its first page, or every page of it is read."""

import io
import json
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from building import (
    Json,
    dump,
    failed_page,
    heading,
    markdown,
    page,
    result,
    table,
    text,
)
from parsestrata.api.items import TextItem
from parsestrata.api.models import FailedPage, StructuredPage
from parsestrata.api.stream import ResultStream, open_result
from parsestrata.errors import (
    MalformedJSONError,
    MissingContentError,
    ParseStrataError,
    ResponseError,
    SourceError,
    V1ResultError,
)

SMALL = result(
    page(1, heading("Scope"), text("Grüße aus Zürich 水 😀")),
    page(2, table([["a", "b"], ["1", "2"]])),
)
ROOT = Path(__file__).resolve().parents[1]
V1_BOX = {"x": 72.0, "y": 80.5, "w": 120.0, "h": 18.0}
V1_PAGE = {
    "page": 1,
    "text": "Water",
    "md": "# Water",
    "images": [],
    "items": [{"type": "heading", "lvl": 1, "value": "Water", "bBox": V1_BOX}],
    "width": 612.0,
    "height": 792.0,
    "pageHeaderMarkdown": None,
}
V1_DUMP = {
    "pages": [V1_PAGE],
    "job_metadata": {"job_pages": 1, "job_is_cache_hit": False},
    "file_name": "report.pdf",
    "job_id": "57b73a56-b818-4c9e-a020-3fb5d4089718",
    "is_done": False,
    "error": None,
    "status": None,
}
"""What the `JobResult` of the v1 package dumps."""
SIGNATURE = "X-Amz-Signature=deadbeef"
PRESIGNED = f"https://files.example.com/a.json?{SIGNATURE}"


def numbers(stream: ResultStream) -> list[int]:
    return [one.page_number for one in stream.item_pages()]


def failures(stream: ResultStream) -> list[tuple[int, str]]:
    return [
        (one.page_number, one.error)
        for one in stream.item_pages()
        if isinstance(one, FailedPage)
    ]


def first_page_with(field: bytes, **more: Any) -> bytes:
    """Write a result whose first page has `field` in the place of its number."""
    body = dump(result(page(1, text("first")), page(7, text("last")), **more))
    return body.replace(b'"page_number": 1, "items"', field + b'"items"', 1)


# Where a body comes from


@pytest.mark.parametrize(
    "give",
    [
        lambda path: path,
        str,
        lambda path: path.read_bytes(),
        lambda path: bytearray(path.read_bytes()),
        lambda path: memoryview(path.read_bytes()),
        lambda path: io.BytesIO(path.read_bytes()),
        lambda path: io.StringIO(path.read_text(encoding="utf-8")),
    ],
    ids=["path", "name", "bytes", "bytearray", "memoryview", "file", "text file"],
)
def test_a_body_may_come_in_any_shape(
    give: Callable[[Path], Any], tmp_path: Path
) -> None:
    path = tmp_path / "result.json"
    path.write_bytes(dump(SMALL))

    stream = open_result(give(path))

    assert numbers(stream) == [1, 2]
    assert stream.data == path.read_bytes()
    assert stream.content == ("items", "metadata")


def test_every_page_of_a_real_response_is_read(real_file: Path) -> None:
    wire = json.loads(real_file.read_bytes())

    stream = open_result(real_file)

    given_pages = wire["items"]["pages"]
    assert [json.loads(p.dump_json()) for p in stream.item_pages()] == given_pages


def test_all_contents_of_a_result_can_be_read() -> None:
    image = {"filename": "page_1.jpg", "index": 0}
    stream = open_result(
        dump(
            result(
                page(1, text("words")),
                markdown=markdown((1, "words")),
                text={"pages": [{"page_number": 1, "text": "words"}]},
                images_content_metadata={"images": [image], "total_count": 1},
            )
        )
    )

    assert stream.content == ("items", "markdown", "text", "metadata")
    assert [one.page_number for one in stream.markdown_pages()] == [1]
    assert [one.page_number for one in stream.text_pages()] == [1]
    assert stream.metadata_pages()[1].printed_page_number == "1"
    assert stream.images is not None
    assert stream.images.images[0].filename == "page_1.jpg"


def test_a_file_that_was_read_before_says_that_nothing_is_left() -> None:
    file = io.BytesIO(dump(SMALL))
    file.read()

    with pytest.raises(MalformedJSONError, match="empty"):
        open_result(file)


@pytest.mark.parametrize("given_text", ["", None], ids=["read", "none"])
def test_a_file_that_gives_no_bytes_is_refused(given_text: str | None) -> None:
    class Odd:
        name = "odd.json"

        def read(self) -> object:
            return given_text

    with pytest.raises((SourceError, MalformedJSONError), match=r"odd\.json"):
        open_result(Odd())  # type: ignore[arg-type]


def test_a_closed_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_bytes(dump(SMALL))
    with path.open("rb") as file:
        pass

    with pytest.raises(SourceError, match="closed file"):
        open_result(file)


def test_a_text_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_bytes(dump(SMALL))

    with (
        path.open(encoding="ascii") as file,
        pytest.raises(MalformedJSONError, match="not ascii"),
    ):
        open_result(file)


def test_a_file_without_a_name_is_called_file(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_bytes(b"{")

    with (
        path.open("rb") as named,
        open(named.fileno(), "rb", closefd=False) as file,
        pytest.raises(MalformedJSONError, match=r"^<file>: "),
    ):
        open_result(file)


# The order of keys, and keys that come twice


def test_the_order_of_the_keys_does_not_matter() -> None:
    backwards = dict(reversed(SMALL.items()))

    streams = [open_result(dump(one)) for one in (SMALL, backwards)]

    assert list(streams[0].item_pages()) == list(streams[1].item_pages())
    assert streams[0].job == streams[1].job
    assert streams[0].metadata_pages() == streams[1].metadata_pages()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"items": null, "items": {"pages": []}}', ("items",)),
        (b'{"items": {"pages": []}, "items": null}', ()),
    ],
    ids=["content last", "null last"],
)
def test_of_two_equal_keys_the_last_counts_as_in_python(
    body: bytes, expected: tuple[str, ...]
) -> None:
    assert open_result(body).content == expected


# Not JSON


def test_a_body_cut_at_any_byte_is_malformed_there() -> None:
    body = dump(SMALL)
    wrong = []

    for length in range(1, len(body)):
        try:
            open_result(body[:length], "cut.json")
        except MalformedJSONError as error:
            if error.offset != length or "ends too early" not in str(error):
                wrong.append((length, str(error)))
        else:
            wrong.append((length, "was taken"))

    assert wrong == []


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"])
def test_a_body_cut_after_its_byte_order_mark_is_malformed(mark: bytes) -> None:
    with pytest.raises(MalformedJSONError, match="empty"):
        open_result(mark)


@pytest.mark.parametrize(
    ("broken", "offset"),
    [
        (b'{"job": NaN}', 8),
        (b'{"items": {"pages": [{"x": Infinity}]}}', 27),
        (b'{"items": {"pages": [{"x": -Infinity}]}}', 28),
        (b'{"items": {"pages": [1,]}}', 23),
        (b'{"items": {"pages": []}} more', 25),
        (b'{"items": {"pages": []}}{}', 24),
        (b"{'items': {}}", 1),
        (b'{"debug": 01}', 11),
        (b'{"debug": "a\nb"}', 12),
        (b'{"debug": "\\x"}', 12),
        (b'{"debug": "\xff"}', 11),
        (b'{"items": {"pages": [{"md": "\xc3("}]}}', 29),
        (b"\x1f\x8b\x08\x00", 1),
        (b"PK\x03\x04", 0),
        (b"page_number: 1", 0),
    ],
    ids=[
        "NaN",
        "Infinity",
        "-Infinity",
        "trailing comma",
        "rest",
        "two objects",
        "single quotes",
        "leading zero",
        "line break",
        "escape",
        "not UTF-8",
        "not UTF-8 in a page",
        "gzip",
        "zip",
        "YAML",
    ],
)
def test_a_malformed_body_says_where(broken: bytes, offset: int) -> None:
    with pytest.raises(MalformedJSONError) as caught:
        open_result(broken, "broken.json")

    assert caught.value.offset == offset
    assert str(caught.value).startswith("broken.json: ")
    assert str(caught.value).endswith(f"(byte {offset})")


@pytest.mark.parametrize("length", [65_500, 65_535, 65_536, 131_072, 200_001])
@pytest.mark.parametrize("letter", ["a", "é", "水", "😀"])
def test_a_byte_that_is_not_utf_8_is_found_far_into_a_body(
    letter: str, length: int
) -> None:
    begun = b'{"debug": "' + b"x" * length + letter.encode() * 7
    whole = begun + b'", "items": {"pages": []}}'

    taken = open_result(whole)
    with pytest.raises(MalformedJSONError) as caught:
        open_result(begun + b"\xff" + b"x" * length)

    assert taken.content == ("items",)
    assert caught.value.offset == len(begun)


def test_a_malformed_byte_in_the_middle_is_found_before_the_first_page() -> None:
    body = dump(SMALL).replace(b'"csv"', b"'csv'", 1)

    with pytest.raises(MalformedJSONError) as caught:
        open_result(body)

    assert caught.value.offset == body.index(b"'csv'")


@pytest.mark.parametrize("body", [b"", b" \n\t", b"\n" * 5000])
def test_an_empty_body_says_so(body: bytes) -> None:
    with pytest.raises(MalformedJSONError, match="it is empty"):
        open_result(body)


@pytest.mark.parametrize(
    "body",
    [b"<!DOCTYPE html><p>Sign in", b"\n <?xml version='1.0'?><Error>\xff</Error>"],
    ids=["HTML", "XML"],
)
def test_a_page_of_html_is_named(body: bytes) -> None:
    with pytest.raises(MalformedJSONError, match="HTML or XML"):
        open_result(body)


@pytest.mark.parametrize(
    "encoding",
    ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"],
)
def test_what_windows_writes_is_read(encoding: str) -> None:
    body = json.dumps(SMALL, ensure_ascii=False).encode(encoding)

    stream = open_result(body)

    assert numbers(stream) == [1, 2]
    assert stream.data == dump(SMALL)


def test_a_utf_16_body_that_was_cut_short_says_so() -> None:
    body = dump(SMALL).decode().encode("utf-16")[:-3]

    with pytest.raises(MalformedJSONError, match="ends too early"):
        open_result(body)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"a\ud800b", "a\ufffdb"),
        (r"a\uDC00", "a\ufffd"),
        (r"\ud83d\ude00\ud83d", "😀\ufffd"),
        (r"\ud800\ud83d\ude00", "\ufffd😀"),
        (r"\\ud800 \ud800", "\\ud800 \ufffd"),
        (r"\\\ud800", "\\\ufffd"),
    ],
)
def test_half_a_surrogate_pair_becomes_a_replacement_character(
    written: str, read: str
) -> None:
    body = dump(result(page(1, text("WORDS"), size=1.0, factor=10**30)))

    stream = open_result(body.replace(b"WORDS", written.encode()))

    (one,) = stream.item_pages()
    assert isinstance(one, StructuredPage)
    assert [item.md for item in one.items if isinstance(item, TextItem)] == [read]
    assert json.loads(stream.data)["items"]["pages"][0]["factor"] == 10**30
    assert b'"size": 1.0' in stream.data


def test_half_a_surrogate_pair_does_not_hide_what_is_malformed() -> None:
    body = first_page_with(b'"x": "\\ud800", "y": nul, ')

    with pytest.raises(MalformedJSONError) as caught:
        open_result(body)

    assert caught.value.offset >= body.index(b"nul,")
    assert caught.value.offset <= body.index(b"nul,") + 3


@pytest.mark.parametrize("depth", [200_000, 1_000_000])
def test_a_body_nested_too_deep_is_malformed(depth: int) -> None:
    body = first_page_with(b'"x": ' + b"[" * depth + b"]" * depth + b", ")

    with pytest.raises(MalformedJSONError, match="too deep"):
        open_result(body)


def test_a_page_nested_deep_fails_alone() -> None:
    body = first_page_with(b'"x": ' + b"[" * 500 + b"]" * 500 + b", ")

    stream = open_result(body)

    assert numbers(stream) == [1, 7]
    ((number, reason),) = failures(stream)
    assert number == 1
    assert "recursion" in reason


# JSON, but no result


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"1",
        b'"text"',
        b"null",
        b"true",
        b'[{"page_number": 1, "items": []}]',
        b'{"items": []}',
        b'{"items": {}}',
        b'{"items": {"pages": null}}',
        b'{"items": {"pages": {}}}',
        b'{"job": 5}',
        b'{"job": {"id": 5, "status": "COMPLETED"}}',
        b"{}",
        b'{"detail": "Parse job not found"}',
        b'{"id": "pjb-1", "status": "PENDING"}',
    ],
    ids=lambda body: body.decode(),
)
def test_json_that_is_no_result_is_refused(body: bytes) -> None:
    with pytest.raises(ResponseError, match=r"^other\.json: ") as caught:
        open_result(body, "other.json")

    assert not isinstance(caught.value, MalformedJSONError | MissingContentError)


def test_an_object_of_another_kind_is_told_by_its_keys() -> None:
    body = json.dumps({"detail": PRESIGNED, PRESIGNED: 1}).encode()

    with pytest.raises(ResponseError, match="but detail") as caught:
        open_result(body)

    assert SIGNATURE not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "read"),
    [
        (b'{"items": null}', "item_pages"),
        (b'{"job": null, "debug": null}', "item_pages"),
        (dump(result(page(1, text("words")))), "markdown_pages"),
        (dump(result(page(1, text("words")))), "text_pages"),
    ],
    ids=["null", "nothing", "markdown", "text"],
)
def test_content_that_was_not_fetched_is_named(body: bytes, read: str) -> None:
    name = {"item_pages": "items"}.get(read, read.removesuffix("_pages"))
    stream = open_result(body)

    with pytest.raises(MissingContentError, match=f"expand={name}"):
        getattr(stream, read)()


def test_a_downloaded_items_file_is_a_result_without_a_job() -> None:
    stream = open_result(dump({"pages": [page(3, text("words"))]}))

    assert numbers(stream) == [3]
    assert stream.job is None


@pytest.mark.parametrize(
    "body",
    [
        {"pages": [{"page": 1, "md": "# A", "text": "A", "items": []}]},
        {
            "pages": [{"items": [{"type": "heading", "lvl": 1, "value": "A"}]}],
            "job_metadata": {},
        },
        {"pages": [{"items": [{"type": "text", "bBox": {"x": 1}}]}]},
        [{"pages": [{"page": 1, "items": []}], "job_id": "1"}],
        [{"page": 1, "md": "A"}],
        {"markdown": "# A", "job_metadata": {}},
        {"text": "A", "job_metadata": {}},
        {"structured": [{}], "job_metadata": {}},
        {"pages": [], "job_metadata": {}, "error": "ERROR: broken", "status": "ERROR"},
        [{"pages": [], "job_metadata": {}}, {"pages": [{"page": 1, "md": "A"}]}],
        V1_DUMP,
        [V1_DUMP, V1_DUMP],
    ],
    ids=[
        "pages",
        "lvl",
        "bBox",
        "reader",
        "list",
        "markdown",
        "text",
        "structured",
        "failed",
        "one failed",
        "dump",
        "dumps",
    ],
)
def test_a_v1_result_says_so_and_what_to_do(body: Json | list[Json]) -> None:
    with pytest.raises(V1ResultError, match=r"v1 result .*POST /api/v2/parse") as told:
        open_result(json.dumps(body, indent=1).encode())

    assert 'engine="cloud"' in str(told.value)
    named = re.findall(r"docs/\w+\.md", str(told.value))
    assert [(ROOT / name).is_file() for name in named] == [True]


@pytest.mark.parametrize(
    "body",
    [
        {"id": "1", "text": "of a chunk", "metadata": {"page_number": 1}},
        [{"page": 1, "x": 0, "y": 0, "w": 9, "h": 9}],
        {"pages": [{"page": "one", "md": "A"}]},
        {"text": "A"},
        {"job_metadata": {"job_id": "pjb-1"}},
        ["page", "md", "items"],
    ],
    ids=["chunk", "boxes", "word", "text", "job metadata", "words"],
)
def test_json_of_others_is_not_taken_for_v1(body: Json | list[Json]) -> None:
    with pytest.raises(ParseStrataError) as told:
        next(open_result(json.dumps(body).encode()).item_pages())

    assert not isinstance(told.value, V1ResultError)


@pytest.mark.parametrize(
    "content",
    [
        {"items": {"pages": [page(1, text('{"page": 1, "lvl": 1, "bBox": {}}'))]}},
        {"items": {"pages": [{**page(1, text("A")), "page": 1, "md": "A"}]}},
        {"pages": [{**page(1, text("A")), "page": 1, "md": '"lvl"'}]},
        {"items": {"pages": []}, "job_metadata": {}, "text": None},
        {"pages": []},
    ],
    ids=["quoted", "more keys", "items file", "empty", "empty file"],
)
def test_a_v2_result_is_not_taken_for_v1(content: Json) -> None:
    stream = open_result(dump(content))

    assert "items" in stream.content
    assert all(not isinstance(p, FailedPage) for p in stream.item_pages())


# One bad page among good ones


@pytest.mark.parametrize(
    ("field", "number"),
    [
        (b"", 1),
        (b'"page_number": "12", ', 1),
        (b'"page_number": true, ', 1),
        (b'"page_number": null, ', 1),
        (b'"page_number": 12.0, ', 1),
        (b'"page_number": 1e400, ', 1),
        (b'"page_number": ' + b"9" * 5000 + b", ", 1),
        (b'"page_number": 12, "page_width": "wide", ', 12),
    ],
    ids=[
        "none",
        "text",
        "true",
        "null",
        "float",
        "too large",
        "5000 digits",
        "width",
    ],
)
def test_a_page_that_does_not_fit_fails_alone(field: bytes, number: int) -> None:
    body = first_page_with(field)
    if b"page_width" in field:
        body = body.replace(b'"page_width": 612.0, ', b"", 1)

    stream = open_result(body)

    assert numbers(stream) == [number, 7]
    ((failed, reason),) = failures(stream)
    assert failed == number
    assert reason.startswith("the page does not fit the v2 contract: ")


@pytest.mark.parametrize("number", [0, -1, 10**50])
def test_a_page_number_is_kept_whatever_it_is(number: int) -> None:
    stream = open_result(first_page_with(f'"page_number": {number}, '.encode()))

    assert numbers(stream) == [number, 7]
    assert failures(stream) == []


def test_two_pages_of_one_number_are_both_kept() -> None:
    stream = open_result(dump(result(page(1, text("a")), page(1, text("b")))))

    assert numbers(stream) == [1, 1]
    assert failures(stream) == []


@pytest.mark.parametrize(
    ("given_page", "number", "reason"),
    [
        (failed_page(3, "worker timed out"), 3, "worker timed out"),
        ({"success": False, "error": "worker died"}, 1, "worker died"),
        ({"page_number": 3, "success": False}, 3, "no reason given"),
        ({"page_number": 3, "success": False, "error": None}, 3, "no reason given"),
        ({"page_number": 3, "success": False, "error": ""}, 3, ""),
    ],
    ids=["whole", "no number", "no error", "null", "blank"],
)
def test_a_failed_page_keeps_the_words_of_the_server(
    given_page: Json, number: int, reason: str
) -> None:
    stream = open_result(dump({"items": {"pages": [given_page, page(9)]}}))

    assert failures(stream) == [(number, reason)]
    assert numbers(stream) == [number, 9]


@pytest.mark.parametrize("stranger", [1, None, "text", [], True])
def test_a_page_that_is_no_object_fails_alone(stranger: object) -> None:
    stream = open_result(json.dumps({"items": {"pages": [page(5), stranger]}}).encode())

    assert numbers(stream) == [5, 2]
    assert len(failures(stream)) == 1


def test_a_metadata_page_that_does_not_fit_is_left_out() -> None:
    body = result(page(1), page(2))
    body["metadata"]["pages"][0]["confidence"] = "high"

    stream = open_result(dump(body))

    assert list(stream.metadata_pages()) == [2]


def test_a_failed_markdown_page_is_told_from_a_blank_one() -> None:
    body = result(
        page(1), markdown={"pages": [failed_page(1), *markdown((2, ""))["pages"]]}
    )

    pages = list(open_result(dump(body)).markdown_pages())

    assert [type(one).__name__ for one in pages] == ["FailedPage", "MarkdownPage"]


# No secret in any text


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body[:-9],
        lambda body: body.replace(b'"job": {', b'"job": {"usage": "URL", '),
        lambda body: body.replace(b'"COMPLETED"', b'["URL"]'),
        lambda body: body.replace(b'"items": {', b'"items": "URL", "x": {'),
        lambda body: body.replace(b'"pages": [', b'"pages": "URL", "x": ['),
        lambda body: body.replace(b'"markdown": null', b'"markdown": "URL"'),
        lambda body: body.replace(b'"index": 0', b'"index": "URL"'),
        lambda body: body.replace(b'"page_number": 1, "items"', b'"URL": 1, "items"'),
        lambda body: body.replace(b'"page_width": 612.0', b'"page_width": "URL"'),
    ],
    ids=[
        "cut",
        "usage",
        "status",
        "items",
        "pages",
        "markdown",
        "image",
        "page number",
        "width",
    ],
)
def test_a_presigned_url_comes_into_no_message(
    change: Callable[[bytes], bytes],
) -> None:
    image = {"filename": "a.jpg", "index": 0, "presigned_url": PRESIGNED}
    images = {"images": [image], "total_count": 1}
    body = dump(result(page(1, text(PRESIGNED)), images_content_metadata=images))
    body = change(body).replace(b"URL", PRESIGNED.encode())
    said: list[str] = []

    try:
        stream = open_result(body)
        said += [reason for _, reason in failures(stream)]
        said.append(str(stream.images and stream.images.total_count))
    except ParseStrataError as error:
        said += [str(error), repr(error), str(pickle.loads(pickle.dumps(error)))]

    assert said
    assert SIGNATURE not in " ".join(said)


# Whatever comes, only errors of this package leave


@settings(max_examples=400, deadline=None)
@given(
    start=st.integers(0, 2000),
    length=st.integers(0, 6),
    patch=st.binary(max_size=6)
    | st.sampled_from([b"null", b"1e400", b'"\\ud800"', b"[", b"}", b"NaN", b'"'])
    | st.integers(10**18, 10**40).map(lambda number: str(number).encode()),
)
@example(start=10, length=0, patch=b'"\\ud800": 1e400, ')
def test_only_errors_of_this_package_come_out_of_a_damaged_body(
    start: int, length: int, patch: bytes
) -> None:
    body = dump(SMALL)
    start %= len(body)
    damaged = body[:start] + patch + body[start + length :]

    try:
        stream = open_result(damaged)
        taken = sum(1 for _ in stream.item_pages()) + len(stream.metadata_pages())
    except ParseStrataError as error:
        assert str(error)  # noqa: PT017 - an error is as good an outcome as pages
    else:
        assert taken >= 0


@settings(max_examples=300, deadline=None)
@given(body=st.binary(max_size=40) | st.text(max_size=40).map(str.encode))
@example(body=b"\x00\x00\x00{")
@example(body=b"\xff\xfe\x00\x00")
def test_only_errors_of_this_package_come_out_of_noise(body: bytes) -> None:
    with pytest.raises(ParseStrataError):
        open_result(body)
