"""Work done in threads a little ahead of its turn, handed out in order."""

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import closing, suppress
from functools import partial
from queue import SimpleQueue
from typing import Protocol, TypeVar

from parsestrata.api.stream import ResultStream
from parsestrata.options import Options
from parsestrata.sources.documents import is_document
from parsestrata.sources.fetching import Fetcher, Ready
from parsestrata.sources.source import Source, is_job_id, open_source

_AHEAD = 2
"""Results begun or waiting for their turn, for each thread."""
_LONGEST_JOIN = 1.0


class Closable(Protocol):
    """What is closed when nobody takes it."""

    def close(self) -> object:
        """Forget what is held."""
        ...


_T = TypeVar("_T", bound=Closable)
_Task = Callable[[], _T]


def open_ahead(
    sources: Sequence[Source], options: Options
) -> Generator[tuple[Source, Callable[[], ResultStream]], None, None]:
    """Yield each source and what opens it, in order.

    Jobs are fetched and documents parsed ahead of their turn; all else is opened when
    its turn comes, in the caller's thread.

    Raises:
        StoreError: The store cannot be opened.
    """
    if not any(is_job_id(source) or is_document(source) for source in sources):
        for source in sources:
            yield source, partial(open_source, source, options)
        return
    fetcher = Fetcher(options)
    tasks = (partial(_get_ready, fetcher, source, options) for source in sources)
    with closing(run_ahead(tasks, options.concurrency)) as futures:
        try:
            for source, future in zip(sources, futures, strict=True):
                yield source, partial(_open, future)
        finally:
            fetcher.close()


def _get_ready(fetcher: Fetcher, source: Source, options: Options) -> Ready:
    if is_job_id(source):
        return fetcher.fetch(source)
    if is_document(source):
        if options.engine == "cloud":
            return fetcher.parse(source)
        result = open_source(source, options)
        return Ready(lambda: result)
    return Ready(partial(open_source, source, options))


def _open(future: "Future[Ready]") -> ResultStream:
    return future.result().open()


def run_ahead(
    tasks: Iterable[_Task[_T]], threads: int
) -> Generator["Future[_T]", None, None]:
    """Run tasks in threads; closing the iterator ends that.

    The threads never keep the process alive.

    Args:
        tasks: Begun in order, at most twice as many as threads ahead of their turn.
        threads: How many run at a time.

    Yields:
        What each task comes to, in order.
    """
    queue: SimpleQueue[tuple[Future[_T], _Task[_T]] | None] = SimpleQueue()
    workers: list[threading.Thread] = []
    begun: deque[Future[_T]] = deque()
    try:
        for task in tasks:
            future: Future[_T] = Future()
            begun.append(future)
            queue.put((future, task))
            if len(workers) < threads:
                worker = threading.Thread(target=_work, args=(queue,), daemon=True)
                workers.append(worker)
                worker.start()
            if len(begun) >= threads * _AHEAD:
                yield begun.popleft()
        while begun:
            yield begun.popleft()
    finally:
        for future in begun:
            future.cancel()
            future.add_done_callback(_discard)
        for _ in workers:
            queue.put(None)
        for worker in workers:
            worker.join(_LONGEST_JOIN)


def _work(queue: "SimpleQueue[tuple[Future[_T], _Task[_T]] | None]") -> None:
    while (work := queue.get()) is not None:
        future, task = work
        if not future.set_running_or_notify_cancel():
            continue
        try:
            future.set_result(task())
        except BaseException as error:  # noqa: BLE001 - raised by whoever takes it
            future.set_exception(error)
        del work, future, task


def _discard(future: "Future[_T]") -> None:
    with suppress(CancelledError, Exception):
        future.result().close()
