"""How fast results travel, and in how much memory: ratios within one run, on loopback.

    python benchmarks/transfer.py [loader] [server] [memory] [load]

`server` needs wrk. Without a name all of them run.
"""

import argparse
import hashlib
import json
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

import parsestrata
from parsestrata.api.client import ParseClient
from parsestrata.sources.store import Store

JOBS, CONCURRENCY, ROUNDS = 500, 8, 5
KILOBYTE, MEGABYTE = 1000, 1_000_000
PAGE_SIZE = 13_000
DELAYS = (0.0, 0.03)
"""Seconds: this machine alone, and a server as near as one in the same region."""
WORDS = [
    "water",
    "salt",
    "river",
    "harbour",
    "pump",
    "valve",
    "pressure",
    "meter",
    "town",
    "well",
    "bay",
    "tide",
]
KEY = "llx-benchmark"


# What is transferred


def make_result(job_id: str, size: int, seed: int = 0) -> bytes:
    """Make a result of about so many bytes: headings, paragraphs and tables.

    For each byte it has as many items and as much text as the real ones: about 37
    items and 18,000 characters of Markdown in 60 kB.
    """
    dice = random.Random(seed)
    pages: list[dict[str, Any]] = []
    written = 0
    while written + PAGE_SIZE / 2 < size:
        page = make_page(len(pages) + 1, dice)
        written += len(json.dumps(page))
        pages.append(page)
    job = {
        "id": job_id,
        "project_id": "11111111-2222-4333-8444-555555555555",
        "status": "COMPLETED",
        "created_at": "2026-08-13T14:31:28.997366Z",
        "name": f"{job_id}.pdf",
        "tier": "agentic",
    }
    metadata = [{"page_number": page["page_number"]} for page in pages]
    made = {"job": job, "items": {"pages": pages}, "metadata": {"pages": metadata}}
    return json.dumps(made).encode()


def make_page(number: int, dice: random.Random) -> dict[str, Any]:
    """Make a page: two headings, five paragraphs, a table."""
    items: list[dict[str, Any]] = []
    for place in range(7):
        words = sentence(dice, 5 if place in {0, 4} else 45)
        item = {"type": "text", "md": words, "value": words}
        if place in {0, 4}:
            item = {"type": "heading", "md": f"## {words}", "value": words, "level": 2}
        items.append({**item, "bbox": [box(place)]})
    rows = [[sentence(dice, 2) for _ in range(5)] for _ in range(20)]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines.insert(1, "| --- | --- | --- | --- | --- |")
    html = "".join(f"<tr><td>{'</td><td>'.join(row)}</td></tr>" for row in rows)
    table = {"md": "\n".join(lines), "rows": rows, "html": f"<table>{html}</table>"}
    csv = "\n".join(",".join(f'"{cell}"' for cell in row) for row in rows)
    items.append({"type": "table", **table, "csv": csv, "bbox": [box(12)]})
    size = {"page_width": 612.0, "page_height": 792.0, "success": True}
    return {"page_number": number, "items": items, **size}


def sentence(dice: random.Random, count: int) -> str:
    """Write some words."""
    return " ".join(f"{dice.choice(WORDS)}{dice.randrange(99)}" for _ in range(count))


def box(place: int) -> dict[str, Any]:
    """Make a box on the page."""
    where = {"x": 72.0, "y": 60.0 + 50 * place, "w": 468.0, "h": 40.0}
    return {**where, "confidence": 0.9, "label": "text"}


# Servers in processes of their own

PLAIN = """
import asyncio, sys, uvicorn
from pathlib import Path
from starlette.applications import Starlette
from starlette.staticfiles import StaticFiles
folder = Path(sys.argv[1])
bodies = {path.stem: path.read_bytes() for path in folder.glob("pjb-*.json")}
files = Starlette()
files.mount("/static", StaticFiles(directory=folder))
async def app(scope, receive, send):
    body = bodies.get(scope["path"].rsplit("/", 1)[-1]) if scope["type"] == "http" else 0
    if not body:
        return await files(scope, receive, send)
    headers = [(b"content-type", b"application/json"),
               (b"content-length", str(len(body)).encode())]
    await asyncio.sleep(float(sys.argv[3]))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
uvicorn.run(app, port=int(sys.argv[2]), log_level="critical", lifespan="off")
"""
"""Bodies from memory by job id, and the same as static files under /static."""

STORE = """
import sys
from parsestrata.cli.main import main
sys.exit(main(["serve", "--store", sys.argv[1], "--port", sys.argv[2]]))
"""


@contextmanager
def serving(
    code: str, folder: Path, port: int, delay: float = 0.0
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until it is no longer needed; `delay` is seconds before a body."""
    command = [sys.executable, "-c", code, str(folder), str(port), str(delay)]
    child = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        for _ in range(400):
            try:
                requests.get(f"http://127.0.0.1:{port}/", timeout=1)
                break
            except requests.ConnectionError:
                time.sleep(0.05)
        yield child
    finally:
        child.terminate()
        child.wait(20)


def peak_memory(process: int | str) -> int:
    """Return the most bytes that a process has had in memory (Linux)."""
    status = Path(f"/proc/{process}/status").read_text()
    (line,) = (one for one in status.splitlines() if one.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def count_descriptors(process: int | str) -> int:
    """Return how many files and sockets a process has open (Linux)."""
    return sum(1 for _ in Path(f"/proc/{process}/fd").iterdir())


# 1. The loader


def bench_loader(folder: Path) -> None:
    """Compare the loader, chunks included, with threads that only download."""
    ids = [f"pjb-{number:028d}" for number in range(JOBS)]
    for number, job_id in enumerate(ids):
        data = make_result(job_id, 60 * KILOBYTE, number)
        (folder / f"{job_id}.json").write_bytes(data)
    for delay in DELAYS:
        with serving(PLAIN, folder, 8711, delay):
            compare_loader("http://127.0.0.1:8711", ids, delay)


def compare_loader(url: str, ids: list[str], delay: float) -> None:
    """Take turns, and print the medians."""
    bare = "requests, session"
    ways: dict[str, Callable[[], int]] = {
        bare: lambda: download_only(url, ids, sessions=True),
        "requests.get": lambda: download_only(url, ids, sessions=False),
        "our client": lambda: fetch_only(url, ids),
        "loader, chunks": lambda: load(url, ids),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            begun = time.perf_counter()
            way()
            times[name].append(time.perf_counter() - begun)
    after = f"the server answers after {1000 * delay:.0f} ms"
    print(f"\n{JOBS} jobs of 60 kB, {CONCURRENCY} threads, {after}")
    print(f"{'median of 5 rounds':20} {'jobs/s':>8} {'of bare':>8}")
    base = statistics.median(times[bare])
    for name, taken in times.items():
        median = statistics.median(taken)
        print(f"{name:20} {JOBS / median:8.0f} {base / median:8.2f}")


def download_only(url: str, ids: list[str], *, sessions: bool) -> int:
    """Download with threads and `requests` alone."""
    local = threading.local()

    def get(job_id: str) -> int:
        query = {"expand": ["items", "metadata"]}
        if not sessions:
            asked = requests.get
        else:
            if not hasattr(local, "session"):
                local.session = requests.Session()
            asked = local.session.get
        answer = asked(f"{url}/api/v2/parse/{job_id}", params=query, timeout=30)
        return len(answer.content)

    with ThreadPoolExecutor(CONCURRENCY) as pool:
        return sum(pool.map(get, ids))


def fetch_only(url: str, ids: list[str]) -> int:
    """Download with our client and nothing more."""
    with ParseClient(KEY, url) as client, ThreadPoolExecutor(CONCURRENCY) as pool:

        def get(job_id: str) -> int:
            with client.fetch(job_id, ("items", "metadata")) as body:
                return body.size

        return sum(pool.map(get, ids))


def load(url: str, ids: list[str]) -> int:
    """Load chunks as a user does."""
    options: Any = {"api_key": KEY, "base_url": url, "concurrency": CONCURRENCY}
    return sum(1 for _ in parsestrata.chunk(ids, **options))


# 2. The server


def bench_server(folder: Path) -> None:
    """Compare the server with the same body as a static file, under wrk."""
    if shutil.which("wrk") is None:
        print("\nserver: wrk is not installed, left out")
        return
    job_id = f"pjb-{1:028d}"
    data = make_result(job_id, 60 * KILOBYTE)
    Store(folder / "store").put(data)
    (folder / "static").mkdir()
    (folder / "static" / "body.json").write_bytes(data)
    path = f"api/v2/parse/{job_id}?expand=items,metadata"
    with (
        serving(PLAIN, folder / "static", 8721),
        serving(STORE, folder / "store", 8722),
    ):
        addresses = {
            "static file": "http://127.0.0.1:8721/static/body.json",
            "server": f"http://127.0.0.1:8722/{path}",
        }
        rates: dict[str, list[float]] = {name: [] for name in addresses}
        for _ in range(ROUNDS):
            for name, address in addresses.items():
                rates[name].append(run_wrk(address))
    print(f"\n60 kB from one process, wrk -t1 -c16 -d3s, median of {ROUNDS} rounds")
    print(f"{'':20} {'req/s':>8} {'of static':>10}")
    base = statistics.median(rates["static file"])
    for name, found in rates.items():
        median = statistics.median(found)
        print(f"{name:20} {median:8.0f} {median / base:10.2f}")


def run_wrk(address: str) -> float:
    """Return the requests per second that wrk measured, none of them failed."""
    command = ["wrk", "-t1", "-c16", "-d3s", address]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise RuntimeError(done.stdout)
    (line,) = (one for one in done.stdout.splitlines() if "Requests/sec" in one)
    return float(line.split()[1])


# 3. Memory

CLIENT = """
import sys, parsestrata
url, job_id, transfer = sys.argv[1:]
count = sum(1 for _ in parsestrata.chunk(
    job_id, api_key="llx-k", base_url=url, transfer=transfer))
status = open("/proc/self/status").read().split("VmHWM:")[1].split()[0]
print(count, int(status) * 1024)
"""


def bench_memory(folder: Path) -> None:
    """Measure what a result of 200 MB takes on both sides."""
    job_id = f"pjb-{2:028d}"
    data = make_result(job_id, 200 * MEGABYTE)
    size = len(data)
    Store(folder / "store").put(data)
    del data
    print(f"\nA result of {size / MEGABYTE:.0f} MB, peak resident memory")
    print(f"{'':20} {'client MB':>10} {'of body':>8} {'server MB':>10} {'chunks':>8}")
    for transfer in ("inline", "auto", "presigned"):
        with serving(STORE, folder / "store", 8731) as server:
            url = "http://127.0.0.1:8731"
            command = [sys.executable, "-c", CLIENT, url, job_id, transfer]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            count, peak = map(int, done.stdout.split())
            held = peak_memory(server.pid)
        shown = f"{peak / MEGABYTE:10.0f} {peak / size:8.2f} {held / MEGABYTE:10.0f}"
        print(f"{transfer:20} {shown} {count:8}")


# 4. Load

FAULTY = """
import asyncio, random, sys
import uvicorn
from parsestrata.api.server import create_app
from parsestrata.sources.store import Store
inner, dice = create_app(Store(sys.argv[1])), random.Random(7)
async def app(scope, receive, send):
    if scope["type"] != "http" or dice.random() >= 0.05:
        return await inner(scope, receive, send)
    fault = dice.choice(["500", "429", "503", "cut", "gone"])
    if fault == "gone":
        raise SystemError("the connection is closed without an answer")
    if fault != "cut":
        body = b'{"detail": "a fault on purpose"}'
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": int(fault),
                    "headers": headers})
        return await send({"type": "http.response.body", "body": body})
    async def cutting(message):
        if message["type"] == "http.response.body":
            half = message.get("body", b"")[: len(message.get("body", b"")) // 2]
            await send({"type": "http.response.body", "body": half, "more_body": True})
            raise SystemError("the body is cut short")
        await send(message)
    await inner(scope, receive, cutting)
uvicorn.run(app, port=int(sys.argv[2]), log_level="critical")
"""


def bench_load(folder: Path, total: int = 20_000, connections: int = 32) -> None:
    """Ask often through faults; every result must be complete and equal."""
    store = Store(folder / "store")
    ids = [f"pjb-{number:028d}" for number in range(50)]
    for number, job_id in enumerate(ids):
        store.put(make_result(job_id, 60 * KILOBYTE, number))
    threads, files = threading.active_count(), count_descriptors("self")
    with serving(FAULTY, folder / "store", 8741) as server:
        before = count_descriptors(server.pid)
        with ParseClient(KEY, "http://127.0.0.1:8741") as client:
            seen: dict[str, set[str]] = {job_id: set() for job_id in ids}

            def get(number: int) -> None:
                job_id = ids[number % len(ids)]
                with client.fetch(job_id, ("items", "metadata")) as body:
                    seen[job_id].add(hashlib.sha256(body.read()).hexdigest())

            begun = time.perf_counter()
            with ThreadPoolExecutor(connections) as pool:
                done = sum(1 for _ in pool.map(get, range(total)))
            taken = time.perf_counter() - begun
        time.sleep(1)
        after = count_descriptors(server.pid)
    left = threading.active_count() - threads
    descriptors = count_descriptors("self") - files
    equal = all(len(digests) == 1 for digests in seen.values())
    print(f"\n{total} requests from {connections} connections, 5 % faults")
    print(f"complete {done}, equal {equal}, {done / taken:.0f} per second")
    print(f"threads left {left}, descriptors left {descriptors}")
    print(f"descriptors of the server {before} before, {after} after")
    if done != total or not equal or left or descriptors > 0:
        sys.exit("the load run failed")


PARTS: dict[str, Callable[[Path], None]] = {
    "loader": bench_loader,
    "server": bench_server,
    "memory": bench_memory,
    "load": bench_load,
}


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART")
    for name in parser.parse_args().parts or PARTS:
        with tempfile.TemporaryDirectory() as folder:
            PARTS[name](Path(folder))


if __name__ == "__main__":
    main()
