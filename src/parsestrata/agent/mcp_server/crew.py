"""Threads that work beside an event loop, and that nobody waits for at the end."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, TypeVar

_T = TypeVar("_T")
_Task = tuple["Future[Any]", Callable[[], Any]]


class Crew:
    """A few threads that end with the process, whatever they are at.

    The pools of the library and of event loops are waited for when the process ends:
    a document that takes minutes to parse would keep it, though its client has gone.

    Args:
        size: How many work at a time.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._started = False
        self._tasks: SimpleQueue[_Task] = SimpleQueue()

    async def run(self, work: Callable[[], _T]) -> _T:
        """Run a function in one of the threads, and return or raise what it does.

        A call that is cancelled before its turn never runs.
        """
        if not self._started:
            self._started = True
            for _ in range(self._size):
                threading.Thread(target=self._work, daemon=True).start()
        future: Future[_T] = Future()
        self._tasks.put((future, work))
        return await asyncio.wrap_future(future)

    def _work(self) -> None:
        while True:
            future, work = self._tasks.get()
            if not future.set_running_or_notify_cancel():
                continue
            with suppress(RuntimeError):  # the loop is closed: nobody wants to know
                _settle(future, work)
            del future, work


def _settle(future: "Future[Any]", work: Callable[[], Any]) -> None:
    try:
        result = work()
    except BaseException as error:  # noqa: BLE001 - raised where it is awaited
        future.set_exception(error)
    else:
        future.set_result(result)
