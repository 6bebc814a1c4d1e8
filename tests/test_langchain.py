"""The LangChain loader, splitter and blob parser."""

import asyncio
import json
import pickle
import subprocess
import sys
import threading
import time
from contextlib import aclosing
from pathlib import Path
from typing import Any, cast, get_args
from uuid import UUID

import pytest
from langchain_core.documents import Document
from langchain_core.documents.base import Blob
from langchain_text_splitters import RecursiveCharacterTextSplitter

import building as b
from parsestrata import chunk, contextualize
from parsestrata.chunking.metadata import KEYS
from parsestrata.errors import (
    ConfigError,
    FailedSourcesError,
    MalformedJSONError,
    MissingContentError,
    PageFailedError,
    ParseStrataWarning,
    ResponseError,
    SourceError,
    UnsupportedFileError,
)
from parsestrata.langchain import (
    HeadingSplitter,
    LlamaParseBlobParser,
    LlamaParseLoader,
)
from parsestrata.options import Split

pytestmark = pytest.mark.needs("langchain")

SPLITS: tuple[Split, ...] = get_args(Split)
JOB_ID = "pjb-abcdefghijklmnopqrstuvwxyz0123"

REPORT = b.result(
    b.page(1, b.heading("Water"), b.text(b.words(120)), b.heading("Use", 2)),
    b.page(2, b.text(b.words(130, "use")), b.table([["Year", "Use"], [2024, 7]])),
    b.page(3, b.heading("Air"), b.text(b.words(110, "air"))),
    name="water.pdf",
    markdown=b.markdown((1, "# Water"), (2, "use"), (3, "# Air")),
)
"""A result with items and markdown, so that every split has what it needs."""


@pytest.fixture(autouse=True)
def _no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LLAMA_CLOUD_API_KEY", raising=False)
    monkeypatch.delenv("LLAMA_PARSE_API_KEY", raising=False)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "water.json"
    path.write_bytes(b.dump(REPORT))
    return path


def load(source: Any, **options: Any) -> list[Document]:
    return LlamaParseLoader(source, **options).load()


@pytest.mark.parametrize("split", SPLITS)
def test_documents_of_real_results_are_chunks_in_context(
    real_file: Path, split: Split
) -> None:
    loader = LlamaParseLoader(real_file, split=split)

    documents = loader.load()

    chunks = list(chunk(real_file, split=split))
    assert [d.page_content for d in documents] == [contextualize(c) for c in chunks]
    assert [d.id for d in documents] == [c.id for c in chunks]
    assert documents
    loader.report.verify()


@pytest.mark.parametrize("split", SPLITS)
def test_metadata_of_real_results_are_flat_dense_and_json(
    real_file: Path, split: Split
) -> None:
    documents = load(real_file, split=split)

    for document in documents:
        assert tuple(document.metadata) == KEYS
        assert all(
            type(v) in (str, int, float, bool) for v in document.metadata.values()
        )
        assert json.loads(json.dumps(document.metadata)) == document.metadata
        assert document.metadata["source"]
        assert document.metadata["chunk_id"] == document.id


@pytest.mark.parametrize("split", SPLITS)
def test_ids_are_distinct_uuids_and_equal_over_runs(
    real_file: Path, split: Split
) -> None:
    loader = LlamaParseLoader(real_file, split=split)

    first, second = loader.load(), loader.load()

    ids = [document.id or "" for document in first]
    assert [str(UUID(one)) for one in ids] == ids
    assert len(set(ids)) == len(ids)
    assert first == second


@pytest.mark.parametrize("split", SPLITS)
def test_each_way_to_load_gives_the_same_documents(saved: Path, split: Split) -> None:
    loader = LlamaParseLoader(saved, split=split)

    async def stream() -> list[Document]:
        return [document async for document in loader.alazy_load()]

    expected = list(loader.lazy_load())
    assert loader.load() == expected
    assert asyncio.run(loader.aload()) == expected
    assert asyncio.run(stream()) == expected


def test_load_and_split_keeps_metadata_and_drops_nothing(saved: Path) -> None:
    splitter = RecursiveCharacterTextSplitter(chunk_size=200, chunk_overlap=0)

    pieces = LlamaParseLoader(saved).load_and_split(splitter)

    known = [document.metadata for document in load(saved)]
    assert len(pieces) > len(known)
    assert all(piece.metadata in known for piece in pieces)


def test_a_run_begun_anew_has_a_report_of_its_own(saved: Path) -> None:
    loader = LlamaParseLoader(saved)

    loader.load()
    loader.load()

    assert len(loader.report.jobs) == 1


def test_options_are_checked_at_construction() -> None:
    with pytest.raises(ConfigError, match="did you mean max_tokens"):
        LlamaParseLoader("x.json", max_token=5)  # type: ignore[call-arg]
    with pytest.raises(ConfigError, match="split='section'"):
        HeadingSplitter(split=cast("Any", "section"))
    with pytest.raises(ConfigError, match="min_tokens=600"):
        LlamaParseBlobParser(min_tokens=600)


def test_no_source_is_refused() -> None:
    with pytest.raises(ConfigError, match="no source was given"):
        LlamaParseLoader([])


def test_the_event_loop_goes_on_while_a_document_is_made(saved: Path) -> None:
    threads = set()

    def count(text: str) -> int:
        threads.add(threading.get_ident())
        time.sleep(0.002)
        return len(text.split())

    loader = LlamaParseLoader(saved, count_tokens=count)

    async def run() -> tuple[int, list[Document]]:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0.001)

        ticker = asyncio.create_task(tick())
        documents = await loader.aload()
        ticker.cancel()
        return ticks, documents

    ticks, documents = asyncio.run(run())

    assert documents
    assert ticks > 1
    assert threading.get_ident() not in threads


def test_an_async_run_that_is_broken_off_closes_its_generator(saved: Path) -> None:
    loader = LlamaParseLoader([saved] * 200)

    async def run() -> Document:
        async with aclosing(cast("Any", loader.alazy_load())) as stream:
            return cast("Document", await anext(stream))

    first = asyncio.run(run())

    assert first == load(saved)[0]
    assert len(loader.report.jobs) < 200


def test_a_cancelled_async_run_ends_as_cancelled(saved: Path) -> None:
    begun = threading.Event()

    def count(text: str) -> int:
        begun.set()
        time.sleep(0.05)
        return len(text.split())

    loader = LlamaParseLoader([saved] * 50, count_tokens=count)

    async def run() -> None:
        task = asyncio.create_task(loader.aload())
        await asyncio.to_thread(begun.wait)
        task.cancel()
        await task

    started = time.monotonic()
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(run())

    assert time.monotonic() - started < 5
    assert len(loader.report.jobs) < 5


def test_an_async_run_hands_documents_out_while_later_sources_wait(
    tmp_path: Path, saved: Path
) -> None:
    """Whole documents are large: a batch of them must not pile up first."""
    slow = tmp_path / "slow.json"
    slow.write_bytes(saved.read_bytes())
    release = threading.Event()

    class Slow:
        name = "slow.json"

        def read(self) -> bytes:
            assert release.wait(10)
            return slow.read_bytes()

    sources = [saved, *[saved] * 5, Slow()]
    loader = LlamaParseLoader(sources, split="document", count_tokens=_slow_count)

    async def run() -> int:
        stream = loader.alazy_load()
        first = await anext(aiter(stream))
        release.set()
        return len([first, *[document async for document in stream]])

    assert asyncio.run(run()) == 7


def _slow_count(text: str) -> int:
    time.sleep(0.05)
    return len(text)


def test_what_came_before_an_error_is_handed_out_first(saved: Path) -> None:
    loader = LlamaParseLoader([saved, "missing.json"])
    documents: list[Document] = []

    async def run() -> None:
        async for document in loader.alazy_load():
            documents.append(document)  # noqa: PERF401 - what came before an error

    with pytest.raises(FailedSourcesError, match=r"missing\.json"):
        asyncio.run(run())

    assert documents == load(saved)


@pytest.mark.parametrize("split", SPLITS)
def test_a_page_that_must_not_fail_is_refused_before_the_first_document(
    split: Split,
) -> None:
    """`index()` has deleted the old documents when a loader raises midway."""
    pages = [
        b.page(number, b.heading(f"Section {number}"), b.text(b.words(300)))
        for number in range(1, 6)
    ]
    broken = b.result(*pages, b.failed_page(6))
    stream = LlamaParseLoader(broken, split=split, on_failed_page="raise").lazy_load()

    with pytest.raises(PageFailedError, match="page 6"):
        next(stream)


def test_a_truncated_file_yields_nothing(tmp_path: Path) -> None:
    path = tmp_path / "cut.json"
    path.write_bytes(b.dump(REPORT)[:-40])

    stream = LlamaParseLoader(path).lazy_load()

    with pytest.raises(MalformedJSONError, match="cut short"):
        next(stream)


def test_a_result_without_items_yields_nothing() -> None:
    stream = LlamaParseLoader({**REPORT, "items": None}).lazy_load()

    with pytest.raises(MissingContentError, match="expand=items"):
        next(stream)


@pytest.mark.parametrize(
    "wrong",
    ["missing.json", JOB_ID, b"", b"<html>", {"pages": 3}, object()],
    ids=["path", "job without a key", "empty", "html", "shape", "object"],
)
@pytest.mark.parametrize("first", [True, False], ids=["first", "last"])
def test_good_sources_are_loaded_before_a_wrong_one_is_told(
    saved: Path, wrong: Any, *, first: bool
) -> None:
    sources = [wrong, saved] if first else [saved, wrong]
    documents: list[Document] = []

    with pytest.raises(FailedSourcesError) as caught:
        documents.extend(LlamaParseLoader(sources).lazy_load())

    assert documents == load(saved)
    assert caught.value.total == 2
    assert len(caught.value.failures) == 1


def test_a_wrong_source_alone_raises_its_own_error() -> None:
    with pytest.raises(SourceError, match=r"missing\.json: there is no such file"):
        load("missing.json")
    with pytest.raises(ConfigError, match="LLAMA_CLOUD_API_KEY"):
        load(JOB_ID)


def test_failed_sources_can_go_into_the_report(saved: Path) -> None:
    sources = [b"", saved, b"<html>", "missing.json"]
    loader = LlamaParseLoader(sources, on_failed_job="report")

    documents = loader.load()

    assert documents == load(saved)
    assert len(loader.report.failed_jobs) == 3
    reasons = " ".join(loader.report.failed_jobs.values())
    assert "empty" in reasons
    assert "HTML" in reasons
    assert "no such file" in reasons


def test_a_missing_key_is_never_only_reported(saved: Path) -> None:
    loader = LlamaParseLoader([JOB_ID, saved], on_failed_job="report")

    with pytest.raises(ConfigError, match="LLAMA_CLOUD_API_KEY"):
        loader.load()


def test_a_failed_page_warns_and_is_in_the_report() -> None:
    loader = LlamaParseLoader(b.result(b.page(1, b.text("Water.")), b.failed_page(2)))

    with pytest.warns(ParseStrataWarning, match="page 2 failed: worker timed out"):
        documents = loader.load()

    assert len(documents) == 1
    assert loader.report.failed_pages == {("report.pdf", 2): "worker timed out"}


def test_rich_metadata_keep_keys_and_order(saved: Path) -> None:
    documents = load(saved, metadata="rich", extra_metadata={"tenant": "a"})

    for document in documents:
        assert tuple(document.metadata) == (*KEYS, "tenant")
        assert isinstance(document.metadata["bbox"], list)
        assert isinstance(document.metadata["heading_path"], list)
        assert json.loads(json.dumps(document.metadata)) == document.metadata


def test_splitting_a_raw_result_gives_what_the_loader_gives(real_file: Path) -> None:
    raw = load(real_file, split="result")

    documents = HeadingSplitter().split_documents(raw)

    assert documents == load(real_file)


@pytest.mark.parametrize(
    "source",
    [REPORT, b.dump(REPORT), b.dump({**REPORT, "job": None}), {**REPORT, "job": None}],
    ids=["dict", "bytes", "bytes without job", "dict without job"],
)
@pytest.mark.parametrize("identity", ["name", "job_id"])
def test_splitting_later_gives_the_ids_of_the_loader(
    source: Any, identity: Any
) -> None:
    raw = load(source, split="result", identity=identity)

    documents = HeadingSplitter(identity=identity).transform_documents(raw)

    assert documents == load(source, identity=identity)


def test_splitting_later_keeps_the_path_too(saved: Path) -> None:
    raw = load(saved, split="result", identity="path")

    documents = HeadingSplitter(identity="path").split_documents(raw)

    assert documents == load(saved, identity="path")
    assert {document.metadata["source"] for document in documents} == {str(saved)}


def test_splitting_later_keeps_the_name_of_a_saved_file(tmp_path: Path) -> None:
    path = tmp_path / "no job.json"
    path.write_bytes(b.dump({**REPORT, "job": None}))

    documents = HeadingSplitter().split_documents(load(path, split="result"))

    assert documents == load(path)
    assert documents[0].metadata["source"] == "no job.json"


def test_the_splitter_keeps_what_a_user_put_on_a_document(saved: Path) -> None:
    [raw] = load(saved, split="result", extra_metadata={"tenant": "a"})
    raw.metadata |= {"team": "blue", "page_number": 99}

    documents = HeadingSplitter().split_documents([raw])

    assert documents
    for document in documents:
        assert tuple(document.metadata) == (*KEYS, "tenant", "team")
        assert document.metadata["team"] == "blue"
        assert document.metadata["page_number"] < 99
    assert raw.metadata["page_number"] == 99


def test_the_splitter_goes_through_async_and_takes_a_tuple(saved: Path) -> None:
    raw = tuple(load(saved, split="result"))

    documents = asyncio.run(HeadingSplitter().atransform_documents(raw))

    assert documents == load(saved)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("Just prose.", SourceError),
        ("", SourceError),
        ('{"job": 3', MalformedJSONError),
        ("{}", ResponseError),
    ],
    ids=["prose", "empty", "cut", "empty object"],
)
def test_the_splitter_refuses_what_holds_no_result(
    text: str, error: type[Exception]
) -> None:
    document = Document(page_content=text, metadata={"source": "notes.txt"})

    with pytest.raises(error, match=r"notes\.txt"):
        HeadingSplitter().split_documents([document])


def test_the_splitter_can_report_a_document_and_go_on(saved: Path) -> None:
    wrong = Document(page_content="Just prose.", metadata={"source": "notes.txt"})
    splitter = HeadingSplitter(on_failed_job="report")

    documents = splitter.split_documents([wrong, *load(saved, split="result")])

    assert documents == load(saved)
    assert list(splitter.report.failed_jobs) == ["notes.txt"]


def test_a_blob_gives_what_the_loader_gives(real_file: Path) -> None:
    blob = Blob.from_path(real_file)

    documents = LlamaParseBlobParser().parse(blob)

    assert documents == load(real_file)


@pytest.mark.needs("local")
def test_a_blob_of_an_office_file_is_a_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "letter.docx"
    path.write_bytes(b"PK\x03\x04")
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(UnsupportedFileError, match="takes LibreOffice to read"):
        LlamaParseBlobParser().parse(Blob.from_path(path))


def test_a_blob_in_memory_lends_its_metadata() -> None:
    blob = Blob.from_data(
        b.dump(REPORT), metadata={"source": "s3://bucket/water.json", "team": "blue"}
    )

    documents = LlamaParseBlobParser().parse(blob)

    assert [d.id for d in documents] == [d.id for d in load(REPORT)]
    assert {d.metadata["team"] for d in documents} == {"blue"}
    assert {d.metadata["source"] for d in documents} == {"water.pdf"}


def test_a_blob_without_a_name_is_named_by_its_content() -> None:
    blob = Blob.from_data(json.dumps({**REPORT, "job": None}))

    first, second = (LlamaParseBlobParser().parse(blob) for _ in range(2))

    assert first == second
    assert first[0].metadata["source"].startswith("result-")


def test_a_blob_parser_can_report_a_blob_and_go_on() -> None:
    parser = LlamaParseBlobParser(on_failed_job="report")
    blobs = [
        Blob.from_data(b"%PDF-1.7", path="a.pdf"),
        Blob.from_data(b.dump(REPORT), path="b.json"),
    ]

    documents = [document for blob in blobs for document in parser.lazy_parse(blob)]

    assert documents == load(REPORT)
    assert list(parser.report.failed_jobs) == ["a.pdf"]


def test_a_blob_that_is_no_result_raises() -> None:
    with pytest.raises(MalformedJSONError, match=r"page\.json.*HTML"):
        LlamaParseBlobParser().parse(Blob.from_data("<html>", path="page.json"))


def test_loader_splitter_and_parser_survive_pickling(saved: Path) -> None:
    loader = LlamaParseLoader(saved, count_tokens=len, api_key="llx-secret")
    loader.load()

    again: LlamaParseLoader = pickle.loads(pickle.dumps(loader))
    splitter: HeadingSplitter = pickle.loads(pickle.dumps(HeadingSplitter()))
    parser: LlamaParseBlobParser = pickle.loads(pickle.dumps(LlamaParseBlobParser()))

    assert again.load() == loader.load()
    assert splitter.split_documents(load(saved, split="result")) == load(saved)
    assert parser.parse(Blob.from_path(saved)) == load(saved)


def test_a_text_splitter_after_it_keeps_metadata(real_file: Path) -> None:
    documents = load(real_file)

    pieces = RecursiveCharacterTextSplitter(
        chunk_size=300, chunk_overlap=20
    ).split_documents(documents)

    known = {document.id: document.metadata for document in documents}
    assert all(piece.metadata == known[piece.metadata["chunk_id"]] for piece in pieces)


def test_without_langchain_the_extra_is_named() -> None:
    program = (
        "import sys; sys.modules['langchain_core'] = None\n"
        "from parsestrata.errors import MissingExtraError\n"
        "try: import parsestrata.langchain\n"
        "except MissingExtraError as error: print(error)"
    )

    made = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True
    )

    assert made.stdout.startswith("langchain_core is not installed. ")
    assert 'pip install "parsestrata[langchain]"' in made.stdout
