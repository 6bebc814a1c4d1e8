"""The server over real sockets: the contract, what it refuses, jobs that take time."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import requests

from building import dump, heading, markdown, page, result, text
from conftest import SHARED
from parsestrata.api.client import ParseClient
from parsestrata.api.expand import EXPAND
from parsestrata.api.server.ranges import UnsatisfiableError, read_range
from parsestrata.errors import (
    APIError,
    DownloadError,
    JobCancelledError,
    JobFailedError,
    JobTimeoutError,
    NotFoundError,
    ServerError,
)
from parsestrata.sources.store import Store
from serving import serving

pytestmark = pytest.mark.needs("server")

KEY = "llx-a-very-secret-key"
JOB_ID = "pjb-testtesttesttesttesttesttest"
PROJECT = "11111111-2222-4333-8444-555555555555"
OTHER_PROJECT = "99999999-2222-4333-8444-555555555555"
SCHEMA = SHARED / "openapi" / "parse-result-response.schema.json"
PATH = f"/api/v2/parse/{JOB_ID}"


def make(**more: Any) -> dict[str, Any]:
    pages = [page(n, heading("Water"), text(f"It is wet, {n}.")) for n in (1, 2)]
    made = result(*pages, markdown=markdown((1, '# "Water"\n\nü'), (2, "Salt")), **more)
    images = [{"filename": f"page_{n}.jpg", "index": n} for n in range(3)]
    return {
        **made,
        "text": {"pages": [{"page_number": 1, "text": "Water"}]},
        "images_content_metadata": {"total_count": 3, "images": images},
        "job_metadata": {"job_id": JOB_ID},
    }


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "store")
    made.put(dump(make()))
    made.put_file(JOB_ID, "page_1.jpg", b"jpeg")
    return made


@pytest.fixture
def server(store: Store) -> Iterator[str]:
    with serving(store) as url:
        yield url


def get(url: str, path: str = PATH, **options: Any) -> requests.Response:
    return requests.get(url + path, timeout=10, **options)


def validate(answer: Mapping[str, Any]) -> None:
    if not SCHEMA.exists():
        pytest.skip(f"no {SCHEMA}")
    schemas = json.loads(SCHEMA.read_text())
    schema = {"$ref": "#/components/schemas/ParseResultResponse"}
    schema["components"] = {"schemas": schemas}  # type: ignore[assignment]
    jsonschema.validate(answer, schema)


# The contract


def test_a_job_alone_has_every_key_in_order_and_null(server: str) -> None:
    found = get(server).json()

    assert list(found) == [
        "job",
        "result_content_metadata",
        *("text", "markdown", "items", "metadata", "forms"),
        *("markdown_full", "text_full", "images_content_metadata"),
        *("job_metadata", "raw_parameters", "debug"),
    ]
    assert [key for key, value in found.items() if value is not None] == ["job"]
    assert list(found["job"]) == [
        *("user_metadata", "id", "created_at", "updated_at", "project_id"),
        *("status", "error_message", "name", "tier"),
    ]
    validate(found)


@pytest.mark.parametrize("value", EXPAND)
def test_every_expand_is_answered_and_fits_the_schema(server: str, value: str) -> None:
    found = get(server, params={"expand": value}).json()

    validate(found)
    assert found["job"]["id"] == JOB_ID
    if value in make():
        expected = make()[value]
        if value == "images_content_metadata":
            for image in (*found[value]["images"], *expected["images"]):
                image.pop("presigned_url", None)
        assert found[value] == expected


def test_a_real_response_fits_the_schema(tmp_path: Path, real_file: Path) -> None:
    store = Store(tmp_path)
    job_id = store.put(real_file.read_bytes(), name=real_file.name)
    with serving(store) as url:
        found = get(url, f"/api/v2/parse/{job_id}", params={"expand": EXPAND}).json()

    validate(found)
    saved = json.loads(real_file.read_bytes())
    for name in ("items", "markdown", "metadata", "text", "forms"):
        assert found[name] == saved.get(name)


@pytest.mark.parametrize(
    "query",
    [
        "expand=items,metadata",
        "expand=items&expand=metadata",
        "expand=items,metadata&expand=items",
        "expand=items%2Cmetadata",
        "expand=items,%20metadata,",
    ],
)
def test_expand_may_be_repeated_and_listed(server: str, query: str) -> None:
    found = get(server, f"{PATH}?{query}").json()

    assert found["items"] == make()["items"]
    assert found["metadata"] == make()["metadata"]
    assert found["markdown"] is None


def test_whole_texts_are_made_of_the_pages(server: str) -> None:
    found = get(server, params={"expand": "markdown_full,text_full"}).json()

    assert found["markdown_full"] == '# "Water"\n\nü\n\nSalt'
    assert found["text_full"] == "Water"


def test_an_unknown_expand_is_a_422_as_the_api_has_it(server: str) -> None:
    answer = get(server, params={"expand": ["items", "bogus", "worse"]})

    assert answer.status_code == 422
    problems = answer.json()["detail"]
    assert [one["input"] for one in problems] == ["bogus", "worse"]
    assert problems[0]["loc"] == ["query", "expand", 1]
    assert set(problems[0]) == {"type", "loc", "msg", "input"}


def test_images_are_filtered_by_name_and_linked_where_they_are(server: str) -> None:
    query = {"expand": "images_content_metadata", "image_filenames": "page_1.jpg, x"}

    found = get(server, params=query).json()["images_content_metadata"]

    (image,) = found["images"]
    assert image["filename"] == "page_1.jpg"
    assert requests.get(image["presigned_url"], timeout=10).content == b"jpeg"


def test_a_file_that_is_not_there_does_not_exist(server: str) -> None:
    query = {"expand": "xlsx_content_metadata,raw_words_content_metadata"}

    found = get(server, params=query).json()["result_content_metadata"]

    assert found["xlsx"] == {"size_bytes": 0, "exists": False}


def test_a_fast_job_has_text_only(store: Store, server: str) -> None:
    made = make()
    made["job"] = {**made["job"], "id": "pjb-fast", "tier": "fast"}
    store.put(dump({**made, "items": None, "markdown": None}))

    refused = get(server, "/api/v2/parse/pjb-fast?expand=markdown")
    linked = get(server, "/api/v2/parse/pjb-fast?expand=items_content_metadata")
    given = get(server, "/api/v2/parse/pjb-fast?expand=text")

    text_of_api = "Markdown expansion is not available for FAST tier jobs."
    assert (refused.status_code, refused.json()) == (400, {"detail": text_of_api})
    assert linked.status_code == 400
    assert given.json()["text"] == made["text"]


@pytest.mark.parametrize("status", ["PENDING", "RUNNING", "FAILED", "CANCELLED"])
def test_a_job_without_a_result_is_a_200_with_null_content(
    store: Store, server: str, status: str
) -> None:
    store.put_job({**make()["job"], "id": "pjb-other", "status": status})

    found = get(server, "/api/v2/parse/pjb-other?expand=items,text_full").json()

    assert found["job"]["status"] == status
    assert found["items"] is found["text_full"] is None
    validate(found)


def test_a_large_result_is_streamed_with_its_length(tmp_path: Path) -> None:
    store = Store(tmp_path)
    lines = [str(n * n) for n in range(300_000)]
    made = result(*(page(n, text(" ".join(lines[n::9]))) for n in range(1, 9)))
    store.put(dump(made))
    with serving(store) as url:
        answer = get(url, params={"expand": "items"})

    assert answer.json()["items"] == made["items"]
    assert int(answer.headers["Content-Length"]) == len(answer.content)


# Files


def link(server: str, kind: str = "items") -> str:
    query = {"expand": f"{kind}_content_metadata"}
    (entry,) = get(server, params=query).json()["result_content_metadata"].values()
    return str(entry["presigned_url"])


@pytest.mark.parametrize(
    ("header", "start", "stop"),
    [
        ("bytes=0-9", 0, 10),
        ("bytes=10-", 10, None),
        ("bytes=-7", -7, None),
        ("bytes=5-999999", 5, None),
    ],
)
def test_a_file_is_served_in_ranges(
    server: str, header: str, start: int, stop: int | None
) -> None:
    url = link(server)
    whole = requests.get(url, timeout=10).content

    answer = requests.get(url, headers={"Range": header}, timeout=10)

    assert answer.status_code == 206
    assert answer.content == whole[start:stop]
    assert answer.headers["Content-Range"].endswith(f"/{len(whole)}")
    assert json.loads(whole) == make()["items"]


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("bytes=9999999-", 416),
        ("bytes=0-1,5-6", 200),
        ("bytes=9-3", 200),
        ("lines=1-2", 200),
        ("bytes=-0", 416),
    ],
)
def test_an_odd_range_never_gives_a_part_as_if_it_were_whole(
    server: str, header: str, status: int
) -> None:
    url = link(server)

    answer = requests.get(url, headers={"Range": header}, timeout=10)

    assert answer.status_code == status
    if status == 200:
        assert answer.json() == make()["items"]


def test_a_range_of_another_version_of_the_file_is_the_whole(server: str) -> None:
    headers = {"Range": "bytes=5-9", "If-Range": '"old"'}

    answer = requests.get(link(server), headers=headers, timeout=10)

    assert answer.status_code == 200
    assert answer.json() == make()["items"]


@pytest.mark.parametrize(
    "change",
    [
        lambda url: url.replace("items.json", "metadata.json"),
        lambda url: url.replace(JOB_ID, "pjb-other"),
        lambda url: url[:-1] + ("0" if url[-1] != "0" else "1"),
        lambda url: url.replace("Expires=", "Expires=9"),
        lambda url: url.split("?")[0],
        lambda url: url.replace("items.json", "..%2F..%2Fstore.json"),
    ],
    ids=["file", "job", "signature", "expiry", "no signature", "path"],
)
def test_a_link_is_good_for_one_file_only(
    server: str, change: Callable[[str], str]
) -> None:
    answer = requests.get(change(link(server)), timeout=10)

    assert answer.status_code in {403, 404}
    assert b"<Error>" in answer.content or answer.status_code == 404


def test_a_link_expires_as_on_a_host_of_files(store: Store) -> None:
    now = [1_000_000.0]
    with serving(store, clock=lambda: now[0], link_seconds=60) as url:
        signed = link(url)
        before = requests.get(signed, timeout=10).status_code
        now[0] += 60
        after = requests.get(signed, timeout=10)

    assert (before, after.status_code) == (200, 403)
    assert b"<Code>AccessDenied</Code>" in after.content
    assert after.headers["Content-Type"] == "application/xml"


def test_our_client_renews_a_link_that_expired(store: Store, tmp_path: Path) -> None:
    ticks = iter(range(0, 10_000, 50))
    with serving(store, clock=lambda: next(ticks), link_seconds=60) as url:
        with ParseClient(KEY, url) as client:
            path = client.download_result(JOB_ID, "items", tmp_path / "items.json")

    assert json.loads(path.read_bytes()) == make()["items"]


# What is refused


@pytest.mark.parametrize(
    ("header", "detail"),
    [
        (None, "Not authenticated"),
        ("Basic abc", "Not authenticated"),
        ("Bearer", "Not authenticated"),
        ("Bearer wrong", "Invalid API key"),
        (f"Bearer {KEY}x", "Invalid API key"),
        ("Bearer \xfc", "Invalid API key"),
    ],
)
def test_a_wrong_key_is_a_401(store: Store, header: str | None, detail: str) -> None:
    with serving(store, api_key=KEY) as url:
        headers = {} if header is None else {"Authorization": header.encode("latin-1")}
        answer = get(url, headers=headers)

    assert (answer.status_code, answer.json()) == (401, {"detail": detail})


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_the_right_key_opens(store: Store, scheme: str) -> None:
    with serving(store, api_key=KEY) as url:
        answer = get(url, headers={"Authorization": f"{scheme} {KEY}"})

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("project", "status"),
    [(PROJECT, 200), (PROJECT.upper(), 200), (OTHER_PROJECT, 404), ("prj-1", 422)],
)
def test_a_job_of_another_project_is_not_there(
    server: str, project: str, status: int
) -> None:
    answer = get(server, params={"project_id": project})

    assert answer.status_code == status


def test_another_project_can_neither_cancel_nor_delete(
    server: str, store: Store
) -> None:
    query = {"project_id": OTHER_PROJECT}

    cancelled = requests.post(f"{server}{PATH}/cancel", params=query, timeout=10)
    deleted = requests.delete(server + PATH, params=query, timeout=10)

    assert (cancelled.status_code, deleted.status_code) == (404, 404)
    assert store.job_ids() == [JOB_ID]


@pytest.mark.parametrize(
    "job_id",
    ["nosuchjob", "..", "..%2F..%2Fstore.json", "a%00b", "a%0Ab", "x" * 10_000, "%FF"],
    ids=["unknown", "dots", "path", "null", "newline", "long", "bytes"],
)
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_no_path_of_a_request_reaches_the_file_system(
    server: str, store: Store, job_id: str, method: str
) -> None:
    request = requests.Request(method, f"{server}/api/v2/parse/x").prepare()
    request.url = f"{server}/api/v2/parse/{job_id}"
    with requests.Session() as session:
        answer = session.send(request, timeout=10)

    assert answer.status_code in {404, 405}
    assert (store.folder / "store.json").exists()
    assert store.job_ids() == [JOB_ID]


def test_a_body_that_is_too_large_is_a_413(store: Store) -> None:
    def stream() -> Iterator[bytes]:
        for _ in range(64):
            yield bytes(65_536)

    with serving(store, max_upload=1_000_000) as url:
        path = f"{url}/api/v2/parse/upload"
        announced = requests.post(path, data=bytes(2_000_000), timeout=10)
        headers = {"Content-Type": "multipart/form-data; boundary=x"}
        try:
            streamed = requests.post(path, data=stream(), headers=headers, timeout=10)
            status = streamed.status_code
        except requests.ConnectionError:
            status = 413

    assert announced.status_code == 413
    assert status in {400, 413}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 404),
        ("/api/v2", 404),
        ("/api/v2/parse/a/b/c", 404),
        (PATH + "/cancel", 405),
    ],
)
def test_what_is_not_served_has_the_form_of_an_api_error(
    server: str, path: str, status: int
) -> None:
    answer = get(server, path)

    assert answer.status_code == status
    assert isinstance(answer.json()["detail"], str)


def test_a_damaged_result_never_comes_in_part(store: Store, server: str) -> None:
    (path,) = (store.folder / "results").glob("*.zip")
    data = bytearray(path.read_bytes())
    data[data.index(b"items.json") + 40] ^= 0xFF
    path.write_bytes(bytes(data))

    answer = get(server, params={"expand": "items"})

    assert answer.status_code == 500
    assert "Correlation ID" in answer.json()["detail"]


# Lists


@pytest.fixture
def many(store: Store) -> Store:
    for number in range(25):
        job = make()["job"]
        moment = f"2026-08-{number + 1:02d}T10:00:00.000000Z"
        status = "FAILED" if number % 5 == 0 else "COMPLETED"
        change = {"id": f"pjb-{number:02d}", "created_at": moment, "status": status}
        store.put_job({**job, **change})
    return store


def test_a_list_is_complete_over_its_pages_newest_first(
    many: Store, server: str
) -> None:
    with ParseClient(KEY, server) as client:
        found = [job.id for job in client.list(page_size=7)]

    assert sorted(found) == sorted(many.job_ids())
    assert found[0] == "pjb-24"


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"status": "FAILED"}, 5),
        ({"job_ids": ["pjb-03", "pjb-04", "none"]}, 2),
        ({"created_at_on_or_after": "2026-08-20T10:00:00Z"}, 6),
        ({"created_at_on_or_before": "2026-08-03T10:00:00+00:00"}, 3),
        ({"created_at_on_or_before": "2026-08-03T09:59:59"}, 2),
        ({"project_id": PROJECT}, 26),
        ({"project_id": OTHER_PROJECT}, 0),
    ],
    ids=str,
)
@pytest.mark.usefixtures("many")
def test_a_list_is_filtered(server: str, query: dict[str, Any], count: int) -> None:
    found = get(server, "/api/v2/parse", params={**query, "page_size": 100}).json()

    assert len(found["items"]) == found["total_size"] == count
    assert found["next_page_token"] is None


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"status": "DONE"}, 422),
        ({"page_size": "0"}, 422),
        ({"page_size": "many"}, 422),
        ({"page_token": "xyz"}, 400),
        ({"page_token": "W10="}, 400),
        ({"created_at_on_or_after": "yesterday"}, 422),
        ({"organization_id": "org"}, 422),
    ],
    ids=str,
)
def test_a_wrong_filter_is_refused(
    server: str, query: dict[str, str], status: int
) -> None:
    assert get(server, "/api/v2/parse", params=query).status_code == status


# Jobs that take their time


class Engine:
    """Parses when it is told to."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.begun = threading.Event()
        self.error = ""
        self.seen: list[Any] = []

    def __call__(
        self, document: bytes, name: str, configuration: Mapping[str, Any], images: Path
    ) -> bytes:
        (images / "page_1.png").write_bytes(b"a picture")
        self.seen.append((document, name, configuration))
        self.begun.set()
        self.go.wait(10)
        if self.error:
            raise ValueError(self.error)
        return dump(make(name="engine.pdf"))


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def client(store: Store, engine: Engine) -> Iterator[ParseClient]:
    with serving(store, engine=engine) as url, ParseClient(KEY, url) as made:
        yield made
        engine.go.set()


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "water.pdf"
    path.write_bytes(b"%PDF-1.7 water")
    return path


def test_a_job_goes_through_its_states_and_is_waited_for(
    client: ParseClient, engine: Engine, document: Path
) -> None:
    job = client.upload(document, "fast", "latest", {"lang": "de"})
    engine.begun.wait(10)
    running = client.get(job.id).job
    threading.Timer(0.1, engine.go.set).start()

    done = client.wait(job.id, polling_interval=0.02, timeout=10)

    assert job.status == "PENDING"
    assert running is not None
    assert running.status == "RUNNING"
    assert done.status == "COMPLETED"
    assert done.name == "water.pdf"
    found = client.get(job.id, "items")
    assert found.items is not None
    assert found.job is not None
    assert found.job.id == job.id
    ((sent, name, configuration),) = engine.seen
    assert (sent, name) == (b"%PDF-1.7 water", "water.pdf")
    assert configuration["lang"] == "de"


def test_a_job_that_fails_says_why(
    client: ParseClient, engine: Engine, document: Path
) -> None:
    engine.error = "PDF_IS_BROKEN"
    engine.go.set()
    job = client.upload(document)

    with pytest.raises(JobFailedError, match="PDF_IS_BROKEN"):
        client.wait(job.id, polling_interval=0.02, timeout=10)


def test_a_job_that_is_not_done_in_time_times_out(
    client: ParseClient, document: Path
) -> None:
    job = client.upload(document)

    with pytest.raises(JobTimeoutError):
        client.wait(job.id, polling_interval=0.02, timeout=0.1)


def test_a_cancelled_job_stays_cancelled_whatever_the_engine_says(
    client: ParseClient, engine: Engine, document: Path
) -> None:
    job = client.upload(document)
    engine.begun.wait(10)

    status = client.cancel(job.id).status
    engine.go.set()
    time.sleep(0.1)

    assert status == "CANCELLED"
    with pytest.raises(JobCancelledError):
        client.get(job.id, "items")
    with pytest.raises(APIError, match="Cannot cancel"):
        client.cancel(job.id)


def test_a_job_is_deleted_only_when_it_is_done(
    client: ParseClient, engine: Engine, document: Path
) -> None:
    job = client.upload(document)
    with pytest.raises(APIError, match="Cancel it first"):
        client.delete(job.id)
    engine.go.set()
    client.wait(job.id, polling_interval=0.02)

    client.delete(job.id)

    with pytest.raises(NotFoundError):
        client.get(job.id)


def test_a_server_that_stops_leaves_no_job_unfinished(
    store: Store, engine: Engine, document: Path
) -> None:
    with serving(store, engine=engine) as url, ParseClient(KEY, url) as client:
        jobs = [client.upload(document) for _ in range(3)]
        engine.begun.wait(10)
        threading.Timer(0.2, engine.go.set).start()

    statuses = {job["id"]: job["status"] for job in store.jobs()}
    assert {statuses[job.id] for job in jobs} <= {"COMPLETED", "FAILED"}


def test_without_an_engine_an_upload_is_a_501(server: str, document: Path) -> None:
    with ParseClient(KEY, server) as client:
        with pytest.raises(ServerError, match="no engine") as caught:
            client.upload(document)

    assert caught.value.status == 501


@pytest.mark.parametrize("configuration", ["", "[]", "{", '{"tier": "fast"}'], ids=str)
def test_an_upload_without_its_configuration_is_a_422(
    server: str, configuration: str
) -> None:
    answer = requests.post(
        f"{server}/api/v2/parse/upload",
        files={"file": ("a.pdf", b"%PDF")},
        data={"configuration": configuration},
        timeout=10,
    )

    assert answer.status_code == 422


def test_a_download_of_nothing_is_a_download_error(server: str, tmp_path: Path) -> None:
    with ParseClient(KEY, server) as client:
        with pytest.raises(DownloadError, match="no output_pdf file"):
            client.download_result(JOB_ID, "output_pdf", tmp_path / "out.pdf")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("", None),
        ("bytes=-", None),
        ("bytes=0-0", (0, 1)),
        ("bytes = 3-5", (3, 6)),
        ("bytes=-999", (0, 100)),
        ("bytes=99-", (99, 100)),
        ("bytes=a-b", None),
    ],
)
def test_a_range_is_half_open_or_none(header: str | None, expected: Any) -> None:
    assert read_range(header, 100) == expected


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=200-300", "bytes=-0"])
def test_a_range_behind_the_end_cannot_be_served(header: str) -> None:
    with pytest.raises(UnsatisfiableError):
        read_range(header, 100)
