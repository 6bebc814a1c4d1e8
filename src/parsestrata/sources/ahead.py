"""Many documents, parsed some at a time and handed out in order."""

from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

from parsestrata.api.stream import ResultStream
from parsestrata.options import Options
from parsestrata.sources.documents import is_document
from parsestrata.sources.source import Source, open_source

Opening = Callable[[], ResultStream]


def open_each(
    sources: Sequence[Source], options: Options
) -> Generator[Opening, None, None]:
    """Begin with documents up to `concurrency` before their turn.

    What is no document is opened when its turn comes, in the caller's thread.

    Yields:
        For each source, in order, a function that returns its result or raises what
        went wrong with it.
    """
    threads = min(options.concurrency, len(sources))
    if threads == 1:
        yield from (partial(open_source, source, options) for source in sources)
        return
    pool = ThreadPoolExecutor(threads, thread_name_prefix="parsestrata")
    begun: deque[Opening] = deque()
    try:
        for source in sources:
            begun.append(_begin(pool, source, options))
            if len(begun) == threads:
                yield begun.popleft()
        while begun:
            yield begun.popleft()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _begin(pool: ThreadPoolExecutor, source: Source, options: Options) -> Opening:
    if not is_document(source):
        return partial(open_source, source, options)
    future: Future[ResultStream] = pool.submit(open_source, source, options)
    return future.result
