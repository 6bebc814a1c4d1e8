"""The store: what goes in comes out equal, whole or not at all."""

import json
import os
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

import parsestrata
from building import dump, heading, markdown, page, result, text
from parsestrata.errors import ConfigError, ResponseError, StoreError
from parsestrata.sources.store import FORMAT, Store

JOB_ID = "pjb-testtesttesttesttesttesttest"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def make(**more: Any) -> dict[str, Any]:
    return result(page(1, heading("Water"), text("It is wet.")), **more)


def parts(store: Store) -> list[Path]:
    return list(store.folder.rglob("*.part"))


def test_what_goes_in_comes_out_equal(store: Store) -> None:
    made = make(debug={"kept": [1, 2]}, forms={"pages": []}, markdown_full='a "b" ü\n')

    job_id = store.put(dump(made))

    assert job_id == JOB_ID
    assert json.loads(store.read(job_id)) == made
    assert list(json.loads(store.read(job_id))) == list(made)


def test_a_real_response_comes_out_equal(store: Store, real_file: Path) -> None:
    made = json.loads(real_file.read_bytes())

    job_id = store.put(real_file.read_bytes(), name=real_file.name)

    found = json.loads(store.read(job_id))
    for signed in (found, made):
        for image in (signed.get("images_content_metadata") or {}).get("images", ()):
            image["presigned_url"] = None
    made["result_content_metadata"] = None
    if "job" not in made:
        assert found.pop("job")["name"] == real_file.name
    assert found == made


def test_a_store_compresses(store: Store) -> None:
    data = dump(result(*(page(n, text("water and salt " * 50)) for n in range(1, 99))))

    store.put(data)

    (path,) = (store.folder / "results").iterdir()
    assert path.stat().st_size < len(data) / 5


def test_presigned_urls_are_not_kept(store: Store) -> None:
    signed = "https://s3/x?Signature=hidden"
    images = [{"filename": "a.jpg", "index": 0, "presigned_url": signed}]
    files = {"items": {"size_bytes": 3, "presigned_url": signed}}
    listed = {"total_count": 1, "images": images}

    store.put(dump(make(images_content_metadata=listed, result_content_metadata=files)))

    found = store.read(JOB_ID)
    assert b"hidden" not in found
    assert json.loads(found)["images_content_metadata"]["images"][0]["index"] == 0


def test_content_of_a_later_fetch_is_added(store: Store) -> None:
    store.put(dump(make()))
    bare = {**make(markdown=markdown((1, "# Water"))), "items": None, "metadata": None}

    store.put(dump(bare))

    found = json.loads(store.read(JOB_ID))
    assert found["items"] == make()["items"]
    assert found["markdown"] == bare["markdown"]
    assert store.holds(JOB_ID, ("items", "markdown", "metadata"))
    assert not store.holds(JOB_ID, ("text",))


def test_what_was_asked_for_and_does_not_exist_need_not_be_asked_for_again(
    store: Store,
) -> None:
    store.put(dump(make(metadata=None)), asked=("items", "metadata"))
    before = store.holds(JOB_ID, ("items", "metadata"))

    store.put(dump(make(metadata=None)))

    assert before
    assert store.holds(JOB_ID, ("items", "metadata"))
    assert not store.holds(JOB_ID, ("items", "forms"))


def test_pages_are_kept_as_one_text_too(store: Store) -> None:
    pages = markdown((1, "# Water"), (2, "Salt."))

    store.put(dump(make(markdown=pages)))

    found = store.find(JOB_ID)
    assert found is not None
    with found:
        assert b"".join(found.pieces("markdown_full")) == b"# Water\n\nSalt."
    assert "markdown_full" not in json.loads(store.read(JOB_ID))


def test_a_range_of_a_content_can_be_read(store: Store) -> None:
    data = dump(result(*(page(n, text(f"page {n} " * 999)) for n in range(1, 400))))
    whole = dump(json.loads(data)["items"])
    store.put(data)

    found = store.find(JOB_ID)
    assert found is not None
    with found:
        assert found.size("items") == len(whole)
        for start, stop in [(0, 10), (2_000_000, 2_000_100), (len(whole) - 5, None)]:
            assert b"".join(found.pieces("items", start, stop)) == whole[start:stop]


def test_a_result_without_a_job_gets_one_of_its_content(store: Store) -> None:
    bare = make()
    del bare["job"]

    first, second = store.put(dump(bare), name="a.json"), store.put(dump(bare))

    assert first == second
    assert first.startswith("pjb-")
    assert len(first) == 32


def test_jobs_are_listed_and_their_states_change(store: Store) -> None:
    job = make()["job"]
    for number, status in enumerate(["PENDING", "RUNNING", "COMPLETED"]):
        store.put_job({**job, "id": f"pjb-{number}", "status": status})
    before = [one["status"] for one in store.jobs()]

    store.put_job({**job, "id": "pjb-0", "status": "RUNNING"})

    assert before == ["PENDING", "RUNNING", "COMPLETED"]
    assert [one["status"] for one in store.jobs()] == [
        "RUNNING",
        "RUNNING",
        "COMPLETED",
    ]
    assert store.job_ids() == ["pjb-0", "pjb-1", "pjb-2"]


def test_a_new_state_keeps_the_content(store: Store) -> None:
    store.put(dump(make()))

    store.put_job({**make()["job"], "name": "other.pdf"})

    found = json.loads(store.read(JOB_ID))
    assert found["job"]["name"] == "other.pdf"
    assert found["items"] == make()["items"]


def test_files_of_a_job_are_kept_by_name(store: Store) -> None:
    store.put_file(JOB_ID, "page_1.jpg", b"jpeg")

    assert store.files(JOB_ID)["page_1.jpg"].read_bytes() == b"jpeg"
    with pytest.raises(StoreError, match="no plain file name"):
        store.put_file(JOB_ID, "../page_1.jpg", b"jpeg")


def test_a_deleted_job_is_gone_with_its_files(store: Store) -> None:
    store.put(dump(make()))
    store.put_file(JOB_ID, "page_1.jpg", b"jpeg")

    store.delete(JOB_ID)

    assert store.job_ids() == []
    assert store.files(JOB_ID) == {}
    with pytest.raises(StoreError, match="no result"):
        store.read(JOB_ID)


def test_a_result_is_used_without_key_and_network(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LLAMA_CLOUD_API_KEY", "LLAMA_PARSE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    store.put(dump(make()))

    chunks = list(parsestrata.chunk(JOB_ID, store=store.folder))

    assert [chunk.id for chunk in chunks] == [
        chunk.id for chunk in parsestrata.chunk(make())
    ]


# What is wrong


def test_what_is_no_result_is_not_kept(store: Store) -> None:
    with pytest.raises(ResponseError):
        store.put(b"<html>")

    assert store.job_ids() == []


@pytest.mark.parametrize("job_id", ["../x", "a/b", "", "a\nb"])
def test_no_id_leads_out_of_the_store(store: Store, job_id: str) -> None:
    with pytest.raises(ConfigError, match="no job id"):
        store.put(dump(make()), job_id)


def test_a_store_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("I am a file")

    with pytest.raises(StoreError, match="cannot be used as a folder"):
        Store(tmp_path / "store")


def test_a_store_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store.json").write_text(json.dumps({"format": FORMAT + 1}))

    with pytest.raises(StoreError, match="newer version"):
        Store(tmp_path)


@pytest.mark.parametrize("found", ["", "[]", '{"format": "x"}'])
def test_a_folder_that_is_no_store_is_refused(tmp_path: Path, found: str) -> None:
    (tmp_path / "store.json").write_text(found)

    with pytest.raises(StoreError):
        Store(tmp_path)


@pytest.mark.parametrize("damage", ["cut", "bit", "empty", "other"])
def test_a_damaged_result_is_as_if_it_were_not_there(store: Store, damage: str) -> None:
    store.put(dump(make()))
    (path,) = (store.folder / "results").iterdir()
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 0xFF
    damaged = {
        "cut": path.read_bytes()[:-40],
        "bit": bytes(data),
        "empty": b"",
        "other": b"PK\x03\x04 nothing",
    }
    path.write_bytes(damaged[damage])

    with pytest.raises(StoreError):
        store.read(JOB_ID)
    store.put(dump(make()))
    assert json.loads(store.read(JOB_ID)) == make()


_PUT = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from building import dump, page, result, text
from parsestrata.errors import StoreError
from parsestrata.sources.store import Store
import os
pages = [page(n, text(os.urandom(20_000).hex())) for n in range(1, 40)]
data = dump(result(*pages))
{before}
try:
    Store({folder!r}).put(data)
except StoreError as error:
    print(error)
    raise SystemExit(3)
"""


def put_in_child(
    folder: Path, before: str = "", **more: Any
) -> subprocess.CompletedProcess[str]:
    tests = str(Path(__file__).parent)
    code = _PUT.format(tests=tests, folder=str(folder), before=before)
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        **more,
    )


def test_a_file_size_limit_leaves_nothing_half_written(store: Store) -> None:
    before = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))"
    )
    pytest.importorskip("resource")

    done = put_in_child(store.folder, before)

    assert done.returncode == 3, done.stderr
    assert "cannot be written (File too large)" in done.stdout
    assert store.job_ids() == []
    assert parts(store) == []


def test_a_full_disk_keeps_what_was_there(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(disk)]
    try:
        done = subprocess.run(mount, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount command")
    if done.returncode:
        pytest.skip("a small file system cannot be mounted here")
    try:
        store = Store(disk / "store")
        store.put(dump(make()))

        failed = put_in_child(store.folder)

        assert failed.returncode == 3, failed.stderr
        assert "No space left on device" in failed.stdout
        assert json.loads(store.read(JOB_ID)) == make()
        assert parts(store) == []
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)  # noqa: S607


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX permissions")
def test_a_store_without_write_permission_is_a_store_error(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    folder.mkdir(mode=0o555)
    for parent in (tmp_path, *list(tmp_path.parents)[:2]):
        parent.chmod(0o755)
    before = "os.setuid(65534)" if os.geteuid() == 0 else ""

    done = put_in_child(folder, before, cwd="/")

    assert done.returncode == 3, done.stderr
    assert "Permission denied" in done.stdout


def test_a_killed_process_leaves_no_result_in_part(store: Store) -> None:
    tests = str(Path(__file__).parent)
    code = _PUT.format(
        tests=tests, folder=str(store.folder), before="print(1, flush=1)"
    )
    for delay in (0.0, 0.02, 0.05, 0.1):
        child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        with child:
            assert child.stdout is not None
            child.stdout.readline()
            time.sleep(delay)
            child.kill()

        assert store.job_ids() in ([], [JOB_ID])
        if store.job_ids():
            assert len(json.loads(store.read(JOB_ID))["items"]["pages"]) == 39
            store.delete(JOB_ID)


def test_what_was_left_long_ago_is_swept(store: Store) -> None:
    old, new = (store.folder / "results" / f".{n}.part" for n in ("old", "new"))
    for path in (old, new):
        path.write_bytes(b"half")
    long_ago = time.time() - 7200
    os.utime(old, (long_ago, long_ago))

    Store(store.folder)

    assert parts(store) == [new]


def test_many_threads_may_write_one_job(store: Store) -> None:
    data = dump(make())
    wrong: list[Exception] = []

    def work() -> None:
        try:
            for _ in range(20):
                Store(store.folder).put(data)
                assert json.loads(store.read(JOB_ID)) == make()
        except Exception as error:  # noqa: BLE001 - told below
            wrong.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
    assert parts(store) == []


def test_a_result_can_be_unpacked_with_any_tool(store: Store) -> None:
    store.put(dump(make()))

    (path,) = (store.folder / "results").iterdir()

    with zipfile.ZipFile(path) as found:
        assert json.loads(found.read("items.json")) == make()["items"]


def test_what_is_kept_may_be_read_by_whom_the_umask_says(store: Store) -> None:
    job_id = store.put(dump(make()))
    before = os.umask(0o027)
    try:
        store.put_file(job_id, "page_1.png", b"a picture")
    finally:
        os.umask(before)

    [path] = store.files(job_id).values()
    assert path.stat().st_mode & 0o777 == 0o640
