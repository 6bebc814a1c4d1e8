"""Many sources, opened some at a time and handed out in order."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

from parsestrata.api.stream import ResultStream
from parsestrata.options import Options
from parsestrata.sources.source import Source, open_source


def open_each(
    sources: Sequence[Source], options: Options
) -> Iterator[Callable[[], ResultStream]]:
    """Open sources, up to `concurrency` at a time, ahead of the one that is needed.

    A source alone, and each with `concurrency=1`, is opened when its turn comes and
    in the caller's thread.

    Yields:
        For each source, in order, a function that returns its result or raises what
        went wrong with it.
    """
    workers = min(options.concurrency, len(sources))
    if workers == 1:
        yield from (partial(open_source, source, options) for source in sources)
        return
    pool = ThreadPoolExecutor(workers, thread_name_prefix="parsestrata")
    try:
        yield from _in_order(pool, sources, options, workers)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _in_order(
    pool: ThreadPoolExecutor, sources: Sequence[Source], options: Options, ahead: int
) -> Iterator[Callable[[], ResultStream]]:
    begun: deque[Future[ResultStream]] = deque()
    for source in sources:
        begun.append(pool.submit(open_source, source, options))
        if len(begun) == ahead:
            yield begun.popleft().result
    while begun:
        yield begun.popleft().result
