"""The protocol over HTTP: one address, `/mcp`, behind a token."""

import asyncio
import socket
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any

import uvicorn
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings

from parsestrata.agent.mcp_server.answering import DocumentServer
from parsestrata.agent.mcp_server.protocol import make_server
from parsestrata.api.keys import is_same_key

PATH = "/mcp"
_UNAUTHORISED, _NOT_FOUND = 401, 404
_LAST_SECONDS = 1
"""That calls have to end in when the server is stopped."""


def serve_http(
    documents: DocumentServer,
    listening: socket.socket,
    *,
    token: str,
    hosts: Sequence[str] = (),
) -> None:
    """Serve any number of clients until interrupted; no state is kept between calls.

    Args:
        documents: What is served.
        listening: A bound socket.
        token: What a request has to bring, as `Authorization: Bearer ...`.
        hosts: Names and addresses by which clients may ask for it, those of this
            machine's loopback in any case. A browser's page of another origin is
            refused.

    Raises:
        KeyboardInterrupt: Interrupted.
    """
    asyncio.run(_serve(documents, listening, token, hosts))


async def _serve(
    documents: DocumentServer,
    listening: socket.socket,
    token: str,
    hosts: Sequence[str],
) -> None:
    manager = StreamableHTTPSessionManager(
        make_server(documents), stateless=True, security_settings=_secure(hosts)
    )
    config = uvicorn.Config(
        _Guard(manager.handle_request, token),
        lifespan="off",
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=_LAST_SECONDS,
        ws="none",
    )
    async with manager.run():
        await uvicorn.Server(config).serve([listening])


def _secure(hosts: Sequence[str]) -> TransportSecuritySettings:
    """Allow some names as `Host`, and pages from there as `Origin`, on any port."""
    names = [_bracket(host) for host in ("localhost", "127.0.0.1", "::1", *hosts)]
    origins = [f"{scheme}://{name}" for name in names for scheme in ("http", "https")]
    return TransportSecuritySettings(
        enable_dns_rebinding_protection=True,
        allowed_hosts=[*names, *[f"{name}:*" for name in names]],
        allowed_origins=[*origins, *[f"{origin}:*" for origin in origins]],
    )


def _bracket(host: str) -> str:
    """Write a host as an address of the web does: IPv6 in brackets."""
    try:
        version = ip_address(host).version
    except ValueError:
        return host.lower()
    return f"[{host}]" if version == 6 else host  # noqa: PLR2004 - of the protocol


def write_url(host: str, port: int) -> str:
    """Write where clients find the server."""
    return f"http://{_bracket(host)}:{port}{PATH}"


class _Guard:
    """Lets a request through that brings the token.

    Args:
        app: What comes after.
        token: What it has to be.
    """

    def __init__(self, app: Any, token: str) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Check the head of a request."""
        headers = dict(scope["headers"])
        scheme, _, given = headers.get(b"authorization", b"").partition(b" ")
        token = given.strip().decode("latin-1")
        if scheme.lower() != b"bearer" or not is_same_key(token, self._token):
            await _refuse(send, _UNAUTHORISED, b"a bearer token is needed")
        elif scope["path"].rstrip("/") != PATH:
            await _refuse(send, _NOT_FOUND, f"the address is {PATH}".encode())
        else:
            await self._app(scope, receive, send)


async def _refuse(send: Any, status: int, text: bytes) -> None:
    headers = [
        (b"content-type", b"text/plain"),
        (b"content-length", str(len(text)).encode()),
    ]
    if status == _UNAUTHORISED:
        headers.append((b"www-authenticate", b"Bearer"))
    start = {"type": "http.response.start", "status": status, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": text})
