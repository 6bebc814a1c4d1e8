"""A job id as a source: what is asked of a real server, and what its answers mean."""

import json
import pickle
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from building import dump, page, result, text
from parsestrata.errors import (
    APIError,
    AuthenticationError,
    NotFoundError,
    ParseStrataError,
    QuotaError,
)
from parsestrata.options import Options
from parsestrata.sources.source import open_source

KEY = "llx-a-very-secret-key"
JOB = "pjb-sx7kid0kf24tsdnlhcy2835nork3"
BODY = dump(result(page(1, text("words"))))


@dataclass
class Answer:
    """What the server says to the next request."""

    status: int = 200
    body: bytes = BODY
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Server:
    """A server on the loopback that keeps what it was asked."""

    url: str = ""
    answer: Answer = field(default_factory=Answer)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    @property
    def path(self) -> str:
        return urlsplit(self.requests[-1][0]).path

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(urlsplit(self.requests[-1][0]).query)

    @property
    def headers(self) -> dict[str, str]:
        return self.requests[-1][1]


def make_handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.requests.append((self.path, dict(self.headers)))
            answer = server.answer
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(answer.body)))
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)
            self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    return Handler


@contextmanager
def serve() -> Iterator[Server]:
    made = Server()
    with ThreadingHTTPServer(("127.0.0.1", 0), make_handler(made)) as running:
        running.daemon_threads = True
        made.url = f"http://127.0.0.1:{running.server_address[1]}"
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield made
        running.shutdown()
        thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    with serve() as made:
        yield made


@pytest.fixture
def other() -> Iterator[Server]:
    with serve() as made:
        yield made


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parsestrata.api.client.retry.uniform", lambda *_: 0.001)
    for name in (
        "LLAMA_CLOUD_API_KEY",
        "LLAMA_PARSE_API_KEY",
        "LLAMA_CLOUD_BASE_URL",
        "HTTP_PROXY",
        "http_proxy",
        "ALL_PROXY",
        "all_proxy",
    ):
        monkeypatch.delenv(name, raising=False)


def fetch(server: Server, **options: Any) -> list[int]:
    values: dict[str, Any] = {"api_key": KEY, "base_url": server.url, **options}
    stream = open_source(JOB, Options(**values))
    return [one.page_number for one in stream.item_pages()]


def refused(server: Server, **options: Any) -> ParseStrataError:
    """Fetch what is refused, and hold the error to saying no secret."""
    with pytest.raises(ParseStrataError) as caught:
        fetch(server, **options)
    holds_no_key(caught.value)
    return caught.value


def holds_no_key(error: ParseStrataError) -> None:
    printed = "".join(traceback.format_exception(error))
    shown = (str(error), repr(error), repr(error.args), repr(vars(error)), printed)
    assert not any(KEY in one for one in shown)
    assert KEY.encode() not in pickle.dumps(error)


# What is asked


def test_a_job_is_asked_for_with_its_key(server: Server) -> None:
    numbers = fetch(server)

    assert numbers == [1]
    assert len(server.requests) == 1
    assert server.path == f"/api/v2/parse/{JOB}"
    assert server.headers["Authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    ("split", "expand"),
    [
        ("chunk", ["items", "metadata"]),
        ("item", ["items", "metadata"]),
        ("page", ["items", "markdown", "metadata"]),
        ("document", ["items", "markdown", "metadata"]),
        ("result", ["items", "markdown", "metadata"]),
    ],
)
def test_expand_is_repeated_and_asks_for_no_more_than_the_split_needs(
    split: str, expand: list[str], server: Server
) -> None:
    fetch(server, split=split)

    assert server.query == [("expand", one) for one in expand]


def test_project_and_organization_go_along(server: Server) -> None:
    project = "11111111-2222-4333-8444-555555555555"

    fetch(server, project_id=project, organization_id="org & co")

    assert ("project_id", project) in server.query
    assert ("organization_id", "org & co") in server.query


@pytest.mark.parametrize("name", ["LLAMA_CLOUD_API_KEY", "LLAMA_PARSE_API_KEY"])
def test_key_and_base_url_may_stand_in_the_environment(
    name: str, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, KEY)
    monkeypatch.setenv("LLAMA_CLOUD_BASE_URL", server.url + "/")

    numbers = [one.page_number for one in open_source(JOB, Options()).item_pages()]

    assert numbers == [1]
    assert server.headers["Authorization"] == f"Bearer {KEY}"


def test_an_option_wins_over_the_environment(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLAMA_PARSE_API_KEY", "llx-third")
    monkeypatch.setenv("LLAMA_CLOUD_API_KEY", "llx-second")
    monkeypatch.setenv("LLAMA_CLOUD_BASE_URL", "http://127.0.0.1:1")

    fetch(server)
    fetch(server, api_key=None)

    keys = [headers["Authorization"] for _, headers in server.requests]
    assert keys == [f"Bearer {KEY}", "Bearer llx-second"]


# What is refused


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, APIError),
        (401, AuthenticationError),
        (402, QuotaError),
        (403, AuthenticationError),
        (404, NotFoundError),
        (413, APIError),
        (422, APIError),
    ],
)
def test_an_error_repeats_the_words_of_the_server(
    status: int, kind: type[APIError], server: Server
) -> None:
    server.answer = Answer(status, b'{"detail": "No such thing"}')

    error = refused(server)

    assert type(error) is kind
    assert isinstance(error, APIError)
    assert (error.status, error.detail) == (status, "No such thing")
    assert error.url == f"{server.url}/api/v2/parse/{JOB}"
    assert f"HTTP {status}: No such thing" in str(error)


def test_a_list_of_problems_is_told_in_one_line(server: Server) -> None:
    problems = [
        {"type": "enum", "loc": ["query", "expand", 0], "msg": "Input is no value"},
        {"type": "uuid", "loc": ["query", "project_id"], "msg": "Input is no UUID"},
        "and more",
    ]
    server.answer = Answer(422, json.dumps({"detail": problems}).encode())

    error = refused(server)

    assert "query.expand.0: Input is no value" in str(error)
    assert "query.project_id: Input is no UUID" in str(error)
    assert "\n" not in str(error)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Bad gateway</html>",
        b"[]",
        b'"text"',
        b"null",
        b"{}",
        b'{"detail": null}',
        b'{"detail": {"code": 7}}',
        b'{"detail": []}',
        b"\xff\xfe",
    ],
    ids=lambda body: repr(body[:24]),
)
def test_an_error_without_words_is_still_an_error(body: bytes, server: Server) -> None:
    server.answer = Answer(404, body)

    error = refused(server)

    assert isinstance(error, NotFoundError)
    assert "HTTP 404: " in str(error)


def test_endless_words_are_cut(server: Server) -> None:
    server.answer = Answer(400, json.dumps({"detail": "x" * 100_000}).encode())

    assert len(str(refused(server))) < 2000


def test_the_key_follows_no_redirect_to_another_host(
    server: Server, other: Server
) -> None:
    elsewhere = other.url.replace("127.0.0.1", "localhost")
    headers = {"Location": f"{elsewhere}/elsewhere?token=secret-word"}
    server.answer = Answer(302, b"", headers)

    error = refused(server)

    assert isinstance(error, APIError)
    assert not any(KEY in str(headers) for _, headers in other.requests)
    assert "secret-word" not in str(error)


def test_a_body_of_another_kind_is_refused_by_the_job_id(server: Server) -> None:
    server.answer.body = b"<html>Sign in</html>"

    error = refused(server)

    assert str(error).startswith(f"{JOB}: this is HTML")
