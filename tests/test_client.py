"""The client against a server on this machine: calls, retries, waiting, errors."""

import gzip
import json
import logging
import pickle
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from building import dump, page, result, text
from loopback import JOB_ID, Loopback, answer, cut, hang, job, loopback, reset, whole
from parsestrata.api.client import ParseClient
from parsestrata.api.client.retry import NO_RETRY, Patience, RetryPolicy
from parsestrata.errors import (
    APIError,
    AuthenticationError,
    ConfigError,
    ContentUnavailableError,
    JobCancelledError,
    JobError,
    JobFailedError,
    JobNotReadyError,
    JobTimeoutError,
    NotFoundError,
    ParseStrataError,
    QuotaError,
    RateLimitError,
    ResponseError,
    ResultExpiredError,
    ServerError,
    SourceError,
    TransportError,
)

KEY = "llx-a-very-secret-key"
ITEMS = ("items", "metadata")


class Clock:
    """Time that passes by sleeping only."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make_client(clock: Clock) -> Iterator[Callable[..., ParseClient]]:
    made: list[ParseClient] = []

    def make(server: Loopback | str, **options: Any) -> ParseClient:
        url = server if isinstance(server, str) else server.url
        timing = {"sleep": clock.sleep, "clock": clock, "timeout": 5.0}
        made.append(ParseClient(KEY, url, **{**timing, **options}))
        return made[-1]

    yield make
    for client in made:
        client.close()


Make = Callable[..., ParseClient]


def test_a_job_comes_back_typed_with_what_was_asked_for(make_client: Make) -> None:
    with loopback(answer(body=whole())) as server:
        found = make_client(server, project_id="p-1").get(JOB_ID, ITEMS)

    assert found.items is not None
    assert found.job is not None
    assert found.job.status == "COMPLETED"
    assert server.asked[0].path == f"/api/v2/parse/{JOB_ID}"
    assert server.asked[0].query == {"expand": list(ITEMS), "project_id": ["p-1"]}
    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"


def test_a_call_may_name_another_project_and_image_files(make_client: Make) -> None:
    with loopback(answer(body=job())) as server:
        make_client(server, project_id="mine", organization_id="org").get(
            JOB_ID,
            "images_content_metadata,text",
            image_filenames=["a.jpg", "b.jpg"],
            project_id="yours",
        )

    assert server.asked[0].query == {
        "expand": ["images_content_metadata", "text"],
        "project_id": ["yours"],
        "organization_id": ["org"],
        "image_filenames": ["a.jpg,b.jpg"],
    }


@pytest.mark.parametrize(
    ("status", "detail", "kind"),
    [
        (400, "Markdown expansion is not available for FAST tier jobs.", None),
        (400, "bad request", APIError),
        (401, "Invalid API key", AuthenticationError),
        (402, "No quota left to create a job", QuotaError),
        (403, "Access denied to this parse configuration", AuthenticationError),
        (404, "Parse job not found", NotFoundError),
        (408, "timeout", APIError),
        (409, "conflict", APIError),
        (413, "too large", APIError),
        (422, "unprocessable", APIError),
        (429, "slow down", RateLimitError),
        (500, "correlation id 17", ServerError),
        (501, "not implemented", ServerError),
        (503, "", ServerError),
    ],
)
def test_a_status_becomes_its_error_with_the_servers_words(
    make_client: Make, status: int, detail: str, kind: type[APIError] | None
) -> None:
    with loopback(answer(status, {"detail": detail})) as server:
        client = make_client(server, retry=NO_RETRY)
        with pytest.raises(APIError) as caught:
            client.get(JOB_ID)

    assert type(caught.value) is (kind or ContentUnavailableError)
    assert caught.value.status == status
    assert caught.value.detail == detail
    assert caught.value.url.endswith(JOB_ID)
    copied = pickle.loads(pickle.dumps(caught.value))
    assert repr(copied) == repr(caught.value)


def test_a_list_of_problems_is_read_as_words(make_client: Make) -> None:
    problem = {"type": "enum", "loc": ["query", "expand", 0], "msg": "is not allowed"}
    with loopback(answer(422, {"detail": [problem]})) as server:
        with pytest.raises(APIError) as caught:
            make_client(server).get(JOB_ID)

    assert caught.value.detail == "query.expand.0: is not allowed"


def test_an_error_with_a_long_body_leaves_no_connection_half_read(
    make_client: Make,
) -> None:
    long = answer(400, {"detail": "x" * 300_000})
    with loopback(long, answer(body=whole())) as server:
        client = make_client(server)
        with pytest.raises(APIError) as caught:
            client.get(JOB_ID)
        with client.fetch(JOB_ID, ITEMS) as body:
            data = body.read()

    assert len(str(caught.value)) < 1000
    assert data == whole()


def test_an_answer_that_is_no_json_gives_the_reason_of_its_status(
    make_client: Make,
) -> None:
    with loopback(answer(403, b"<html>no</html>")) as server:
        with pytest.raises(AuthenticationError, match="Forbidden"):
            make_client(server).get(JOB_ID)


@pytest.mark.parametrize(
    "fault",
    [
        reset,
        hang(0.0),
        cut(whole(), 100),
        cut(whole(), 100, announce=False),
        answer(408, {"detail": "late"}),
        answer(409, {"detail": "busy"}),
        answer(429, {"detail": "slow down"}),
        answer(500, {"detail": "oops"}),
        answer(503, b"<html>"),
    ],
    ids=[
        "reset",
        "hang up",
        "cut",
        "cut unannounced",
        *["408", "409", "429", "500", "503"],
    ],
)
def test_a_passing_fault_is_met_by_asking_again(
    make_client: Make, clock: Clock, fault: Any
) -> None:
    with loopback(fault, fault, answer(body=whole())) as server:
        body = make_client(server).fetch(JOB_ID, ITEMS)
        with body:
            data = body.read()

    assert data == whole()
    assert len(server.asked) == 3
    assert len(clock.slept) == 2


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 422, 501])
def test_a_final_answer_is_not_asked_for_again(make_client: Make, status: int) -> None:
    with loopback(answer(status, {"detail": "no"})) as server:
        with pytest.raises(APIError):
            make_client(server).get(JOB_ID)

    assert len(server.asked) == 1


def test_retries_end_by_count_with_growing_waits(
    make_client: Make, clock: Clock
) -> None:
    with loopback(answer(500, {"detail": "oops"})) as server:
        with pytest.raises(ServerError, match="oops"):
            make_client(server).get(JOB_ID)

    assert len(server.asked) == 6
    bare = [0.5, 1.0, 2.0, 4.0, 8.0]
    for slept, expected in zip(clock.slept, bare, strict=True):
        assert 0.75 * expected <= slept <= 1.25 * expected


def test_retries_end_by_time(make_client: Make, clock: Clock) -> None:
    policy = RetryPolicy(
        server=Patience(attempts=99, first_delay=8.0, longest_delay=8.0), seconds=30.0
    )
    with loopback(answer(500, {"detail": "oops"})) as server:
        with pytest.raises(ServerError):
            make_client(server, retry=policy).get(JOB_ID)

    assert clock.now <= 30.0
    assert 3 <= len(server.asked) <= 6


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_honoured(make_client: Make, clock: Clock, status: int) -> None:
    wait = answer(status, {"detail": "wait"}, {"Retry-After": "17"})
    with loopback(wait, answer(body=job())) as server:
        make_client(server).get(JOB_ID)

    assert clock.slept == [17.0]


def test_a_retry_after_beyond_the_time_limit_ends_at_once(
    make_client: Make, clock: Clock
) -> None:
    with loopback(answer(429, {"detail": "wait"}, {"Retry-After": "3600"})) as server:
        with pytest.raises(RateLimitError, match="requests_per_minute"):
            make_client(server).get(JOB_ID)

    assert clock.slept == []


def test_a_dated_retry_after_never_waits_backwards(
    make_client: Make, clock: Clock
) -> None:
    past = {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}
    with loopback(answer(503, b"", past), answer(body=job())) as server:
        make_client(server).get(JOB_ID)

    assert clock.slept == [0.0]


@pytest.mark.parametrize("value", ["soon", "1e999", "-"])
def test_a_retry_after_that_is_none_is_passed_over(
    make_client: Make, clock: Clock, value: str
) -> None:
    bad = answer(503, b"", {"Retry-After": value})
    with loopback(bad, answer(body=job())) as server:
        make_client(server).get(JOB_ID)

    assert len(clock.slept) == 1


def test_a_refused_connection_is_a_transport_error(make_client: Make) -> None:
    with loopback(answer()) as server:
        url = server.url

    with pytest.raises(TransportError, match="could not connect"):
        make_client(url).get(JOB_ID)


def test_slow_headers_time_out(make_client: Make) -> None:
    with loopback(hang(1.0)) as server:
        with pytest.raises(TransportError, match="timed out"):
            make_client(server, timeout=0.1, retry=NO_RETRY).get(JOB_ID)


@pytest.mark.parametrize(
    "body",
    [b"<html>sign in</html>", b"[]", b'{"job": 3}', b"\xff\xfe"],
    ids=["html", "list", "job no object", "no text"],
)
def test_an_answer_of_another_kind_is_a_response_error(
    make_client: Make, body: bytes
) -> None:
    with loopback(answer(body=body)) as server:
        with pytest.raises(ResponseError):
            make_client(server).get(JOB_ID)


def test_gzip_is_undone(make_client: Make) -> None:
    packed = answer(body=gzip.compress(whole()), headers={"Content-Encoding": "gzip"})
    with loopback(packed) as server:
        with make_client(server).fetch(JOB_ID, ITEMS) as body:
            data = body.read()

    assert data == whole()


def test_damaged_gzip_is_never_a_result(make_client: Make) -> None:
    packed = bytearray(gzip.compress(whole()))
    packed[30] ^= 0xFF
    bad = answer(body=bytes(packed), headers={"Content-Encoding": "gzip"})
    with loopback(bad) as server:
        with pytest.raises(TransportError):
            make_client(server).get(JOB_ID)


def test_a_redirect_on_the_same_host_is_followed(make_client: Make) -> None:
    moved = answer(307, headers={"Location": "/elsewhere?a=1"})
    with loopback(moved, answer(body=job())) as server:
        make_client(server).get(JOB_ID)

    assert server.paths[1] == "/elsewhere"
    assert server.asked[1].headers["authorization"] == f"Bearer {KEY}"


def test_a_redirect_to_another_host_never_gets_the_key(make_client: Make) -> None:
    with loopback(answer(body=job())) as other:
        target = {"Location": f"{other.url}/login?secret=1"}
        with loopback(answer(302, headers=target)) as server:
            with pytest.raises(APIError, match="redirects to") as caught:
                make_client(server).get(JOB_ID)

    assert other.asked == []
    assert "secret" not in str(caught.value)


def test_redirects_in_a_circle_end(make_client: Make) -> None:
    with loopback(answer(302, headers={"Location": "/again"})) as server:
        with pytest.raises(APIError, match="without an end"):
            make_client(server).get(JOB_ID)


def test_a_netrc_never_replaces_the_key(
    make_client: Make, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password hidden\n")
    monkeypatch.setenv("NETRC", str(netrc))

    with loopback(answer(body=job())) as server:
        make_client(server).get(JOB_ID)

    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"


# Waiting


def test_waiting_grows_its_interval_up_to_a_cap(
    make_client: Make, clock: Clock
) -> None:
    running = answer(body=job("RUNNING"))
    with loopback(*[running] * 9, answer(body=job())) as server:
        found = make_client(server).wait(JOB_ID, polling_interval=1.0)

    assert found.status == "COMPLETED"
    assert clock.slept[:3] == [1.0, 1.5, 2.25]
    assert max(clock.slept) == 10.0
    assert all("expand" not in asked.query for asked in server.asked)


def test_waiting_ends_at_its_deadline(make_client: Make, clock: Clock) -> None:
    with loopback(answer(body=job("PENDING"))) as server:
        with pytest.raises(JobTimeoutError, match="not done after 20 s") as caught:
            make_client(server).wait(JOB_ID, timeout=20)

    assert clock.now == 20.0
    assert isinstance(caught.value, TimeoutError)
    assert caught.value.status == "PENDING"


@pytest.mark.parametrize(
    ("status", "kind"),
    [("FAILED", JobFailedError), ("CANCELLED", JobCancelledError)],
)
@pytest.mark.parametrize("call", ["get", "wait"])
def test_a_job_without_a_result_raises_with_the_servers_words(
    make_client: Make, status: str, kind: type[JobError], call: str
) -> None:
    ended = answer(body=job(status, error_message="PDF_IS_BROKEN"))
    with loopback(answer(body=job("RUNNING")), ended) as server:
        client = make_client(server)
        calls = {
            "get": lambda: client.get(JOB_ID, ITEMS),
            "wait": lambda: client.wait(JOB_ID),
        }
        with pytest.raises(kind, match="PDF_IS_BROKEN"):
            calls[call]()


def test_an_unknown_status_does_not_wait_for_ever(make_client: Make) -> None:
    with loopback(answer(body=job("SUCCESS"))) as server:
        with pytest.raises(JobError, match="SUCCESS"):
            make_client(server).wait(JOB_ID)


def test_content_of_a_running_job_is_waited_for(make_client: Make) -> None:
    running = answer(body=job("RUNNING"))
    scenes = [running, running, running, answer(body=job()), answer(body=whole())]
    with loopback(*scenes) as server:
        found = make_client(server).get(JOB_ID, ITEMS)

    assert found.items is not None
    assert len(server.asked) == 5


@pytest.mark.parametrize("status", ["PENDING", "RUNNING"])
def test_content_of_a_running_job_without_waiting_says_so(
    make_client: Make, status: str
) -> None:
    with loopback(answer(body=job(status))) as server:
        with pytest.raises(JobNotReadyError, match=status):
            make_client(server).get(JOB_ID, ITEMS, wait=False)

    assert len(server.asked) == 1


def test_a_job_alone_comes_in_any_status(make_client: Make) -> None:
    with loopback(answer(body=job("FAILED"))) as server:
        found = make_client(server).get(JOB_ID)

    assert found.job is not None
    assert found.job.status == "FAILED"


NO_RESULT = answer(404, {"detail": "Result not found."})


def test_a_missing_result_of_a_done_job_has_expired(make_client: Make) -> None:
    with loopback(NO_RESULT, answer(body=job())) as server:
        with pytest.raises(ResultExpiredError, match="has expired"):
            make_client(server).get(JOB_ID, ITEMS)


def test_a_missing_result_of_a_running_job_is_not_ready(make_client: Make) -> None:
    with loopback(NO_RESULT, answer(body=job("RUNNING"))) as server:
        with pytest.raises(JobNotReadyError):
            make_client(server).get(JOB_ID, ITEMS, wait=False)


def test_a_missing_result_of_a_running_job_is_waited_for(make_client: Make) -> None:
    running, done = answer(body=job("RUNNING")), answer(body=job())
    with loopback(NO_RESULT, running, running, done, answer(body=whole())) as server:
        found = make_client(server).get(JOB_ID, ITEMS)

    assert found.items is not None


def test_a_missing_job_is_not_found(make_client: Make) -> None:
    with loopback(answer(404, {"detail": "Parse job not found"})) as server:
        with pytest.raises(NotFoundError) as caught:
            make_client(server).get(JOB_ID, ITEMS)

    assert type(caught.value) is NotFoundError


# Other calls


def test_a_list_is_read_page_after_page(make_client: Make) -> None:
    jobs = [{**job()["job"], "id": f"pjb-{number}"} for number in range(5)]
    first = answer(body={"items": jobs[:3], "next_page_token": "more"})
    second = answer(body={"items": jobs[3:], "next_page_token": None})
    with loopback(first, second) as server:
        found = list(make_client(server).list(status="COMPLETED", page_size=3))

    assert [one.id for one in found] == [f"pjb-{number}" for number in range(5)]
    assert server.asked[0].query == {"status": ["COMPLETED"], "page_size": ["3"]}
    assert server.asked[1].query["page_token"] == ["more"]


def test_an_upload_sends_file_and_configuration(
    make_client: Make, tmp_path: Any
) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(b"%PDF-1.7 body")

    with loopback(answer(body=job("PENDING")["job"])) as server:
        begun = make_client(server).upload(path, "fast", "2026-06-15", {"lang": "de"})

    assert begun.status == "PENDING"
    sent = server.asked[0].body
    assert b'name="file"; filename="report.pdf"' in sent
    assert b"%PDF-1.7 body" in sent
    options = {"lang": "de", "tier": "fast", "version": "2026-06-15"}
    assert json.dumps(options).encode() in sent


@pytest.mark.parametrize("status", [429, 503])
def test_an_upload_that_was_refused_is_sent_again_whole(
    make_client: Make, tmp_path: Any, status: int
) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(b"%PDF-1.7 body")

    done = answer(body=job("PENDING")["job"])
    with (
        loopback(answer(status, {"detail": "wait"}), done) as server,
        path.open("rb") as file,
    ):
        make_client(server).upload(file)

    assert len(server.asked) == 2
    assert b"%PDF-1.7 body" in server.asked[1].body


@pytest.mark.parametrize("fault", [reset, answer(500, {"detail": "oops"})])
def test_an_upload_that_may_have_arrived_is_not_sent_twice(
    make_client: Make, tmp_path: Any, fault: Any
) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(b"%PDF-1.7 body")

    with loopback(fault) as server:
        with pytest.raises(APIError, match="may have reached the server"):
            make_client(server).upload(path)

    assert len(server.asked) == 1


def test_an_upload_of_nothing_is_a_source_error(make_client: Make) -> None:
    with pytest.raises(SourceError, match="No such file"):
        make_client("http://127.0.0.1:9").upload("missing.pdf")


def test_cancel_and_delete_name_the_job(make_client: Make) -> None:
    cancelled = answer(body=job("CANCELLED")["job"])
    with loopback(cancelled, answer(body={"id": JOB_ID})) as server:
        client = make_client(server)
        status = client.cancel(JOB_ID).status
        client.delete(JOB_ID)

    assert status == "CANCELLED"
    assert [(one.method, one.path) for one in server.asked] == [
        ("POST", f"/api/v2/parse/{JOB_ID}/cancel"),
        ("DELETE", f"/api/v2/parse/{JOB_ID}"),
    ]


# Rate limit


def test_the_rate_limit_is_shared_by_threads(clock: Clock) -> None:
    lock = threading.Lock()

    def sleep(seconds: float) -> None:
        with lock:
            clock.slept.append(seconds)

    with loopback(answer(body=job())) as server:
        client = ParseClient(
            KEY, server.url, requests_per_minute=20, sleep=sleep, clock=clock
        )
        threads = [
            threading.Thread(target=client.get, args=(JOB_ID,)) for _ in range(45)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        client.close()

    assert len(server.asked) == 45
    assert sorted(clock.slept) == [60.0] * 20 + [120.0] * 5


def test_retries_count_against_the_rate_limit(make_client: Make, clock: Clock) -> None:
    oops = answer(500, {"detail": "oops"})
    with loopback(oops, oops, answer(body=job())) as server:
        make_client(server, requests_per_minute=1).get(JOB_ID)

    assert clock.now >= 120.0


# What is wrong before any request


@pytest.mark.parametrize(
    "job_id",
    ["a/b", "a\nb", "", "x" * 10_000, "..", "pjb-ü"],
    ids=["slash", "newline", "empty", "long", "dots", "umlaut"],
)
def test_what_is_no_job_id_is_refused_before_any_request(
    make_client: Make, job_id: str
) -> None:
    with loopback(answer()) as server:
        with pytest.raises(ConfigError, match="no job id") as caught:
            make_client(server).get(job_id)

    assert server.asked == []
    assert len(str(caught.value)) < 200


def test_an_unknown_expand_is_named_before_any_request(make_client: Make) -> None:
    with loopback(answer()) as server:
        with pytest.raises(ConfigError, match="did you mean markdown"):
            make_client(server).get(JOB_ID, ["markdwon"])

    assert server.asked == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "https://api.cloud.llamaindex.ai"),
        ({"region": "us"}, "https://api.cloud.llamaindex.ai"),
        ({"region": "eu"}, "https://api.cloud.eu.llamaindex.ai"),
        (
            {"base_url": "api.cloud.eu.llamaindex.ai"},
            "https://api.cloud.eu.llamaindex.ai",
        ),
        ({"base_url": "https://a.b/api/v2/parse/"}, "https://a.b"),
        ({"base_url": "https://a.b/api/v1"}, "https://a.b"),
        ({"base_url": "https://a.b/proxy"}, "https://a.b/proxy"),
        ({"base_url": "127.0.0.1:8080"}, "http://127.0.0.1:8080"),
        ({"base_url": "localhost:8080"}, "http://localhost:8080"),
        ({"base_url": "localhost.evil.com"}, "https://localhost.evil.com"),
    ],
    ids=str,
)
def test_a_base_url_is_found(
    given: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LLAMA_CLOUD_BASE_URL", raising=False)

    client = ParseClient(KEY, **given)

    assert client.base_url == expected
    assert KEY not in repr(client)
    client.close()


def test_base_url_and_key_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("LLAMA_CLOUD_API_KEY", raising=False)
    monkeypatch.setenv("LLAMA_PARSE_API_KEY", KEY)
    with loopback(answer(body=job())) as server:
        monkeypatch.setenv("LLAMA_CLOUD_BASE_URL", server.url)
        with ParseClient() as client:
            client.get(JOB_ID)

    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    "given",
    [
        {"base_url": "https://a.b/?key=secret"},
        {"base_url": "https://me:secret@a.b"},
        {"base_url": "ftp://a.b"},
        {"base_url": "https://"},
        {"base_url": "https://a.b:port"},
        {"region": "mars"},
    ],
    ids=str,
)
def test_a_wrong_address_is_a_config_error(given: dict[str, str]) -> None:
    with pytest.raises(ConfigError) as caught:
        ParseClient(KEY, **given)

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("key", ["llx-a b", "llx-a\nb", "llx-ü"])
def test_what_cannot_be_a_key_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        ParseClient(key)

    assert "llx" not in str(caught.value)


def test_no_key_says_where_it_was_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LLAMA_CLOUD_API_KEY", "LLAMA_PARSE_API_KEY"):
        monkeypatch.delenv(name, raising=False)

    with pytest.raises(ConfigError, match=r"LLAMA_CLOUD_API_KEY.*LLAMA_PARSE_API_KEY"):
        ParseClient()


# Secrets and closing


@pytest.mark.parametrize(
    "fault",
    [
        reset,
        cut(whole(), 50),
        answer(401, {"detail": f"no such key: {KEY}"}),
        answer(500, {"detail": "see https://s3/file?Signature=hidden"}),
        answer(body=b"<html>"),
        answer(302, headers={"Location": "https://s3.invalid/x?Signature=hidden"}),
    ],
    ids=["reset", "cut", "401", "500", "html", "redirect"],
)
def test_no_secret_is_in_any_text(
    make_client: Make, fault: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with loopback(fault) as server:
        with pytest.raises(ParseStrataError) as caught:
            make_client(server, retry=NO_RETRY).get(JOB_ID, ITEMS)

    shown = [str(caught.value), repr(caught.value), caplog.text]
    cause = caught.value.__cause__
    shown += [str(cause), str(pickle.dumps(caught.value))]
    assert not any(KEY in text or "hidden" in text for text in shown)
    assert cause is None


def test_closing_ends_a_wait_in_another_thread() -> None:
    with loopback(answer(body=job("RUNNING"))) as server:
        client = ParseClient(KEY, server.url)
        caught: list[Exception] = []

        def wait() -> None:
            try:
                client.wait(JOB_ID, polling_interval=60.0)
            except TransportError as error:
                caught.append(error)

        thread = threading.Thread(target=wait)
        thread.start()
        deadline = time.monotonic() + 5
        while not server.asked and time.monotonic() < deadline:
            time.sleep(0.005)
        client.close()
        thread.join(5)

    assert not thread.is_alive()
    assert "closed" in str(caught[0])


def test_a_large_answer_goes_through_a_temporary_file(make_client: Make) -> None:
    large = dump(result(page(1, text("x" * 5_000_000))))
    with loopback(answer(body=large)) as server:
        with make_client(server).fetch(JOB_ID, ITEMS) as body:
            found = body.job()
            data = body.read()

    assert data == large
    assert found is not None
    assert found.id == JOB_ID
