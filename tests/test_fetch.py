"""The commands fetch and serve, as a user has them: their own processes and sockets."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from building import dump, heading, page, result, text
from loopback import answer, loopback
from parsestrata.cli.main import main
from parsestrata.sources.store import Store
from serving import serving

pytestmark = pytest.mark.needs("server")

KEY = "llx-a-very-secret-key"
PARTS = ("items", "metadata")


def make(number: int) -> bytes:
    made = result(page(1, heading("Water"), text(f"It is wet, {number}.")))
    job_id = f"pjb-{number:028d}"
    job = {**made["job"], "id": job_id, "name": f"{number}.pdf"}
    return dump({**made, "job": job})


def fill(folder: Path, count: int) -> Store:
    store = Store(folder)
    for number in range(count):
        store.put(make(number))
    return store


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLAMA_CLOUD_API_KEY", KEY)


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[tuple[Store, str]]:
    store = fill(tmp_path / "cloud", 12)
    with serving(store, api_key=KEY) as url:
        yield store, url


def fetch(folder: Path, url: str, *more: str) -> int:
    return main(["fetch", "--store", str(folder), "--base-url", url, *more])


def same(mine: Store, theirs: Store) -> bool:
    ids = theirs.job_ids()
    return mine.job_ids() == ids and all(mine.holds(one, PARTS) for one in ids)


def test_every_completed_job_is_fetched_once(
    cloud: tuple[Store, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, url = cloud

    codes = [fetch(tmp_path / "mine", url, "--all-completed") for _ in range(2)]

    assert codes == [0, 0]
    assert same(Store(tmp_path / "mine"), store)
    first, second = capsys.readouterr().err.splitlines()
    assert "12 fetched, 0 there already, 0 failed" in first
    assert "0 fetched, 12 there already, 0 failed" in second


def test_ids_come_from_arguments_a_file_and_standard_input(
    cloud: tuple[Store, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ids = cloud[0].job_ids()
    listed = tmp_path / "ids.txt"
    listed.write_text(f"# mine\n{ids[2]}\n\n{ids[3]}  # twice\n{ids[3]}\n")
    monkeypatch.setattr("sys.stdin", iter([f"{ids[4]}\n"]))

    code = fetch(tmp_path / "mine", cloud[1], ids[0], "-", "--ids", str(listed))

    assert code == 0
    assert Store(tmp_path / "mine").job_ids() == [ids[0], *ids[2:5]]


def test_a_job_that_is_not_there_fails_alone(
    cloud: tuple[Store, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = cloud[0].job_ids()

    code = fetch(tmp_path / "mine", cloud[1], ids[0], "pjb-nosuch", ids[1])

    assert code == 1
    assert Store(tmp_path / "mine").job_ids() == ids[:2]
    errors = capsys.readouterr().err
    assert "pjb-nosuch" in errors
    assert "Parse job not found" in errors
    assert KEY not in errors


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], 2, "no job"),
        (["a/b"], 2, "no job id"),
        (["pjb-1", "--expand", "itmes"], 2, "did you mean items"),
        (["--ids", "missing.txt"], 1, "No such file"),
        (["pjb-1", "--concurrency", "0"], 2, "concurrency"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_is_wrong_is_one_line(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    words: str,
) -> None:
    found = fetch(tmp_path / "mine", "http://127.0.0.1:9", *arguments)

    errors = capsys.readouterr().err
    assert found == code
    assert words in errors
    assert errors.count("\n") == 1


def test_no_key_is_a_usage_error(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("LLAMA_CLOUD_API_KEY")
    monkeypatch.delenv("LLAMA_PARSE_API_KEY", raising=False)

    code = fetch(tmp_path / "mine", "http://127.0.0.1:9", "pjb-1")

    assert code == 2
    assert "LLAMA_CLOUD_API_KEY" in capsys.readouterr().err


def test_a_key_of_another_region_ends_with_the_servers_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with loopback(answer(401, {"detail": "Invalid API key"})) as server:
        code = fetch(tmp_path / "mine", server.url, "pjb-1")

    errors = capsys.readouterr().err
    assert code == 1
    assert "region" in errors


def test_a_store_that_is_a_file_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").write_text("in the way")

    code = fetch(tmp_path / "mine", "http://127.0.0.1:9", "pjb-1")

    assert code == 1
    assert "cannot be used as a folder" in capsys.readouterr().err


_MAIN = "import sys; from parsestrata.cli.main import main; sys.exit(main())"


def test_an_api_that_is_gone_ends_the_fetch_and_the_next_goes_on(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("parsestrata.api.client.retry.uniform", lambda *_: 0.001)
    theirs = fill(tmp_path / "cloud", 100)
    ids = tmp_path / "ids.txt"
    ids.write_text("\n".join(theirs.job_ids()))
    mine = tmp_path / "mine"
    with serving(theirs) as url:
        assert fetch(mine, url, *theirs.job_ids()[:30]) == 0
    capsys.readouterr()

    gone = fetch(mine, url, "--ids", str(ids))

    errors = capsys.readouterr().err
    assert gone == 1
    assert errors.count("\n") == 1
    assert "could not connect" in errors
    with serving(theirs) as url:
        assert fetch(mine, url, "--ids", str(ids)) == 0
    assert "70 fetched, 30 there already" in capsys.readouterr().err
    assert same(Store(mine), theirs)


@contextmanager
def process(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    child = subprocess.Popen(
        [sys.executable, "-c", _MAIN, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with child:
        try:
            yield child
        finally:
            child.kill()


def wait_until(condition: Any, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)


def test_a_fetch_that_is_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    count = 200
    theirs = fill(tmp_path / "cloud", count)
    folder = tmp_path / "mine"
    mine = Store(folder)
    rounds = []
    with serving(theirs, api_key=KEY) as url:
        arguments = ("fetch", "--all-completed", "--store", str(folder))
        for part in (20, 90, 150):
            with process(*arguments, "--base-url", url) as child:
                wait_until(lambda part=part: len(mine.job_ids()) >= part)
                child.kill()
            kept = mine.job_ids()
            rounds.append(len(kept))
            assert all(mine.holds(one, PARTS) for one in kept)
            before = {one: (folder / "results" / f"{one}.zip").stat() for one in kept}
        with process(*arguments, "--base-url", url) as child:
            _, errors = child.communicate(timeout=60)

    assert child.returncode == 0, errors
    assert same(mine, theirs)
    assert f"{count - rounds[-1]} fetched, {rounds[-1]} there already" in errors
    after = {one: (folder / "results" / f"{one}.zip").stat() for one in before}
    assert before == after


def test_two_processes_fill_one_store(tmp_path: Path) -> None:
    theirs = fill(tmp_path / "cloud", 60)
    folder = str(tmp_path / "mine")
    with serving(theirs, api_key=KEY) as url:
        arguments = ("fetch", "--all-completed", "--store", folder, "--base-url", url)
        with process(*arguments) as one, process(*arguments) as other:
            ends = [child.communicate(timeout=60) for child in (one, other)]

    assert [one.returncode, other.returncode] == [0, 0], ends
    assert same(Store(folder), theirs)
    assert list(Path(folder).rglob("*.part")) == []


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def test_serve_puts_saved_results_into_its_store_and_answers(tmp_path: Path) -> None:
    saved = tmp_path / "saved.json"
    saved.write_bytes(make(7))
    port = free_port()
    with process("serve", str(saved), "--port", str(port), "--api-key", KEY) as child:
        assert child.stdout is not None
        job_id = child.stdout.readline().strip()
        url = f"http://127.0.0.1:{port}/api/v2/parse/{job_id}"
        headers = {"Authorization": f"Bearer {KEY}"}

        def up() -> bool:
            try:
                return requests.get(url, headers=headers, timeout=1).ok
            except requests.ConnectionError:
                return False

        wait_until(up)
        found = requests.get(
            url, params={"expand": "items"}, headers=headers, timeout=5
        )
        refused = requests.get(url, timeout=5)
        child.send_signal(2)
        child.wait(15)

    assert job_id == "pjb-" + "7".zfill(28)
    assert found.json()["items"] is not None
    assert refused.status_code == 401


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--host", "0.0.0.0"], 2, "give a key"),  # noqa: S104 - must be refused
        (["--port", "0"], 2, "--port 0"),
        (["--max-upload", "0"], 2, "--max-upload"),
        (["missing.json"], 1, "No such file"),
    ],
    ids=str,
)
def test_serve_refuses_what_cannot_work(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    words: str,
) -> None:
    found = main(["serve", "--store", str(tmp_path / "store"), *arguments])

    assert found == code
    assert words in capsys.readouterr().err


def test_a_job_that_a_killed_server_left_is_failed_by_the_next(
    tmp_path: Path,
) -> None:
    store = fill(tmp_path / "store", 1)
    (job,) = store.jobs()
    store.put_job({**job, "id": "pjb-left", "status": "RUNNING"})
    port = free_port()

    arguments = ("serve", "--store", str(store.folder), "--port", str(port))
    with process(*arguments) as child:
        wait_until(lambda: child.poll() is None and _is_up(port))
        found = requests.get(
            f"http://127.0.0.1:{port}/api/v2/parse/pjb-left", timeout=5
        ).json()

    assert found["job"]["status"] == "FAILED"
    assert "stopped" in found["job"]["error_message"]


def _is_up(port: int) -> bool:
    with socket.socket() as trying:
        return trying.connect_ex(("127.0.0.1", port)) == 0
