"""Faults over real sockets: the right error or the whole result, never a part."""

import gzip
import hashlib
import json
import random
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

import parsestrata
from building import dump, heading, page, result, text
from loopback import JOB_ID, Scene, answer, cut, hang, job, loopback, reset
from parsestrata.api.client import ParseClient, retry
from parsestrata.api.client.retry import NO_RETRY, RetryPolicy
from parsestrata.cli.main import main
from parsestrata.errors import (
    JobTimeoutError,
    ParseStrataError,
    RateLimitError,
    ServerError,
)
from parsestrata.sources.store import Store
from serving import serving

pytestmark = pytest.mark.needs("server")

KEY = "llx-a-very-secret-key"
PAGES = [page(n, heading(f"Part {n}"), text("It is wet. " * 80)) for n in range(1, 9)]
WHOLE = dump(result(*PAGES))
PACKED = gzip.compress(WHOLE)
GZIP = {"Content-Encoding": "gzip"}


def drip(handler: Any, _asked: Any) -> None:
    """Send the body in small pieces with pauses between."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(WHOLE)))
    handler.end_headers()
    step = len(WHOLE) // 5 + 1
    for start in range(0, len(WHOLE), step):
        handler.wfile.write(WHOLE[start : start + step])
        handler.wfile.flush()
        time.sleep(0.02)


def chunked_and_cut(handler: Any, _asked: Any) -> None:
    """Break off in the middle of a chunked body."""
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b"%x\r\n%b\r\n" % (2000, WHOLE[:2000]))
    handler.close_connection = True


def longer_than_announced(handler: Any, _asked: Any) -> None:
    """Announce less than is sent."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(WHOLE) - 100))
    handler.end_headers()
    handler.wfile.write(WHOLE)
    handler.close_connection = True


def not_http(handler: Any, _asked: Any) -> None:
    """Speak another protocol."""
    handler.wfile.write(b"SSH-2.0-OpenSSH\r\n\r\n")
    handler.close_connection = True


LOGIN = {"Content-Type": "text/html"}
FAULTS: dict[str, Scene] = {
    "reset": reset,
    "hang up": hang(0.0),
    "silence": hang(0.6),
    "cut": cut(WHOLE, 3000),
    "cut at once": cut(WHOLE, 0),
    "cut by one byte": cut(WHOLE, len(WHOLE) - 1),
    "cut, not announced": cut(WHOLE, 3000, announce=False),
    "cut between values": cut(WHOLE, WHOLE.index(b', "items"'), announce=False),
    "chunked and cut": chunked_and_cut,
    "longer than announced": longer_than_announced,
    "no HTTP": not_http,
    "gzip cut": cut(PACKED, len(PACKED) // 2),
    "gzip that is none": answer(200, WHOLE, GZIP),
    "gzip damaged": answer(200, PACKED[:99] + b"\0\0" + PACKED[101:], GZIP),
    "429": answer(429, {"detail": "slow down"}, {"Retry-After": "0"}),
    "500": answer(500, {"detail": "oops"}),
    "502 of a proxy": answer(502, b"<html>Bad Gateway</html>", LOGIN),
    "redirect in a circle": answer(302, headers={"Location": "/again"}),
    "redirect away": answer(302, headers={"Location": "http://127.0.0.1:1/"}),
    "login page": answer(200, b"<html>sign in</html>", LOGIN),
    "empty": answer(200, b""),
    "204": answer(204, b""),
    "null": answer(200, b"null"),
    "another JSON": answer(200, {"status": "ok"}),
}


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "uniform", lambda *_: 0.002)


def chunks_of(source: Any, **options: Any) -> list[tuple[str, str]]:
    found = parsestrata.chunk(source, **options)
    return [(chunk.id, parsestrata.contextualize(chunk)) for chunk in found]


EXPECTED = chunks_of(WHOLE)


@pytest.mark.usefixtures("_quick")
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("times", [1, 3, 99])
def test_a_fault_gives_the_whole_result_or_an_error(
    tmp_path: Path, fault: str, times: int
) -> None:
    scenes = [FAULTS[fault]] * min(times, 20)
    if times < 99:
        scenes.append(answer(body=WHOLE))
    found: list[tuple[str, str]] = []
    error: ParseStrataError | None = None

    with loopback(*scenes) as server:
        try:
            found = chunks_of(
                JOB_ID,
                api_key=KEY,
                base_url=server.url,
                timeout=0.3,
                store=tmp_path,
            )
        except ParseStrataError as caught:
            error = caught

    store = Store(tmp_path)
    if error is None:
        assert found == EXPECTED
        assert chunks_of(store.read(JOB_ID)) == EXPECTED
    else:
        assert found == []
        assert store.job_ids() == []
        assert KEY not in f"{error}{error!r}"
        assert error.__cause__ is None
    assert list(tmp_path.rglob("*.part")) == []


@pytest.mark.usefixtures("_quick")
@pytest.mark.parametrize(
    "fault",
    ["reset", "hang up", "silence", "cut", "cut, not announced", "500", "429"],
)
def test_a_fault_that_passes_gives_the_whole_result(fault: str) -> None:
    scenes = [FAULTS[fault], FAULTS[fault], answer(body=WHOLE)]
    with loopback(*scenes) as server:
        found = chunks_of(JOB_ID, api_key=KEY, base_url=server.url, timeout=0.3)

    assert found == EXPECTED


def test_a_body_that_drips_is_whole() -> None:
    with loopback(drip) as server:
        found = chunks_of(JOB_ID, api_key=KEY, base_url=server.url, timeout=0.3)

    assert found == EXPECTED


def test_a_storm_of_429_is_sat_out() -> None:
    storm = answer(429, {"detail": "slow down"}, {"Retry-After": "7"})
    slept: list[float] = []

    with loopback(*[storm] * 8, answer(body=job())) as server:
        with ParseClient(KEY, server.url, sleep=slept.append) as client:
            client.get(JOB_ID)

    assert len(slept) == 8
    assert all(seconds >= 7 for seconds in slept)


def test_a_storm_without_end_is_a_rate_limit_error() -> None:
    with loopback(answer(429, {"detail": "slow down"})) as server:
        with ParseClient(KEY, server.url, sleep=lambda _: None) as client:
            with pytest.raises(RateLimitError, match="slow down"):
                client.get(JOB_ID)

    assert len(server.asked) == 10


# Clocks


@pytest.mark.parametrize("jump", [-86_400.0, 86_400.0], ids=["back", "forward"])
def test_a_clock_that_is_set_changes_no_deadline(
    monkeypatch: pytest.MonkeyPatch, jump: float
) -> None:
    true_time = time.time
    offset = [0.0]
    monkeypatch.setattr(time, "time", lambda: true_time() + offset[0])

    def running(handler: Any, asked: Any) -> None:
        offset[0] += jump
        answer(body=job("RUNNING"))(handler, asked)

    begun = time.monotonic()
    with loopback(running) as server, ParseClient(KEY, server.url) as client:
        with pytest.raises(JobTimeoutError):
            client.wait(JOB_ID, polling_interval=0.05, timeout=0.4)
    took = time.monotonic() - begun

    assert 0.35 < took < 5
    assert len(server.asked) >= 4


def test_a_dated_retry_after_from_a_wrong_clock_is_bounded() -> None:
    far = {"Retry-After": "Fri, 31 Dec 2100 23:59:59 GMT"}
    slept: list[float] = []

    with loopback(answer(503, {"detail": "later"}, far)) as server:
        with ParseClient(KEY, server.url, sleep=slept.append) as client:
            with pytest.raises(ServerError, match="later"):
                client.get(JOB_ID)

    assert slept == []


# A full disk


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(disk)]
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount command")
    if done.returncode:
        pytest.skip("a small file system cannot be mounted here")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)  # noqa: S607


def hard_to_pack(number: int) -> dict[str, Any]:
    dice = random.Random(number)  # noqa: S311 - the same text each time
    made = result(page(1, text(dice.randbytes(20_000).hex())))
    return {**made, "job": {**made["job"], "id": f"pjb-{number:02d}"}}


def test_a_fetch_onto_a_full_disk_keeps_what_is_whole_and_goes_on_later(
    small_disk: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("LLAMA_CLOUD_API_KEY", KEY)
    theirs = Store(tmp_path / "cloud")
    for number in range(20):
        theirs.put(dump(hard_to_pack(number)))
    arguments = ["fetch", "--all-completed", "--store", str(small_disk / "mine")]

    with serving(theirs) as url:
        first = main([*arguments, "--base-url", url])
        mine = Store(small_disk / "mine")
        kept = mine.job_ids()
        errors = capsys.readouterr().err
        subprocess.run(
            ["mount", "-o", "remount,size=4m", str(small_disk)],  # noqa: S607
            check=True,
        )
        second = main([*arguments, "--base-url", url])

    assert (first, second) == (1, 0)
    assert "No space left on device" in errors
    assert 0 < len(kept) < 20
    assert mine.job_ids() == theirs.job_ids()
    for job_id in mine.job_ids():
        assert (
            json.loads(mine.read(job_id))["items"]
            == json.loads(theirs.read(job_id))["items"]
        )
    assert list(small_disk.rglob("*.part")) == []


# Load


def faulty(app: Callable[..., Any], rate: float) -> Callable[..., Any]:
    """Let some requests fail, in one of five ways."""
    dice = random.Random(7)  # noqa: S311 - the same faults each time

    async def wrapped(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or dice.random() >= rate:
            await app(scope, receive, send)
            return
        fault = dice.choice([429, 500, 503, "cut", "gone"])
        if fault == "gone":
            raise ConnectionAbortedError
        if isinstance(fault, int):
            head = {"type": "http.response.start", "status": fault, "headers": []}
            await send(head)
            await send({"type": "http.response.body", "body": b"on purpose"})
            return

        async def cutting(message: Any) -> None:
            await send({**message, "body": message.get("body", b"")[:50]})
            if message["type"] == "http.response.body":
                raise ConnectionAbortedError

        await app(scope, receive, cutting)

    return wrapped


def descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts by /proc")
@pytest.mark.usefixtures("_quick")
def test_under_load_and_faults_every_result_is_whole_and_nothing_is_left_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path)
    for number in range(10):
        store.put(dump(hard_to_pack(number)))
    ids = store.job_ids()
    monkeypatch.setattr("serving.create_app", _wrapping(lambda app: faulty(app, 0.05)))
    seen: dict[str, set[str]] = {job_id: set() for job_id in ids}
    threads, files = threading.active_count(), descriptors()

    with serving(store) as url, ParseClient(KEY, url) as client:

        def get(number: int) -> None:
            job_id = ids[number % len(ids)]
            with client.fetch(job_id, ("items", "metadata")) as body:
                seen[job_id].add(hashlib.sha256(body.read()).hexdigest())

        with ThreadPoolExecutor(32) as pool:
            done = sum(1 for _ in pool.map(get, range(1500)))

    assert done == 1500
    assert all(len(digests) == 1 for digests in seen.values())
    deadline = time.monotonic() + 5
    while threading.active_count() > threads and time.monotonic() < deadline:
        time.sleep(0.02)
    assert [thread.name for thread in threading.enumerate()][threads:] == []
    assert descriptors() <= files


def _wrapping(wrap: Callable[..., Any]) -> Callable[..., Any]:
    from parsestrata.api.server import create_app  # noqa: PLC0415 - the true one

    return lambda *args, **options: wrap(create_app(*args, **options))


def test_a_client_that_goes_away_leaves_nothing_open_in_the_server(
    tmp_path: Path,
) -> None:
    store = Store(tmp_path)
    lines = [str(n * n) for n in range(400_000)]
    store.put(dump(result(*(page(n, text(" ".join(lines[n::9]))) for n in range(9)))))

    with serving(store) as url:
        before = descriptors()
        for _ in range(20):
            with requests.get(
                f"{url}/api/v2/parse/{JOB_ID}",
                params={"expand": "items"},
                stream=True,
                timeout=10,
            ) as begun:
                next(begun.iter_content(1000))
        deadline = time.monotonic() + 5
        while descriptors() > before and time.monotonic() < deadline:
            time.sleep(0.02)
        after = descriptors()

    assert after <= before


def test_a_policy_without_patience_asks_once() -> None:
    with loopback(answer(500, {"detail": "oops"})) as server:
        with ParseClient(KEY, server.url, retry=NO_RETRY) as client:
            with pytest.raises(ServerError):
                client.get(JOB_ID)

    assert len(server.asked) == 1
    assert RetryPolicy() != NO_RETRY
