"""The server of `parsestrata mcp` as a process, and clients that talk to it."""

import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, NamedTuple, Self

import anyio
import httpx
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client

TOKEN = "a-token-of-the-tests"  # noqa: S105
COMMAND = [sys.executable, "-m", "parsestrata", "mcp"]
_URL = re.compile(r"http://\S+/mcp")
_PATIENCE = 60
"""Seconds: machines are slow at times."""


def environment(**more: str) -> dict[str, str]:
    """Return the environment of this process, and more."""
    return {**os.environ, **more}


def talk(
    session: Any, conversation: Callable[[ClientSession], Awaitable[Any]]
) -> dict[str, Any]:
    """Run a conversation, and return its last result as it is on the wire."""

    async def run() -> Any:
        with anyio.fail_after(_PATIENCE):
            async with session as opened:
                return await conversation(opened)

    result = anyio.run(run)
    told: dict[str, Any] = result.model_dump(
        by_alias=True, mode="json", exclude_none=True
    )
    return told


@asynccontextmanager
async def over_stdio(
    *arguments: str, command: Sequence[str] = COMMAND, env: dict[str, str] | None = None
) -> AsyncIterator[ClientSession]:
    """Start a server, and open a session with the client of the package mcp."""
    program, *before = command
    parameters = StdioServerParameters(
        command=program, args=[*before, *arguments], env=env or environment()
    )
    async with stdio_client(parameters) as (reading, writing):
        async with ClientSession(reading, writing) as session:
            await session.initialize()
            yield session


@asynccontextmanager
async def over_http(url: str, token: str = TOKEN) -> AsyncIterator[ClientSession]:
    """Open a session with a server that runs."""
    headers = {"Authorization": f"Bearer {token}"}
    async with create_mcp_http_client(headers=headers) as client:
        async with streamable_http_client(url, http_client=client) as streams:
            async with ClientSession(streams[0], streams[1]) as session:
                await session.initialize()
                yield session


class Served(NamedTuple):
    """A server over HTTP."""

    url: str
    process: subprocess.Popen[str]
    told: list[str]
    """What it said before it served."""


@contextmanager
def http_server(*arguments: str, token: str | None = TOKEN) -> Iterator[Served]:
    """Serve over HTTP on a free port, as a process."""
    env = environment()
    env.pop("PARSESTRATA_MCP_TOKEN", None)
    if token is not None:
        env["PARSESTRATA_MCP_TOKEN"] = token
    process = subprocess.Popen(
        [*COMMAND, "--http", "--port", "0", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env,
    )
    assert process.stderr is not None
    told: list[str] = []
    try:
        for line in process.stderr:
            told.append(line)
            if found := _URL.search(line):
                _wait_until_open(found[0])
                yield Served(found[0], process, told)
                break
        else:
            raise AssertionError(told)
    finally:
        process.kill()
        process.communicate()


def _wait_until_open(url: str) -> None:
    httpx.get(url, timeout=_PATIENCE)


class Wire:
    """A server over stdio, spoken to line by line."""

    def __init__(self, *arguments: str, env: dict[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=env or environment(),
        )
        self.lines: list[str] = []
        self._number = 0

    def __enter__(self) -> Self:
        self.ask(
            "initialize",
            protocolVersion="2025-06-18",
            capabilities={},
            clientInfo={"name": "tests", "version": "1"},
        )
        self.tell("notifications/initialized")
        return self

    def __exit__(self, *_error: object) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            with suppress(OSError):
                assert stream is not None
                stream.close()

    def send(self, method: str, **params: Any) -> int:
        """Send a request without waiting for its answer; returns its number."""
        self._number += 1
        self._write({"id": self._number, "method": method, "params": params})
        return self._number

    def tell(self, method: str) -> None:
        """Send a notification."""
        self._write({"method": method})

    def receive(self) -> dict[str, Any]:
        """Read one line of what the server writes."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        self.lines.append(line)
        message: dict[str, Any] = json.loads(line)
        return message

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a request and return the message that answers it."""
        number = self.send(method, **params)
        message = self.receive()
        assert message["id"] == number
        return message

    def call(self, name: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool."""
        result: dict[str, Any] = self.ask("tools/call", name=name, arguments=arguments)[
            "result"
        ]
        return result

    def _write(self, message: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self.process.stdin.flush()
