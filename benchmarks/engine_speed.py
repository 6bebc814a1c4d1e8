"""How fast a PDF becomes LangChain chunks, and in how much memory, as Markdown tables.

    python benchmarks/engine_speed.py [PDF ...]

Each PDF is loaded by `LlamaParseLoader` in a process of its own, `--one PDF`, which
tells what it and the workers below it used. Seconds are CPU seconds of both, the
interpreter's start and the imports among them, so that other work on the machine
matters little. The best of several runs counts, as the noise only ever adds.
"""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

PDFS = Path(__file__).resolve().parents[2] / "shared" / "pdf"
SHIPPED = Path(__file__).resolve().parents[1] / "examples" / "reportlab-userguide.pdf"
NAMES = ("pdf2image-400p.pdf", "debian-policy.pdf", "federal-register-2020-17221.pdf")
RUNS = 3
_KIB = 1024


def load(path: str) -> dict[str, Any]:
    """Load one PDF in this process and say what it took."""
    from parsestrata.langchain import LlamaParseLoader  # noqa: PLC0415 - is measured

    imported = time.process_time()
    loader = LlamaParseLoader(path)
    documents = sum(1 for _ in loader.lazy_load())
    mine = resource.getrusage(resource.RUSAGE_SELF)
    worker = resource.getrusage(resource.RUSAGE_CHILDREN)
    parsing = worker.ru_utime + worker.ru_stime
    return {
        "pages": loader.report.jobs[0].pages,
        "chunks": documents,
        "start": imported,
        "parsing": parsing,
        "chunking": time.process_time() - imported,
        "worker_mib": worker.ru_maxrss / _KIB,
        "caller_mib": mine.ru_maxrss / _KIB,
    }


def measure(path: Path) -> dict[str, Any]:
    """Load a PDF several times and return the run with the least CPU seconds."""
    command = [sys.executable, __file__, "--one", str(path)]
    runs = []
    for _ in range(RUNS):
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
        runs.append(json.loads(done.stdout))
    return min(runs, key=total)


def total(run: dict[str, Any]) -> float:
    """Return all CPU seconds of a run."""
    return float(run["start"] + run["parsing"] + run["chunking"])


def main() -> None:
    """Print a table with a line for each PDF."""
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(load(sys.argv[2])))
        return
    named = [Path(name) for name in sys.argv[1:]]
    paths = named or [path for name in NAMES if (path := PDFS / name).is_file()]
    print(
        "| PDF | pages | chunks | start s | parsing s | chunking s | chunking share |"
    )
    print("|---|---|---|---|---|---|---|")
    runs = {
        path.name: measure(path) for path in [*paths, *([] if named else [SHIPPED])]
    }
    for name, run in runs.items():
        share = run["chunking"] / total(run)
        print(
            f"| {name} | {run['pages']} | {run['chunks']} | {run['start']:.2f} "
            f"| {run['parsing']:.2f} | {run['chunking']:.2f} | {share:.0%} |"
        )
    print("\n| PDF | pages per CPU second | MiB of the worker | MiB of the caller |")
    print("|---|---|---|---|")
    for name, run in runs.items():
        print(
            f"| {name} | {run['pages'] / total(run):.0f} | {run['worker_mib']:.0f} "
            f"| {run['caller_mib']:.0f} |"
        )


if __name__ == "__main__":
    main()
