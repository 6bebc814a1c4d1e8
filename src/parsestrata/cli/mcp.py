"""`parsestrata mcp`: documents for the clients of the Model Context Protocol."""

import argparse
import os
import re
import secrets
import socket
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parsestrata import __version__
from parsestrata.cli.arguments import (
    API_NOTE,
    add_choice,
    add_document,
    add_many_jobs,
    add_number,
    add_switch,
    options_of,
)
from parsestrata.cli.output import complain
from parsestrata.errors import ConfigError, SourceError
from parsestrata.options import Context, Options, TableFormat
from parsestrata.sources.source import is_job_id

if TYPE_CHECKING:
    from parsestrata.agent.mcp_server import DocumentServer

_TOKEN = "PARSESTRATA_MCP_TOKEN"  # noqa: S105 - the name of a variable
_TOKEN_BYTES = 32
_STANDARD_INPUT = "-"
_LARGEST_PORT = 65_535
_OF_HTTP = ("host", "port", "token_file", "allow_host")
_HOST, _PORT = "127.0.0.1", 8765


def attach(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "mcp",
        help="let an assistant read documents by their outline (MCP)",
        description="Serve documents to a client of the Model Context Protocol: "
        "outline, sections, pages, search and tables, in small answers that cite "
        "pages. Nothing but the sources and what lies under the root can be read.",
        epilog=API_NOTE,
    )
    parser.set_defaults(run=run)
    parser.add_argument(
        "sources",
        nargs="*",
        metavar="SOURCE",
        help="job id, or path of a saved result or a document",
    )
    parser.add_argument(
        "--root",
        type=Path,
        default=None,
        metavar="DIR",
        help="folder whose documents and results may be read, with those below it",
    )
    _add_http(parser)
    parser.add_argument(
        "--answer-tokens",
        type=int,
        default=None,
        metavar="N",
        help="most tokens of an answer where a call says nothing (default: 1500)",
    )
    add_number(parser, "max_tokens", "cap of the chunks that citations name")
    add_number(parser, "min_tokens", "smaller ones merge with a neighbour")
    add_choice(parser, "context", Context, "what stands before a chunk's text")
    add_choice(parser, "table_format", TableFormat, "how tables are written")
    add_switch(parser, "repair_headings", "mend missing and false headings")
    add_many_jobs(parser)
    add_document(parser)


def _add_http(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--http",
        action="store_true",
        help="serve streamable HTTP at /mcp, not standard input and output",
    )
    parser.add_argument("--host", default=None, help=f"(default: {_HOST})")
    parser.add_argument(
        "--port",
        type=int,
        default=None,
        metavar="N",
        help=f"0 for one that is free (default: {_PORT})",
    )
    parser.add_argument(
        "--allow-host",
        action="append",
        default=None,
        metavar="NAME",
        help="a name by which clients reach the server; may be repeated",
    )
    parser.add_argument(
        "--token-file",
        type=Path,
        default=None,
        metavar="FILE",
        help="file whose first line is the bearer token of HTTP requests; or set "
        f"{_TOKEN} (default: one that is made and shown)",
    )


def run(given: argparse.Namespace) -> None:
    """Serve until the client goes, or until interrupted."""
    _check(given)
    from parsestrata.agent import DocumentTools  # noqa: PLC0415 - only for this command
    from parsestrata.agent.mcp_server import (  # noqa: PLC0415 - the same
        DocumentServer,
        serve_stdio,
    )

    options = options_of(given)
    values: Any = {name: getattr(options, name) for name in options.model_fields_set}
    if given.answer_tokens is not None:
        values["answer_tokens"] = given.answer_tokens
    server = DocumentServer(
        DocumentTools(given.sources, root=given.root, **values),
        version=__version__,
        root=given.root,
        secret_paths=_paths(given.sources, options),
        threads=options.concurrency,
    )
    if given.http:
        _serve_http(server, given)
    else:
        serve_stdio(server)


def _check(given: argparse.Namespace) -> None:
    """Refuse what cannot be served.

    Raises:
        ConfigError: Says what.
        SourceError: A file is not there.
    """
    if _STANDARD_INPUT in given.sources:
        message = "-: standard input is the client's. Name a file"
        raise ConfigError(message)
    if not given.sources and given.root is None:
        message = "nothing to read: name a SOURCE, or a folder with --root"
        raise ConfigError(message)
    named = [name for name in _OF_HTTP if getattr(given, name) is not None]
    if named and not given.http:
        message = f"--{named[0].replace('_', '-')} goes with --http"
        raise ConfigError(message)
    for source in given.sources:
        if Path(source).is_dir():
            problem = "is a folder. Give it as --root, to read what lies in it"
            raise SourceError(source, problem)
        if not is_job_id(source) and not Path(source).is_file():
            problem = "there is no such file, and it is no job id (pjb-…)"
            raise SourceError(source, problem)


def _paths(sources: Sequence[str], options: Options) -> tuple[Path, ...]:
    """Return the files and folders of which an answer must not tell where they lie."""
    files = [Path(source) for source in sources if not is_job_id(source)]
    folders = [Path(one) for one in (options.store, options.tessdata) if one]
    return (*files, *folders)


# HTTP


def _serve_http(server: "DocumentServer", given: argparse.Namespace) -> None:
    from parsestrata.agent.mcp_server.http import (  # noqa: PLC0415 - the same
        serve_http,
        write_url,
    )

    host = given.host or _HOST
    token = _find_token(given.token_file)
    hosts = [*(given.allow_host or ()), *([] if _is_any(host) else [host])]
    _check_host(host, token, given.allow_host)
    with _listen(host, _PORT if given.port is None else given.port) as listening:
        url = write_url(host, listening.getsockname()[1])
        if token is None:
            token = secrets.token_urlsafe(_TOKEN_BYTES)
            complain(f"the token of this run is {token}")
        complain(f"serving at {url}, with Authorization: Bearer and the token")
        serve_http(server, listening, token=token, hosts=hosts)


def _find_token(file: Path | None) -> str | None:
    """Return the token that was given, None for none.

    Raises:
        ConfigError: The file cannot be read, or holds none that could be sent.
    """
    token, where = os.environ.get(_TOKEN) or None, _TOKEN
    if file is not None:
        where = f"--token-file {file}"
        try:
            token = file.read_text(encoding="utf-8").partition("\n")[0].strip()
        except (OSError, ValueError) as error:
            message = f"{where}: cannot be read ({error})"
            raise ConfigError(message) from None
    if token is not None and not re.fullmatch("[!-~]+", token):
        message = f"{where}: a token is one word of ASCII characters"
        raise ConfigError(message)
    return token


def _check_host(host: str, token: str | None, names: list[str] | None) -> None:
    """Refuse to let others in without a token, or by every name.

    Raises:
        ConfigError: Says what is missing.
    """
    if token is None and not _is_local(host):
        message = (
            f"--host {host} lets others in: give a token, {_TOKEN} or --token-file"
        )
        raise ConfigError(message)
    if _is_any(host) and not names:
        message = (
            f"--host {host} is every address: say with --allow-host NAME by which "
            "name clients reach it"
        )
        raise ConfigError(message)


def _listen(host: str, port: int) -> socket.socket:
    """Bind a socket.

    Raises:
        ConfigError: There is no such address, or it is taken.
    """
    where = f"--host {host} --port {port}"
    if not 0 <= port <= _LARGEST_PORT:
        message = f"--port {port}: expected 0 to {_LARGEST_PORT}"
        raise ConfigError(message)
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address, family=family)
    except OSError as error:
        message = f"{where}: {error.strerror or error}"
        raise ConfigError(message) from None


def _is_local(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _is_any(host: str) -> bool:
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return False
