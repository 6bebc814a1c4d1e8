"""One route in a process of its own, with the modules that its users have loaded.

Started by `convert.py`: `python benchmarks/worker.py ROUTE`. Each line of standard
input is the path of a body; the answer is a line of JSON with the seconds that
`pydantic_core.from_json`, the unit, and the route took on its bytes. Garbage is
collected before each, so that none pays for another's; the collector stays on.
"""

import gc
import json
import sys
import time
import warnings
from collections.abc import Callable, Iterable
from functools import cache, partial
from pathlib import Path
from typing import Any

import pydantic_core

Route = Callable[[], Any]


def pages(data: bytes) -> Route:
    """Read validated pages."""
    from parsestrata.api.stream import open_result  # noqa: PLC0415 - its own process

    return lambda: _count(open_result(data).item_pages())


def langchain(data: bytes) -> Route:
    """Make LangChain chunks, one at a time."""
    from parsestrata.langchain import LlamaParseLoader  # noqa: PLC0415 - its own process

    return lambda: _count(LlamaParseLoader(data).lazy_load())


def llama_index(data: bytes) -> Route:
    """Make LlamaIndex nodes with their relationships."""
    from parsestrata.llama_index import LlamaParseReader  # noqa: PLC0415 - its own process

    return lambda: LlamaParseReader().load_nodes(data)


def peer_langchain(data: bytes) -> Route:
    """Go the documentation's way to LangChain chunks."""
    import peer_langchain  # noqa: PLC0415 - its own process

    return peer_langchain.route(data)


def peer_llama_index(data: bytes) -> Route:
    """Go the documentation's way to LlamaIndex nodes."""
    import peer_llama_index  # noqa: PLC0415 - its own process

    return peer_llama_index.route(data)


ROUTES = {
    made.__name__: made
    for made in (pages, langchain, llama_index, peer_langchain, peer_llama_index)
}


def _count(values: Iterable[Any]) -> int:
    return sum(1 for _ in values)


@cache
def prepare(path: str, name: str) -> tuple[Route, Route]:
    """Read a body, and run unit and route once, so that no import is timed."""
    data = Path(path).read_bytes()
    routes = (partial(pydantic_core.from_json, data), ROUTES[name](data))
    for route in routes:
        route()
    return routes


def time_once(route: Route) -> float:
    """Return the seconds of one run."""
    gc.collect()
    start = time.perf_counter()
    result = route()
    elapsed = time.perf_counter() - start
    del result
    return elapsed


def main() -> None:
    """Answer line by line."""
    warnings.simplefilter("ignore")
    for line in sys.stdin:
        unit, route = prepare(line.strip(), sys.argv[1])
        times = {"unit": time_once(unit), "route": time_once(route)}
        print(json.dumps(times), flush=True)


if __name__ == "__main__":
    main()
