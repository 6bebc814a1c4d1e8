"""The protocol over standard input and output, which nothing else may touch."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from typing import Any

import anyio
from mcp.server.stdio import stdio_server

from parsestrata.agent.mcp_server.answering import DocumentServer
from parsestrata.agent.mcp_server.protocol import make_server

_PIECE = 64 * 1024
_INPUT, _OUTPUT, _ERRORS = 0, 1, 2


def serve_stdio(documents: DocumentServer) -> None:
    """Serve one client, until it closes its end.

    While it runs, standard input is empty and what is written to standard output, by
    whatever library or process, comes out on standard error.

    Raises:
        KeyboardInterrupt: Interrupted.
    """
    with _take_streams() as (incoming, outgoing):
        asyncio.run(_serve(documents, incoming, outgoing))


async def _serve(documents: DocumentServer, incoming: int, outgoing: int) -> None:
    server = make_server(documents)
    options = server.create_initialization_options()
    lines: Any = _Lines(incoming)
    output: Any = _Output(outgoing)
    try:
        async with stdio_server(lines, output) as (reading, writing):
            await server.run(reading, writing, options)
    except* (BrokenPipeError, ConnectionResetError):
        pass  # the client has gone


@contextmanager
def _take_streams() -> Iterator[tuple[int, int]]:
    """Yield standard input and output for the protocol alone, as descriptors."""
    incoming, outgoing = os.dup(_INPUT), os.dup(_OUTPUT)
    nowhere = os.open(os.devnull, os.O_RDONLY)
    try:
        os.dup2(nowhere, _INPUT)
        os.dup2(_ERRORS, _OUTPUT)
        yield incoming, outgoing
    finally:
        os.dup2(incoming, _INPUT)
        os.dup2(outgoing, _OUTPUT)
        os.close(nowhere)


class _Lines:
    """Lines of a descriptor, read in a thread that ends with the process.

    A thread of a pool that waits for input would keep the process after Ctrl-C.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    async def __aiter__(self) -> AsyncIterator[str]:
        sender, receiver = anyio.create_memory_object_stream[str](0)
        loop = asyncio.get_running_loop()

        def hand_over(line: bytes) -> None:
            text = line.decode("utf-8", "replace")
            asyncio.run_coroutine_threadsafe(sender.send(text), loop).result()

        def read() -> None:
            with suppress(RuntimeError, CancelledError, anyio.BrokenResourceError):
                for line in _split(self._descriptor):
                    hand_over(line)
                loop.call_soon_threadsafe(sender.close)

        threading.Thread(target=read, daemon=True).start()
        async with receiver:
            async for line in receiver:
                yield line


def _split(descriptor: int) -> Iterator[bytes]:
    """Yield the lines of a descriptor as they come, the last one without its end."""
    begun: list[bytes] = []
    while piece := os.read(descriptor, _PIECE):
        *whole, rest = piece.split(b"\n")
        for line in whole:
            yield b"".join([*begun, line])
            begun.clear()
        begun.append(rest)
    if any(begun):
        yield b"".join(begun)


class _Output:
    """A descriptor to write text to, in threads."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    async def write(self, text: str) -> None:
        """Write all of a text."""
        await anyio.to_thread.run_sync(self._write, text.encode("utf-8", "replace"))

    async def flush(self) -> None:
        """Do nothing: what was written has gone."""

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]
