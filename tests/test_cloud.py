"""A document sent up through the client comes back as the chunks it has here."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from llama_cloud import AsyncLlamaCloud, LlamaCloud

import parsestrata
from making_pdfs import Words, heading, make_pdf
from parsestrata.api.client import ParseClient
from parsestrata.cli.main import main
from parsestrata.cli.serve import find_engine
from parsestrata.errors import ConfigError, FailedSourcesError, JobFailedError
from parsestrata.langchain import LlamaParseLoader
from parsestrata.options import OptionValues
from parsestrata.sources.store import Store
from serving import serving

pytestmark = pytest.mark.needs("server", "local", "langchain")

PDF = make_pdf(
    [heading("Water", 100), Words("The river is cold in spring.", 140)],
    [heading("Use", 100), Words("Taps and gardens.", 140)],
)


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    with serving(Store(tmp_path / "store"), engine=find_engine()) as url:
        yield url


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "plan.pdf"
    path.write_bytes(PDF)
    return path


def cloud(url: str) -> OptionValues:
    return {
        "engine": "cloud",
        "base_url": url,
        "api_key": "any",
        "polling_interval": 0.05,
    }


def test_a_document_in_the_cloud_has_the_chunks_of_one_here(
    url: str, path: Path
) -> None:
    here = list(parsestrata.chunk(path))

    there = list(parsestrata.chunk(path, **cloud(url)))

    assert [(c.id, c.body, c.regions) for c in there] == [
        (c.id, c.body, c.regions) for c in here
    ]
    assert [c.origin.file_name for c in there] == ["plan.pdf"] * len(here)
    assert there[0].origin.job_id.startswith("pjb-")


@pytest.mark.parametrize("sources", [1, 2], ids=["alone", "of two"])
def test_a_document_in_the_cloud_is_known_by_its_path_too(
    url: str, path: Path, sources: int
) -> None:
    other = path.with_name("other.pdf")
    other.write_bytes(PDF)
    given = [path, other][:sources]

    chunks = list(parsestrata.chunk(given, identity="path", **cloud(url)))

    assert {one.origin.source for one in chunks} == {str(one) for one in given}


def test_bytes_are_sent_up_under_a_name_of_their_own(url: str) -> None:
    chunks = list(parsestrata.chunk(PDF, **cloud(url)))

    assert {c.origin.file_name for c in chunks} == {"document.pdf"}


def test_many_documents_keep_their_order_and_one_bad_one_ends_nothing(
    url: str, tmp_path: Path
) -> None:
    paths = []
    for number in range(5):
        paths.append(tmp_path / f"{number}.pdf")
        words = Words(f"Document number {number}.", 140)
        paths[-1].write_bytes(make_pdf([heading("Title", 100), words]))
    paths[2].write_bytes(b"%PDF-1.7 and nothing else")
    loader = LlamaParseLoader([*paths], concurrency=3, **cloud(url))
    names = []

    with pytest.raises(FailedSourcesError) as caught:
        names += [d.metadata["file_name"] for d in loader.lazy_load()]

    [(name, error)] = caught.value.failures
    assert name == str(paths[2])
    assert isinstance(error, JobFailedError)
    assert "2.pdf" in error.detail


def test_a_document_is_not_sent_up_without_a_key(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LLAMA_CLOUD_API_KEY", "LLAMA_PARSE_API_KEY"):
        monkeypatch.delenv(name, raising=False)

    with pytest.raises(ConfigError, match="no API key"):
        list(parsestrata.chunk(path, engine="cloud"))


def test_the_official_sdk_parses_against_the_server(url: str, path: Path) -> None:
    client = LlamaCloud(api_key="any", base_url=url)

    result = client.parsing.parse(
        upload_file=path, tier="agentic", version="latest", expand=["items", "metadata"]
    )

    chunks = list(parsestrata.chunk(result))
    assert [c.body for c in chunks] == [c.body for c in parsestrata.chunk(path)]


def test_the_asynchronous_sdk_does_so_too(url: str, path: Path) -> None:
    async def parse() -> object:
        async with AsyncLlamaCloud(api_key="any", base_url=url) as client:
            return await client.parsing.parse(
                upload_file=path, tier="agentic", version="latest", expand=["items"]
            )

    result = asyncio.run(parse())

    chunks = list(parsestrata.chunk(result))
    assert [c.body for c in chunks] == [c.body for c in parsestrata.chunk(path)]


def test_images_of_an_upload_are_kept_and_downloaded(
    url: str, shipped_pdf: Path, tmp_path: Path
) -> None:
    with ParseClient("any", url) as client:
        job = client.upload(shipped_pdf)
        client.wait(job.id, polling_interval=0.05)

        written = client.download_images(job.id, tmp_path / "images")

    assert written
    assert [path.read_bytes()[:4] for path in written if path.suffix == ".png"]
    assert all(path.stat().st_size for path in written)


def test_the_command_sends_a_document_up(
    url: str,
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("LLAMA_CLOUD_API_KEY", "any")

    code = main(
        ["chunk", str(path), "--cloud", "--tier", "cost_effective", "--base-url", url]
    )

    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert code == 0
    assert [row["id"] for row in rows] == [c.id for c in parsestrata.chunk(path)]
    with ParseClient("any", url) as client:
        assert [job.tier for job in client.list()] == ["cost_effective"]
