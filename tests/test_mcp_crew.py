"""Threads beside an event loop."""

import asyncio
import threading
import time

import pytest

from parsestrata.agent.mcp_server.crew import Crew

pytestmark = pytest.mark.needs("mcp")


def test_what_a_function_returns_or_raises_comes_back() -> None:
    def fail() -> None:
        message = "as it was raised"
        raise ValueError(message)

    async def run() -> int:
        crew = Crew(2)
        with pytest.raises(ValueError, match="as it was raised"):
            await crew.run(fail)
        return await crew.run(lambda: 5)

    assert asyncio.run(run()) == 5


def test_so_many_work_at_a_time_and_no_more() -> None:
    lock, at_work, most = threading.Lock(), 0, 0

    def work() -> None:
        nonlocal at_work, most
        with lock:
            at_work += 1
            most = max(most, at_work)
        time.sleep(0.02)
        with lock:
            at_work -= 1

    async def run() -> None:
        crew = Crew(3)
        await asyncio.gather(*[crew.run(work) for _ in range(12)])

    asyncio.run(run())

    assert most == 3


def test_a_call_that_is_cancelled_before_its_turn_never_runs() -> None:
    ran: list[str] = []
    begun, end = threading.Event(), threading.Event()

    def first() -> None:
        begun.set()
        end.wait(10)
        ran.append("first")

    async def run() -> None:
        crew = Crew(1)
        one = asyncio.create_task(crew.run(first))
        other = asyncio.create_task(crew.run(lambda: ran.append("other")))
        await asyncio.to_thread(begun.wait, 10)
        other.cancel()
        await asyncio.sleep(0)
        end.set()
        await one
        await crew.run(lambda: ran.append("last"))

    asyncio.run(run())

    assert ran == ["first", "last"]


def test_a_loop_that_ends_does_not_wait_for_its_calls() -> None:
    begun, end = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        end.wait(10)

    async def run() -> None:
        task = asyncio.create_task(Crew(1).run(work))
        await asyncio.to_thread(begun.wait, 10)
        task.cancel()

    start = time.monotonic()
    asyncio.run(run())
    seconds = time.monotonic() - start
    end.set()

    assert seconds < 5
