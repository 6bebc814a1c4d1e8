"""Loading: many sources, their failures, and the way off the event loop."""

import asyncio
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

import building as b
from parsestrata import Report, chunk
from parsestrata.conversion.in_thread import iterate_in_thread
from parsestrata.conversion.loading import Loading, as_sources
from parsestrata.errors import (
    AllPagesFailedError,
    ConfigError,
    FailedSourcesError,
    JobFailedError,
    JobNotReadyError,
    ParseStrataError,
    ResponseError,
    SourceError,
)
from parsestrata.options import Options

WATER = b.result(b.page(1, b.text("Water.")), name="water.pdf")
SOIL = b.result(b.page(1, b.text("Soil.")), name="soil.pdf")


def load(sources: list[Any], report: Report | None = None, **options: Any) -> list[str]:
    """Return the bodies of all chunks."""
    loading = Loading(Options(**options), report)
    return [one.body for one, _ in loading.chunks(sources)]


def with_status(status: str) -> dict[str, Any]:
    result = b.result()
    result["job"] |= {"status": status, "error_message": "disk full"}
    return {**result, "items": None, "metadata": None}


@pytest.mark.parametrize(
    ("given", "made"),
    [("a", ["a"]), (["a", "b"], ["a", "b"]), (("a",), ["a"]), (b"[]", [b"[]"])],
    ids=["one", "list", "tuple", "bytes"],
)
def test_sources_are_one_or_many(given: Any, made: list[Any]) -> None:
    assert as_sources(given) == made


@pytest.mark.parametrize("nothing", [[], ()], ids=["list", "tuple"])
def test_no_source_is_an_error(nothing: Any) -> None:
    with pytest.raises(ConfigError, match="no source was given"):
        chunk(nothing)


def test_sources_may_come_from_a_generator(tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        result = b.result(b.page(1, b.text("Water.")), name=name)
        (tmp_path / name).write_bytes(b.dump(result))

    chunks = list(chunk(tmp_path.glob("*.json")))

    assert {one.origin.source for one in chunks} == {"a.json", "b.json"}
    with pytest.raises(ConfigError, match="no source was given"):
        chunk(tmp_path.glob("*.pdf"))


def test_what_is_no_source_says_what_one_is() -> None:
    for wrong in (5, None, {"a.json"}):
        with pytest.raises(SourceError, match="is no source"):
            list(chunk(wrong))


def test_files_of_one_name_stand_apart_by_path(tmp_path: Path) -> None:
    paths = [tmp_path / "a" / "water.json", tmp_path / "b" / "water.json"]
    for path in paths:
        path.parent.mkdir()
        path.write_bytes(b.dump(WATER))

    by_name = [one.id for one in chunk([*paths])]
    by_path = [(one.origin.source, one.id) for one in chunk(paths, identity="path")]

    assert len(set(by_name)) == 1
    assert [source for source, _ in by_path] == [str(path) for path in paths]
    assert len(set(by_path)) == 2


def test_what_has_no_path_goes_by_its_name() -> None:
    sources = [WATER, b.dump(SOIL), {**SOIL, "job": None}]

    names = [one.origin.source for one in chunk(sources, identity="path")]

    assert names[:2] == ["water.pdf", "soil.pdf"]
    assert names[2].startswith("result-")


def test_sources_come_in_order_each_with_its_report() -> None:
    loading = Loading(Options())

    pairs = list(loading.chunks([WATER, SOIL]))

    assert [(one.body, job.source) for one, job in pairs] == [
        ("Water.", "water.pdf"),
        ("Soil.", "soil.pdf"),
    ]
    assert [job for _, job in pairs] == loading.report.jobs


def test_nothing_is_opened_before_its_turn() -> None:
    class Never:
        def read(self) -> bytes:
            raise AssertionError

    chunks = Loading(Options()).chunks([WATER, Never()])

    assert next(chunks)[0].body == "Water."


@pytest.mark.parametrize(
    ("status", "error"),
    [
        ("PENDING", JobNotReadyError),
        ("RUNNING", JobNotReadyError),
        ("FAILED", JobFailedError),
    ],
)
def test_a_job_without_a_result_raises(
    status: str, error: type[ParseStrataError]
) -> None:
    with pytest.raises(error, match=f"is {status}: disk full"):
        load([with_status(status)])


def test_every_failure_is_told_with_its_cause() -> None:
    bodies: list[str] = []
    loading = Loading(Options())

    with pytest.raises(FailedSourcesError) as caught:
        bodies.extend(
            one.body
            for one, _ in loading.chunks([with_status("FAILED"), WATER, b"", SOIL])
        )

    assert bodies == ["Water.", "Soil."]
    errors = [type(error) for _, error in caught.value.failures]
    assert errors[0] is JobFailedError
    assert issubclass(errors[1], ResponseError)
    assert str(caught.value).startswith("2 of 4 sources failed")
    assert len(loading.report.failed_jobs) == 2


def test_failures_of_one_name_are_all_in_the_report() -> None:
    report = Report()

    bodies = load([b"", WATER, b"{", b"<html>"], report, on_failed_job="report")

    assert bodies == ["Water."]
    assert list(report.failed_jobs) == ["<bytes>", "<bytes> (2)", "<bytes> (3)"]
    assert "HTML" in report.failed_jobs["<bytes> (3)"]


def test_a_single_failure_can_be_reported_too() -> None:
    report = Report()

    assert load(["none.json"], report, on_failed_job="report") == []
    assert list(report.failed_jobs) == ["none.json"]


def test_an_error_that_is_not_ours_is_not_swallowed() -> None:
    def count(_: str) -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        load([WATER, SOIL], count_tokens=count, on_failed_job="report")


def test_a_text_is_cut_under_the_name_it_is_given(tmp_path: Path) -> None:
    path = tmp_path / "water.json"
    path.write_bytes(b.dump({**WATER, "job": None}))
    loading = Loading(Options())

    pairs = list(loading.split_text(path.read_text(), "water.json", {"team": "blue"}))

    assert [one for one, _ in pairs] == list(chunk(path))
    assert pairs[0][1]["source"] == "water.json"
    assert pairs[0][1]["team"] == "blue"


def run_async(numbers: Generator[int, None, None]) -> list[int]:
    async def run() -> list[int]:
        return [number async for number in iterate_in_thread(numbers)]

    return asyncio.run(run())


@pytest.mark.parametrize("total", [0, 1, 2, 63, 64, 65, 1000])
def test_every_value_comes_through_a_thread_in_order(total: int) -> None:
    assert run_async(number for number in range(total)) == list(range(total))


def test_values_before_an_error_come_first() -> None:
    came: list[int] = []

    def numbers() -> Generator[int, None, None]:
        yield from range(3)
        load(["none.json"])

    async def run() -> None:
        async for number in iterate_in_thread(numbers()):
            came.append(number)  # noqa: PERF401 - what came before an error

    with pytest.raises(SourceError):
        asyncio.run(run())

    assert came == [0, 1, 2]


def watched(
    closed: threading.Event, wait: Callable[[], object]
) -> Generator[int, None, None]:
    try:
        for number in range(10**6):
            wait()
            yield number
    finally:
        closed.set()


def test_breaking_off_closes_the_generator() -> None:
    closed = threading.Event()

    async def run() -> None:
        stream = iterate_in_thread(watched(closed, lambda: None))
        await anext(aiter(stream))
        await stream.aclose()  # type: ignore[attr-defined]

    asyncio.run(run())

    assert closed.is_set()


def test_a_timeout_is_a_timeout_and_the_thread_ends() -> None:
    closed, go = threading.Event(), threading.Event()

    async def run() -> None:
        async for _ in iterate_in_thread(watched(closed, go.wait)):
            raise AssertionError

    async def within_a_moment() -> None:
        try:
            async with asyncio.timeout(0.05):
                await run()
        finally:
            go.set()

    with pytest.raises(TimeoutError):
        asyncio.run(within_a_moment())

    assert closed.wait(5)


@pytest.mark.filterwarnings("ignore::parsestrata.ParseStrataWarning")
def test_a_document_without_one_good_page_is_an_error_and_no_empty_list() -> None:
    result = b.dump(b.result(b.failed_page(4, "broken"), b.failed_page(5)))
    loading = Loading(Options())

    with pytest.raises(AllPagesFailedError, match="page 4 failed: broken") as caught:
        list(loading.chunks([result]))

    assert caught.value.page_number == 4
    assert loading.report.jobs[0].failed_pages == {4: "broken", 5: "worker timed out"}


@pytest.mark.parametrize("choice", ["skip", "placeholder"])
def test_a_document_without_one_good_page_may_be_wanted(choice: str) -> None:
    result = b.dump(b.result(b.failed_page(4, "broken"), b.failed_page(5)))

    chunks = list(Loading(Options(on_failed_page=choice)).chunks([result]))  # type: ignore[arg-type]

    assert bool(chunks) == (choice == "placeholder")
