"""Small parts of the client that a server on this machine rarely brings about."""

import io
import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from building import dump, page, result, text
from loopback import JOB_ID, answer, cut, job, loopback
from parsestrata.api.body import Body, CutShortError
from parsestrata.api.client import ParseClient
from parsestrata.api.expand import EXPAND, FILES, check_expand, file_kind, link_to
from parsestrata.api.json_string import as_json_string
from parsestrata.errors import (
    JobNotReadyError,
    JobTimeoutError,
    ResponseError,
    SourceError,
)

KEY = "llx-a-very-secret-key"


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_text_in_pieces_is_one_json_string(size: int) -> None:
    words = 'a "quoted" \\ line\nü € 😀 \x00 end'
    data = words.encode()

    pieces = (data[start : start + size] for start in range(0, len(data), size))

    assert json.loads(b"".join(as_json_string(pieces))) == words


def test_every_kind_of_file_can_be_asked_for() -> None:
    for kind in FILES:
        assert link_to(kind) in EXPAND
    assert {file_kind(value) for value in EXPAND} - {None} == {
        *FILES,
    } - {"grounded_items"}


def test_expand_values_are_listed_once_in_order() -> None:
    assert check_expand(["items,metadata", "items", " text "]) == (
        "items",
        "metadata",
        "text",
    )


def test_a_body_that_is_empty_or_cut_has_no_job() -> None:
    for data in (b"", b'{"job": {"id": "x"', b"   "):
        with Body() as body:
            body.write([data])
            with pytest.raises(CutShortError):
                body.job()


@pytest.mark.parametrize("data", [b"[1]", b'{"job": 3}', b"{}", b"nonsense"])
def test_a_body_of_another_kind_has_no_job(data: bytes) -> None:
    with Body() as body:
        body.write([data])

        assert body.job() is None


def test_a_body_without_room_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.BytesIO):
        def write(self, _data: Any) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.SpooledTemporaryFile", lambda **_: Full())

    with Body() as body:
        with pytest.raises(SourceError, match="no room for a large result"):
            body.write([b"x"])


def test_an_answer_with_a_lone_surrogate_is_mended() -> None:
    broken = dump(result(page(1, text("before MARK after"))))
    broken = broken.replace(b"MARK", b"\\ud800")

    with (
        loopback(answer(body=broken)) as server,
        ParseClient(KEY, server.url) as client,
    ):
        with client.fetch(JOB_ID, ("items",)) as body:
            found = body.open(JOB_ID)

    (made,) = found.item_pages()
    assert made.items[0].md == "before \ufffd after"  # type: ignore[union-attr]


def test_a_large_presigned_file_that_is_no_items_is_refused() -> None:
    links = {"items": {"size_bytes": 2, "presigned_url": "URL"}}

    def scene(handler: Any, asked: Any) -> None:
        if asked.path == "/file":
            answer(body=b"[]")(handler, asked)
            return
        made = {**job(), "result_content_metadata": links}
        links["items"]["presigned_url"] = f"{server.url}/file"
        answer(body=made)(handler, asked)

    with loopback(scene) as server, ParseClient(KEY, server.url) as client:
        body = client.fetch(JOB_ID, ("items",), transfer="presigned")
        with pytest.raises(ResponseError):
            body.open(JOB_ID)


def test_links_of_another_shape_are_a_response_error(tmp_path: Path) -> None:
    made = {**job(), "result_content_metadata": {"items": "nothing"}}
    with loopback(answer(body=made)) as server, ParseClient(KEY, server.url) as client:
        with pytest.raises(ResponseError, match="result_content_metadata"):
            client.download_result(JOB_ID, "items", tmp_path / "items.json")


def test_a_result_that_is_not_there_although_the_job_is_done_is_not_ready() -> None:
    running = answer(body=job("RUNNING"))
    done = answer(body=job())
    with loopback(running, done, running) as server:
        with ParseClient(KEY, server.url, sleep=lambda _: None) as client:
            with pytest.raises(JobNotReadyError, match="not there yet"):
                client.get(JOB_ID, ("items",))


def test_an_answer_without_a_job_is_no_job() -> None:
    with loopback(answer(body={"status": "ok"})) as server:
        with ParseClient(KEY, server.url) as client:
            with pytest.raises(ResponseError, match="no job"):
                client.wait(JOB_ID)


def test_a_stream_that_cannot_be_rewound_is_uploaded_all_the_same() -> None:
    class Stream(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, target: Any) -> int:
            sent, self.left = self.left[: len(target)], self.left[len(target) :]
            target[: len(sent)] = sent
            return len(sent)

        left = b"%PDF-1.7 stream"

    refused = answer(503, {"detail": "wait"}, {"Retry-After": "0"})
    done = answer(body=job("PENDING")["job"])
    with loopback(refused, done) as server, ParseClient(KEY, server.url) as client:
        client.upload(io.BufferedReader(Stream()))

    assert all(b"%PDF-1.7 stream" in one.body for one in server.asked)


def test_a_timeout_is_pickled_with_all_its_fields() -> None:
    error = JobTimeoutError("pjb-1", "RUNNING", "not done")

    copied = pickle.loads(pickle.dumps(error))

    assert copied.args == error.args == ("pjb-1", "RUNNING", "not done")
    assert str(copied) == str(error)


def test_a_cut_answer_of_a_list_is_asked_for_again() -> None:
    listed = json.dumps({"items": [job()["job"]]}).encode()
    scenes = [cut(listed, 30, announce=False), answer(body=listed)]
    with loopback(*scenes) as server:
        with ParseClient(KEY, server.url, sleep=lambda _: None) as client:
            found = list(client.list())

    assert [one.id for one in found] == [JOB_ID]


def test_a_document_that_cannot_be_opened_is_a_source_error(tmp_path: Path) -> None:
    with ParseClient(KEY, "http://127.0.0.1:9") as client:
        with pytest.raises(SourceError, match="cannot be uploaded"):
            client.upload(tmp_path)
