"""One result, five ways to it: the same chunks by all of them."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from llama_cloud import AsyncLlamaCloud, LlamaCloud, NotFoundError
from llama_cloud._polling import PollingError

import parsestrata
from building import dump, heading, markdown, page, result, table, text
from parsestrata.api.client import ParseClient
from parsestrata.api.expand import EXPAND
from parsestrata.conversion.loading import Loading
from parsestrata.options import Options
from parsestrata.sources.store import Store
from serving import serving

pytestmark = pytest.mark.needs("server")

KEY = "llx-a-very-secret-key"
SPLITS = ("chunk", "item", "page", "document")
ALL = ("items", "markdown", "metadata", "text")


def described(source: Any, **options: Any) -> list[dict[str, Any]]:
    """Return all there is of each chunk."""
    loading = Loading(Options(**options))
    found = [
        {
            "id": chunk.id,
            "text": parsestrata.contextualize(chunk),
            "metadata": loading.metadata(chunk, report),
        }
        for chunk, report in loading.chunks([source])
    ]
    loading.report.verify()
    return found


def with_job(data: bytes, job: dict[str, Any]) -> bytes:
    """Give a result that was saved without a job the one it has in the store."""
    return dump({"job": job} | json.loads(data))


Way = Callable[[str, str, dict[str, Any]], list[dict[str, Any]]]


def by_client(url: str, job_id: str, options: dict[str, Any]) -> list[dict[str, Any]]:
    return described(job_id, base_url=url, api_key=KEY, **options)


def by_files(url: str, job_id: str, options: dict[str, Any]) -> list[dict[str, Any]]:
    return described(job_id, base_url=url, api_key=KEY, transfer="presigned", **options)


def by_sdk(url: str, job_id: str, options: dict[str, Any]) -> list[dict[str, Any]]:
    with LlamaCloud(api_key=KEY, base_url=url) as sdk:
        found = sdk.parsing.get(job_id, expand=list(ALL))
    return described(found, **options)


def by_async_sdk(
    url: str, job_id: str, options: dict[str, Any]
) -> list[dict[str, Any]]:
    async def fetch() -> Any:
        async with AsyncLlamaCloud(api_key=KEY, base_url=url) as sdk:
            return await sdk.parsing.get(job_id, expand=list(ALL))

    return described(asyncio.run(fetch()), **options)


WAYS: dict[str, Way] = {
    "client": by_client,
    "presigned files": by_files,
    "SDK": by_sdk,
    "async SDK": by_async_sdk,
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_gives_the_chunks_of_the_saved_file(
    tmp_path: Path, real_file: Path, way: str
) -> None:
    store = Store(tmp_path)
    job_id = store.put(real_file.read_bytes(), name=real_file.name)
    (job,) = store.jobs()
    saved = with_job(real_file.read_bytes(), job)

    with serving(store) as url:
        for split in SPLITS:
            found = WAYS[way](url, job_id, {"split": split})

            assert found == described(saved, split=split)
            assert found


def test_the_store_gives_the_chunks_of_the_saved_file(
    tmp_path: Path, real_file: Path
) -> None:
    store = Store(tmp_path)
    job_id = store.put(real_file.read_bytes(), name=real_file.name)
    (job,) = store.jobs()
    saved = with_job(real_file.read_bytes(), job)

    for split in SPLITS:
        found = described(store.read(job_id), split=split)

        assert found == described(saved, split=split)


JOB_ID = "pjb-testtesttesttesttesttesttest"


def make() -> dict[str, Any]:
    rows = [["Town", "Wells"], ["Norrby", "3"]]
    made = result(page(1, heading("Water"), text("It is wet."), table(rows)))
    images = [{"filename": "page_1.jpg", "index": 0, "category": "screenshot"}]
    return made | {
        "markdown": markdown((1, "# Water\n\nIt is wet.")),
        "text": {"pages": [{"page_number": 1, "text": "It is wet."}]},
        "images_content_metadata": {"total_count": 1, "images": images},
    }


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path)
    made.put(dump(make()))
    return made


@pytest.fixture
def url(store: Store) -> Iterator[str]:
    def engine(
        _document: bytes, name: str, _configuration: Any, _images: Path
    ) -> bytes:
        if "broken" in name:
            message = "PDF_IS_BROKEN"
            raise ValueError(message)
        return dump(make())

    with serving(store, engine=engine, api_key=KEY) as served:
        yield served


@pytest.fixture
def sdk(url: str) -> Iterator[LlamaCloud]:
    with LlamaCloud(api_key=KEY, base_url=url, max_retries=0) as made:
        yield made


@pytest.mark.parametrize("value", EXPAND)
def test_the_sdk_reads_every_expand(sdk: LlamaCloud, value: str) -> None:
    found = sdk.parsing.get(JOB_ID, expand=[value])

    assert found.job.id == JOB_ID
    if make().get(value):
        assert getattr(found, value) is not None


def test_the_sdk_lists_filters_and_pages(sdk: LlamaCloud, store: Store) -> None:
    for number in range(7):
        moment = f"2026-09-0{number + 1}T10:00:00Z"
        job = {**make()["job"], "id": f"pjb-{number}", "created_at": moment}
        store.put_job({**job, "status": "FAILED" if number % 2 else "COMPLETED"})

    found = [job.id for job in sdk.parsing.list(status="FAILED", page_size=2)]

    assert found == ["pjb-5", "pjb-3", "pjb-1"]


def test_the_sdk_waits_for_a_job(sdk: LlamaCloud) -> None:
    done = sdk.parsing.wait_for_completion(JOB_ID, polling_interval=0.01)

    assert done.status == "COMPLETED"


def test_the_sdk_parses_an_upload(sdk: LlamaCloud) -> None:
    found = sdk.parsing.parse(
        upload_file=("water.pdf", b"%PDF"),
        tier="fast",
        version="latest",
        expand=["items", "metadata"],
        polling_interval=0.01,
    )

    assert found.items is not None
    assert found.job.name == "water.pdf"


def test_the_async_sdk_parses_waits_and_lists(url: str) -> None:
    async def use() -> tuple[Any, list[str]]:
        async with AsyncLlamaCloud(api_key=KEY, base_url=url) as sdk:
            found = await sdk.parsing.parse(
                upload_file=("water.pdf", b"%PDF"),
                tier="fast",
                version="latest",
                expand=["items"],
                polling_interval=0.01,
            )
            listed = [job.id async for job in sdk.parsing.list()]
        return found, listed

    found, listed = asyncio.run(use())

    assert found.items is not None
    assert sorted(listed) == sorted([JOB_ID, found.job.id])


def test_the_sdk_is_told_that_a_job_failed(sdk: LlamaCloud) -> None:
    with pytest.raises(PollingError, match="PDF_IS_BROKEN"):
        sdk.parsing.parse(
            upload_file=("broken.pdf", b"%PDF"),
            tier="fast",
            version="latest",
            expand=["items"],
            polling_interval=0.01,
        )


def test_the_sdk_deletes_and_then_finds_nothing(sdk: LlamaCloud) -> None:
    deleted = sdk.parsing.delete(JOB_ID)

    assert deleted.id == JOB_ID
    with pytest.raises(NotFoundError, match="Parse job not found"):
        sdk.parsing.get(JOB_ID)


@pytest.mark.needs("langchain")
def test_the_loader_reads_what_our_own_client_uploads(url: str, tmp_path: Path) -> None:
    from parsestrata.langchain import LlamaParseLoader  # noqa: PLC0415 - its extra

    path = tmp_path / "water.pdf"
    path.write_bytes(b"%PDF")
    with ParseClient(KEY, url) as client:
        job = client.upload(path, "fast")
        client.wait(job.id, polling_interval=0.01)

    loader = LlamaParseLoader(job.id, base_url=url, api_key=KEY)
    documents = loader.load()

    assert documents[0].metadata["file_name"] == "water.pdf"
    assert "It is wet." in documents[0].page_content


@pytest.mark.needs("langchain")
def test_the_async_loader_raises_what_the_sync_one_raises(
    url: str, store: Store
) -> None:
    from parsestrata.langchain import LlamaParseLoader  # noqa: PLC0415 - its extra

    failed = {"id": "pjb-failed", "status": "FAILED", "error_message": "PDF_IS_BROKEN"}
    store.put_job({**make()["job"], **failed})
    loader = LlamaParseLoader("pjb-failed", base_url=url, api_key=KEY)

    with pytest.raises(parsestrata.ParseStrataError, match="PDF_IS_BROKEN") as sync:
        loader.load()
    with pytest.raises(parsestrata.ParseStrataError) as other:
        asyncio.run(loader.aload())

    assert type(other.value) is type(sync.value)
    assert str(other.value) == str(sync.value)
