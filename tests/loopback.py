"""A server on this machine that answers as it is told, faults included."""

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from building import dump, heading, page, result, text


class Asked:
    """One request that came in."""

    def __init__(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        parts = urlsplit(handler.path)
        self.method = handler.command
        self.path = parts.path
        self.query = parse_qs(parts.query)
        self.headers = {name.lower(): value for name, value in handler.headers.items()}
        self.body = body


Scene = Callable[[BaseHTTPRequestHandler, Asked], None]


@dataclass
class Loopback:
    """What the server was asked, and what it answers next; the last scene stays."""

    scenes: list[Scene] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next_scene(self, asked: Asked) -> Scene:
        with self.lock:
            self.asked.append(asked)
            return self.scenes.pop(0) if len(self.scenes) > 1 else self.scenes[0]

    @property
    def paths(self) -> list[str]:
        return [one.path for one in self.asked]


@contextmanager
def loopback(*scenes: Scene) -> Iterator[Loopback]:
    """Serve the scenes one after the other."""
    script = Loopback(list(scenes))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            asked = Asked(self, self.rfile.read(length))
            script.next_scene(asked)(self, asked)

        do_GET = do_POST = do_DELETE = handle_any  # noqa: N815 - http.server's names

        def log_message(self, *_args: Any) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, *_args: Any) -> None:
            """Say nothing: the client has gone."""

    server = Server(("127.0.0.1", 0), Handler)
    script.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def answer(
    status: int = 200,
    body: bytes | Mapping[str, Any] = b"",
    headers: Mapping[str, str] | None = None,
) -> Scene:
    """Answer in the plain way."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()

    def scene(handler: BaseHTTPRequestHandler, _asked: Asked) -> None:
        handler.send_response(status)
        sent = {"Content-Type": "application/json", "Content-Length": str(len(data))}
        for name, value in (sent | dict(headers or {})).items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(data)

    return scene


def cut(body: bytes, after: int, *, announce: bool = True) -> Scene:
    """Stop in the middle of the body, its length announced or not."""

    def scene(handler: BaseHTTPRequestHandler, _asked: Asked) -> None:
        handler.send_response(200)
        if announce:
            handler.send_header("Content-Length", str(len(body)))
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(body[:after])
        handler.wfile.flush()
        handler.close_connection = True

    return scene


def reset(handler: BaseHTTPRequestHandler, _asked: Asked) -> None:
    """Break the connection the hard way."""
    linger = struct.pack("ii", 1, 0)
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    handler.connection.close()
    handler.close_connection = True


def hang(seconds: float) -> Scene:
    """Say nothing for a while, then hang up."""

    def scene(handler: BaseHTTPRequestHandler, _asked: Asked) -> None:
        time.sleep(seconds)
        handler.close_connection = True

    return scene


JOB_ID = "pjb-testtesttesttesttesttesttest"


def job(status: str = "COMPLETED", **more: Any) -> dict[str, Any]:
    """Make the answer for a job alone."""
    made = result(page(1))
    return {"job": {**made["job"], "status": status, **more}}


def whole(**more: Any) -> bytes:
    """Make a small whole result."""
    return dump(result(page(1, heading("Water"), text("It is wet.")), **more))
