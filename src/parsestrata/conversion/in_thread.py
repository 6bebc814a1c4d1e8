"""A generator run in a thread, for event loops."""

import asyncio
from collections.abc import AsyncIterator, Generator
from contextlib import suppress
from threading import Event
from time import monotonic
from typing import TypeVar

_MOMENT = 0.02
"""Seconds: most that a value waits in a batch for those after it."""
_T = TypeVar("_T")


async def iterate_in_thread(iterator: Generator[_T, None, None]) -> AsyncIterator[_T]:
    """Run a generator in a thread, a batch at a time, off the event loop.

    What came before an error is handed out before the error is raised. A run that
    is broken off or cancelled stops the thread at its next value.
    """
    over = Event()
    try:
        while not over.is_set():
            batch, error = await asyncio.to_thread(_take, iterator, over)
            for value in batch:
                yield value
            if error is not None:
                raise error
    finally:
        over.set()
        with suppress(ValueError):  # still at work after a cancel: it sees `over`
            iterator.close()


def _take(
    iterator: Generator[_T, None, None], over: Event
) -> tuple[list[_T], Exception | None]:
    """Take what comes within a moment, at least one value, and say when all came."""
    batch: list[_T] = []
    end = monotonic() + _MOMENT
    try:
        for value in iterator:
            batch.append(value)
            if over.is_set():
                iterator.close()
            elif monotonic() > end:
                return batch, None
    except Exception as error:  # noqa: BLE001 - raised again by the caller
        return batch, error
    over.set()
    return batch, None
