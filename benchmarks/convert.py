"""How fast and how light the conversion is, as one Markdown table.

    python benchmarks/convert.py --pages 1000 --rounds 7

The unit is `pydantic_core.from_json` on the same bytes. Every route has a process of
its own (`worker.py`), where the unit runs right before it; the processes take turns,
round by round, so that the noise of a shared machine hits all alike. What is compared
with an aim is the best time over the best of the unit in the same process; the median
is that of the ratios within the rounds.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import NamedTuple

from synthetic import write_response

_HERE = Path(__file__).parent
_SEED = 1
_PEER_ROUNDS = 3
_IMPORT_ROUNDS = 5
_UNIT_AIMS = {"pages": 2, "langchain": 6, "llama_index": 9}
_PEER_AIMS = {"langchain": 8, "llama_index": 25}
_MEMORY_AIM = 1.5
_IMPORT_AIM = 0.25
_FRAMEWORKS = ("langchain_core", "llama_index", "llama_cloud")
_TITLES = {
    "pages": "parsestrata: validated pages",
    "langchain": "parsestrata: LangChain chunks",
    "llama_index": "parsestrata: LlamaIndex nodes",
    "peer_langchain": "SDK, MarkdownHeader + RecursiveCharacter splitters",
    "peer_llama_index": "SDK, MarkdownNodeParser + SentenceSplitter",
}


class Row(NamedTuple):
    """One line of the table."""

    what: str
    on: str
    best: str
    measured: str = ""
    median: str = ""
    aim: str = ""
    verdict: str = ""


class Body(NamedTuple):
    """A response in a file, and what to call it."""

    path: Path
    name: str


class Timings(NamedTuple):
    """Seconds of one route on one body, and of the unit right before each."""

    route: list[float]
    unit: list[float]


def write_body(folder: Path, pages: int, *, markdown: bool, items: bool) -> Body:
    """Write a synthetic response into a folder."""
    expand = ["items"] * items + ["markdown"] * markdown + ["metadata"] * items
    path = folder / f"{'-'.join(expand)}.json"
    with path.open("wb") as file:
        file.writelines(write_response(pages, _SEED, markdown=markdown, items=items))
    return Body(path, _describe(", ".join(expand), pages, path.stat().st_size))


def _describe(expand: str, pages: int, size: int) -> str:
    return f"{expand}: {pages:,} pages, {size / 1e6:.1f} MB"


# Speed


def time_routes(runs: Sequence[tuple[str, Body]], rounds: int) -> list[Timings]:
    """Time routes on bodies, each in its own process, turn by turn.

    Returns:
        The timings of each run, in order.
    """
    timings = [Timings([], []) for _ in runs]
    with ExitStack() as stack:
        workers = [stack.enter_context(_start(route)) for route, _ in runs]
        for turn in range(rounds):
            names = ", ".join(route for route, _ in runs)
            _tell(f"round {turn + 1} of {rounds}: {names}")
            for worker, (_, body), timing in zip(workers, runs, timings, strict=True):
                seconds = _ask(worker, body.path)
                timing.unit.append(seconds["unit"])
                timing.route.append(seconds["route"])
        for worker in workers:
            worker.communicate()
    return timings


def _start(route: str) -> "subprocess.Popen[str]":
    command = [sys.executable, str(_HERE / "worker.py"), route]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def _ask(worker: "subprocess.Popen[str]", path: Path) -> dict[str, float]:
    if worker.stdin is None or worker.stdout is None:
        message = "a worker without pipes"
        raise RuntimeError(message)
    print(path, file=worker.stdin, flush=True)
    seconds: dict[str, float] = json.loads(worker.stdout.readline())
    return seconds


def _tell(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def unit_rows(body: Body, rounds: int) -> Iterator[Row]:
    """Measure parsestrata in units, on a response with items and metadata."""
    timings = time_routes([(route, body) for route in _UNIT_AIMS], rounds)
    unit = min(second for timing in timings for second in timing.unit)
    yield Row("pydantic_core.from_json (the unit)", body.name, _seconds(unit))
    for (route, aim), timing in zip(_UNIT_AIMS.items(), timings, strict=True):
        ratio = min(timing.route) / min(timing.unit)
        pairs = zip(timing.route, timing.unit, strict=True)
        yield Row(
            _TITLES[route],
            body.name,
            _seconds(min(timing.route)),
            f"{ratio:.2f} units",
            f"{median(ours / one for ours, one in pairs):.2f} units",
            f"at most {aim}",
            _verdict(met=ratio <= aim),
        )


def peer_rows(ours: Body, theirs: Body) -> Iterator[Row]:
    """Measure the peers, and parsestrata in the same rounds.

    Args:
        ours: What parsestrata reads.
        theirs: What the peers read.
    """
    runs = [(route, ours) for route in _PEER_AIMS]
    runs += [(f"peer_{route}", theirs) for route in _PEER_AIMS]
    timings = time_routes(runs, _PEER_ROUNDS)
    for number, (route, aim) in enumerate(_PEER_AIMS.items()):
        our, their = timings[number].route, timings[number + len(_PEER_AIMS)].route
        ratio = min(their) / min(our)
        middle = median(a / b for a, b in zip(their, our, strict=True))
        if ours == theirs:
            yield Row(_TITLES[route], ours.name, _seconds(min(our)))
        yield Row(
            _TITLES[f"peer_{route}"],
            theirs.name,
            _seconds(min(their)),
            f"{ratio:.1f} times ours",
            f"{middle:.1f} times ours",
            f"at least {aim}",
            _verdict(met=ratio >= aim),
        )


def _seconds(seconds: float) -> str:
    return f"{seconds * 1000:,.0f} ms"


def _verdict(*, met: bool) -> str:
    return "met" if met else "missed"


# Memory and import


def memory_row(pages: int) -> Row:
    """Measure the peak of a process that iterates over the chunks of a file.

    The body is written by a process of its own, so that making it does not count.
    """
    _tell(f"memory: {pages:,} pages")
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "synthetic.json"))
        _run(_HERE / "synthetic.py", "--pages", str(pages), "--output", path)
        sizes = json.loads(_run(_HERE / "peak_memory.py", path))
    ratio = sizes["grown"] / sizes["body"]
    return Row(
        "parsestrata: LangChain chunks, peak memory",
        _describe("items, metadata", pages, sizes["body"]),
        f"{sizes['grown'] / 1e6:,.0f} MB",
        f"{ratio:.2f} bodies",
        aim=f"at most {_MEMORY_AIM}",
        verdict=_verdict(met=ratio <= _MEMORY_AIM),
    )


def import_row() -> Row:
    """Measure `import parsestrata` over a bare interpreter, and what it loads."""
    _tell("import")
    code = "import sys, parsestrata; print(*sys.modules)"
    bare: list[float] = []
    whole: list[float] = []
    loaded = ""
    for _ in range(_IMPORT_ROUNDS):
        start = time.perf_counter()
        _run("-c", "pass")
        middle = time.perf_counter()
        loaded = _run("-c", code)
        bare.append(middle - start)
        whole.append(time.perf_counter() - middle)
    seconds = min(whole) - min(bare)
    found = [name for name in _FRAMEWORKS if name in loaded.split()]
    return Row(
        f"import parsestrata, loads {', '.join(found) or 'no framework'}",
        "",
        _seconds(seconds),
        aim=f"at most {_seconds(_IMPORT_AIM)}",
        verdict=_verdict(met=seconds <= _IMPORT_AIM and not found),
    )


def _run(*arguments: str | Path) -> str:
    command = [sys.executable, *map(str, arguments)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


# The table


def measure(chosen: argparse.Namespace, folder: Path) -> Iterator[Row]:
    """Yield the rows that were asked for."""
    items = write_body(folder, chosen.pages, markdown=False, items=True)
    yield from unit_rows(items, chosen.rounds)
    if not chosen.skip_peers:
        both = write_body(folder, chosen.pages, markdown=True, items=True)
        alone = write_body(folder, chosen.pages, markdown=True, items=False)
        yield from peer_rows(both, both)
        yield from peer_rows(items, alone)
    if chosen.memory_pages:
        yield memory_row(chosen.memory_pages)
    yield import_row()


def show(rows: Iterable[Row]) -> None:
    """Print the rows as one aligned Markdown table."""
    header = Row("what", "on", "best", "measured", "median", "aim", "")
    lines = [header, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, Row(*["-" * width for width in widths]))
    for line in lines:
        cells = [cell.ljust(n) for cell, n in zip(line, widths, strict=True)]
        print(f"| {' | '.join(cells)} |")


def main() -> None:
    """Measure and print; a missed aim is no error."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument(
        "--memory-pages", type=int, default=10_000, help="0: leave memory out"
    )
    parser.add_argument("--skip-peers", action="store_true")
    chosen = parser.parse_args()
    _tell(f"Python {platform.python_version()}, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder:
        show(measure(chosen, Path(folder)))


if __name__ == "__main__":
    main()
