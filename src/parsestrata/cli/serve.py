"""`parsestrata serve`: the v2 parse endpoint over a store of results."""

import argparse
import contextlib
import importlib.util
import os
import sys
import tempfile
from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parsestrata.errors import ConfigError, MissingExtraError, SourceError
from parsestrata.options import Options
from parsestrata.sources.local.parsing import parse_document
from parsestrata.sources.store import Store

if TYPE_CHECKING:
    from parsestrata.api.server import Engine

_KEY = "PARSESTRATA_SERVER_KEY"
_MEGABYTE = 1024 * 1024
_LARGEST_PORT = 65_535


def attach(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "serve",
        help="serve results as the API does, to develop and test without it",
        description="Serve the v2 parse endpoint over a store of results. Point any "
        "client at it by its base URL. Uploads are parsed by the local engine where it is "
        "installed (extra: local).",
        epilog=f"The key may be given in {_KEY}, where others cannot see it.",
    )
    parser.set_defaults(run=run)
    parser.add_argument(
        "results",
        nargs="*",
        metavar="RESULT.json",
        help="saved results, put into the store under their own job ids",
    )
    parser.add_argument(
        "--store",
        metavar="DIR",
        help="folder of results (default: one that goes with the server)",
    )
    parser.add_argument("--host", default="127.0.0.1", help="(default: %(default)s)")
    parser.add_argument(
        "--port", type=int, default=8080, metavar="N", help="(default: %(default)s)"
    )
    parser.add_argument(
        "--api-key", default=None, metavar="KEY", help="what a request has to bring"
    )
    parser.add_argument(
        "--max-upload",
        type=int,
        default=512,
        metavar="MB",
        help="largest upload (default: %(default)s)",
    )


def run(given: argparse.Namespace) -> None:
    """Serve until interrupted."""
    try:
        import uvicorn  # noqa: PLC0415 - an extra, only for this command

        from parsestrata.api.server import create_app  # noqa: PLC0415
        from parsestrata.api.server.work import fail_unfinished  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise MissingExtraError(error.name or "uvicorn", "server") from None
    key = given.api_key or os.environ.get(_KEY) or None
    _check(given, key)
    with contextlib.ExitStack() as stack:
        folder = given.store or stack.enter_context(tempfile.TemporaryDirectory())
        store = Store(folder)
        fail_unfinished(store)
        for job_id in _put_all(store, given.results):
            sys.stdout.write(f"{job_id}\n")
        sys.stdout.flush()
        app = create_app(
            store,
            api_key=key,
            engine=find_engine(),
            max_upload=given.max_upload * _MEGABYTE,
        )
        where = f"http://{given.host}:{given.port}"
        sys.stderr.write(f"parsestrata: {len(store.job_ids())} jobs at {where}\n")
        uvicorn.run(
            app,
            host=given.host,
            port=given.port,
            log_level="warning",
            server_header=False,
            ws="none",  # there is none, and old releases look for one
            timeout_graceful_shutdown=5,
        )


def find_engine() -> "Engine | None":
    """Return what parses uploads: the local engine, None where it is not installed.

    What an upload asks of LlamaParse, such as its tier, is kept in the job and changes
    nothing here.
    """
    if importlib.util.find_spec("liteparse") is None:
        return None
    options = Options()

    def parse(
        document: bytes, name: str, _configuration: Mapping[str, Any], images: Path
    ) -> bytes:
        return parse_document(document, options, name=name, images=images)

    return parse


def _put_all(store: Store, paths: Iterable[str]) -> Iterable[str]:
    """Put saved results into the store.

    Raises:
        SourceError: One cannot be read.
        ResponseError: One is no v2 result.
    """
    for name in paths:
        path = Path(name)
        try:
            data = path.read_bytes()
        except OSError as error:
            problem = f"cannot be read ({error.strerror})"
            raise SourceError(name, problem) from None
        yield store.put(data, name=path.name)


def _check(given: argparse.Namespace, key: str | None) -> None:
    """Refuse what cannot work or is not safe.

    Raises:
        ConfigError: Says what.
    """
    if not 0 < given.port <= _LARGEST_PORT:
        message = f"--port {given.port}: expected 1 to {_LARGEST_PORT}"
        raise ConfigError(message)
    if given.max_upload < 1:
        message = f"--max-upload {given.max_upload}: expected 1 or more"
        raise ConfigError(message)
    if key is None and not _is_local(given.host):
        message = f"--host {given.host} lets others in: give a key, --api-key or {_KEY}"
        raise ConfigError(message)


def _is_local(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
