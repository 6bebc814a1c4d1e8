"""Many jobs: fetched at a time, handed out in order, none of them in part."""

import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import parsestrata
from building import dump, heading, markdown, page, result, text
from loopback import JOB_ID, Scene, answer, job, loopback, reset, whole
from parsestrata.conversion.lookahead import run_ahead
from parsestrata.errors import (
    ConfigError,
    ContentUnavailableError,
    FailedSourcesError,
    JobFailedError,
    ParseStrataWarning,
    StoreError,
)
from parsestrata.report import Report
from parsestrata.sources.store import Store

KEY = "llx-a-very-secret-key"
IDS = [f"pjb-{number:028d}" for number in range(24)]


def result_of(job_id: str, **more: Any) -> dict[str, Any]:
    made = result(page(1, heading("Water"), text(f"This is {job_id}.")), **more)
    name = f"{job_id}.pdf"
    return {**made, "job": {**made["job"], "id": job_id, "name": name}}


def serve_each(delay: float = 0.0, **others: Scene) -> Scene:
    """Answer each job with a result of its own; `others` by the end of the id."""

    def scene(handler: Any, asked: Any) -> None:
        job_id = asked.path.rsplit("/", 1)[-1]
        other = others.get(f"n{int(job_id[-3:])}")
        if other is not None:
            other(handler, asked)
            return
        time.sleep(delay * (hash(job_id) % 5))
        answer(body=result_of(job_id))(handler, asked)

    return scene


def names(chunks: Any) -> list[str]:
    return [chunk.origin.job_id for chunk in chunks]


@pytest.mark.parametrize("concurrency", [1, 3, 8])
def test_jobs_keep_their_order_at_any_concurrency(concurrency: int) -> None:
    with loopback(serve_each(delay=0.005)) as server:
        found = parsestrata.chunk(
            IDS, api_key=KEY, base_url=server.url, concurrency=concurrency
        )

        assert names(found) == IDS


def test_saved_results_and_jobs_mix(tmp_path: Path) -> None:
    path = tmp_path / "saved.json"
    path.write_bytes(dump(result_of("pjb-saved")))

    with loopback(serve_each()) as server:
        sources = [IDS[0], path, IDS[1], result_of("pjb-dict")]
        found = parsestrata.chunk(sources, api_key=KEY, base_url=server.url)

        assert names(found) == [IDS[0], "pjb-saved", IDS[1], "pjb-dict"]


def test_the_look_ahead_is_bounded() -> None:
    with loopback(serve_each()) as server:
        found = parsestrata.chunk(IDS, api_key=KEY, base_url=server.url, concurrency=2)
        next(found)
        time.sleep(0.2)
        asked = len(server.asked)
        found.close()

    assert 1 <= asked <= 5


def test_a_bad_job_does_not_end_the_batch() -> None:
    failed = answer(body=job("FAILED", error_message="PDF_IS_BROKEN"))
    report = Report()

    with loopback(serve_each(n3=failed, n7=answer(404, {"detail": "none"}))) as server:
        found = parsestrata.chunk(
            IDS,
            api_key=KEY,
            base_url=server.url,
            on_failed_job="report",
            report=report,
        )
        loaded = names(found)

    assert loaded == [one for n, one in enumerate(IDS) if n not in {3, 7}]
    assert list(report.failed_jobs) == [IDS[3], IDS[7]]
    assert "PDF_IS_BROKEN" in report.failed_jobs[IDS[3]]


def test_failures_are_raised_after_all_others_were_handed_out() -> None:
    failed = answer(body=job("FAILED", error_message="PDF_IS_BROKEN"))
    loaded: list[str] = []

    with loopback(serve_each(n3=failed)) as server:
        found = parsestrata.chunk(IDS, api_key=KEY, base_url=server.url)
        with pytest.raises(FailedSourcesError) as caught:
            loaded += names(found) or []

    ((name, error),) = caught.value.failures
    assert name == IDS[3]
    assert isinstance(error, JobFailedError)


def test_no_thread_is_left_after_a_run_or_a_break() -> None:
    before = set(threading.enumerate())
    with loopback(serve_each()) as server:
        options: Any = {"api_key": KEY, "base_url": server.url, "concurrency": 8}
        whole_run = names(parsestrata.chunk(IDS, **options))
        broken_off = parsestrata.chunk(IDS, **options)
        next(broken_off)
        broken_off.close()

    deadline = time.monotonic() + 5
    while _of_the_package(before) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert whole_run == IDS
    assert _of_the_package(before) == []


def _of_the_package(before: set[threading.Thread]) -> list[str]:
    """Name the threads that were not there before, but for the test server's own."""
    new = [one.name for one in threading.enumerate() if one not in before]
    return [name for name in new if "process_request" not in name]


def test_results_that_nobody_takes_are_closed() -> None:
    class Thing:
        closed = 0

        def close(self) -> None:
            Thing.closed += 1

    futures = run_ahead([Thing] * 10, 2)
    next(futures)
    time.sleep(0.05)
    futures.close()

    assert Thing.closed == 3


def test_no_key_ends_the_batch_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LLAMA_CLOUD_API_KEY", "LLAMA_PARSE_API_KEY"):
        monkeypatch.delenv(name, raising=False)

    with pytest.raises(ConfigError, match="no API key"):
        list(parsestrata.chunk(IDS, on_failed_job="report"))


FAST = answer(
    400, {"detail": "Markdown expansion is not available for FAST tier jobs."}
)


def fast_tier(handler: Any, asked: Any) -> None:
    if {"items", "markdown"} & set(asked.query["expand"]):
        FAST(handler, asked)
        return
    plain = {"pages": [{"page_number": 1, "text": "It is wet."}]}
    made = result_of(JOB_ID, text=plain)
    answer(body={**made, "items": None})(handler, asked)


def test_pages_of_a_fast_job_are_its_text_and_the_report_says_so() -> None:
    report = Report()

    with loopback(fast_tier) as server:
        (chunk,) = parsestrata.chunk(
            JOB_ID, api_key=KEY, base_url=server.url, split="page", report=report
        )

    assert chunk.body == "It is wet."
    assert "plain text" in str(report)


def test_chunks_of_a_fast_job_are_refused_with_the_way_out() -> None:
    with loopback(fast_tier) as server:
        found = parsestrata.chunk(JOB_ID, api_key=KEY, base_url=server.url)
        with pytest.raises(ContentUnavailableError, match='split="page"'):
            list(found)


@pytest.mark.parametrize(
    ("split", "expand"),
    [
        ("chunk", ["items", "metadata"]),
        ("item", ["items", "metadata"]),
        ("page", ["items", "markdown", "metadata"]),
    ],
)
def test_a_split_asks_for_what_it_needs_and_no_more(
    split: Any, expand: list[str]
) -> None:
    pages = dump(result(page(1, text("wet")), markdown=markdown((1, "wet"))))
    with loopback(answer(body=pages)) as server:
        list(parsestrata.chunk(JOB_ID, api_key=KEY, base_url=server.url, split=split))

    assert [one.query["expand"] for one in server.asked] == [expand]


def test_a_store_is_filled_and_then_used(tmp_path: Path) -> None:
    with loopback(serve_each()) as server:
        options: Any = {"api_key": KEY, "base_url": server.url, "store": tmp_path}
        first = [chunk.id for chunk in parsestrata.chunk(IDS, **options)]
        asked = len(server.asked)
        second = [chunk.id for chunk in parsestrata.chunk(IDS, **options)]

    assert first == second
    assert asked == len(server.asked) == len(IDS)


def test_a_damaged_result_in_the_store_is_fetched_again(tmp_path: Path) -> None:
    with loopback(serve_each()) as server:
        options: Any = {"api_key": KEY, "base_url": server.url, "store": tmp_path}
        first = [chunk.id for chunk in parsestrata.chunk(IDS[0], **options)]
        path = tmp_path / "results" / f"{IDS[0]}.zip"
        data = bytearray(path.read_bytes())
        data[data.index(b"items.json") + 40] ^= 0xFF
        path.write_bytes(bytes(data))
        second = [chunk.id for chunk in parsestrata.chunk(IDS[0], **options)]

    assert first == second
    assert len(server.asked) == 2
    assert Store(tmp_path).read(IDS[0])


def test_a_store_that_cannot_be_written_loses_no_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: Any, **_kwargs: Any) -> None:
        raise StoreError(str(tmp_path), "cannot be written (No space left on device)")

    monkeypatch.setattr(Store, "put", full)

    with loopback(serve_each()) as server:
        found = parsestrata.chunk(
            IDS[0], api_key=KEY, base_url=server.url, store=tmp_path
        )
        with pytest.warns(ParseStrataWarning, match="No space left"):
            loaded = names(found)

    assert loaded == [IDS[0]]


def test_an_error_of_the_network_names_the_job() -> None:
    with loopback(serve_each(n1=reset)) as server:
        found = parsestrata.chunk(
            IDS[:3], api_key=KEY, base_url=server.url, on_failed_job="report"
        )
        waits = pytest.MonkeyPatch()
        waits.setattr("parsestrata.api.client.retry.uniform", lambda *_: 0.001)
        try:
            loaded = names(found)
        finally:
            waits.undo()

    assert loaded == [IDS[0], IDS[2]]


@pytest.mark.needs("progress")
def test_a_bar_is_shown_when_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    with loopback(answer(body=whole())) as server:
        list(
            parsestrata.chunk(
                JOB_ID, api_key=KEY, base_url=server.url, show_progress=True
            )
        )

    assert "1/1" in capsys.readouterr().err


_INTERRUPTED = """
import sys, parsestrata
ids = [f"pjb-{n:028d}" for n in range(24)]
print("begun", flush=True)
list(parsestrata.chunk(ids, api_key="llx-k", base_url=sys.argv[1], store=sys.argv[2]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
def test_an_interrupt_ends_a_run_soon_and_leaves_nothing_half_written(
    tmp_path: Path,
) -> None:
    def slowly(handler: Any, asked: Any) -> None:
        if len(server.asked) > 8:
            time.sleep(20)
        serve_each()(handler, asked)

    with loopback(slowly) as server:
        child = subprocess.Popen(
            [sys.executable, "-c", _INTERRUPTED, server.url, str(tmp_path)],
            stderr=subprocess.PIPE,
        )
        with child:
            deadline = time.monotonic() + 20
            while len(server.asked) < 9 and time.monotonic() < deadline:
                time.sleep(0.01)
            time.sleep(0.2)
            child.send_signal(2)
            begun = time.monotonic()
            child.wait(15)
            took = time.monotonic() - begun

    assert child.returncode not in (0, None)
    assert took < 10
    assert list(tmp_path.rglob("*.part")) == []
    store = Store(tmp_path)
    assert all(store.holds(one, ("items", "metadata")) for one in store.job_ids())
