"""`parsestrata mcp --http`: who is let in, and real clients."""

import shutil
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from conftest import EXAMPLES
from parsestrata.agent.tools import TOOLS
from parsestrata.cli.main import main
from talking import TOKEN, Served, http_server, over_http, talk

pytestmark = pytest.mark.needs("mcp")

REPORT = EXAMPLES / "harbour-water-2025.json"
CALL = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": "outline", "arguments": {}},
}
HEAD = {
    "Authorization": f"Bearer {TOKEN}",
    "Accept": "application/json, text/event-stream",
    "Content-Type": "application/json",
    "MCP-Protocol-Version": "2025-06-18",
}


@pytest.fixture(scope="module")
def served() -> Any:
    with http_server(str(REPORT)) as server:
        yield server


def post(server: Served, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    kept = {name: value for name, value in {**HEAD, **named}.items() if value}
    return httpx.post(server.url, json=CALL, headers=kept, timeout=60)


# Clients


def test_the_client_calls_a_tool(served: Served) -> None:
    answer = talk(
        over_http(served.url),
        lambda session: session.call_tool("read_section", {"section": "s1"}),
    )

    assert answer["structuredContent"]["citations"][0]["page_number"] == 1


def test_the_client_reads_a_resource(served: Served) -> None:
    uri: Any = f"parsestrata://{REPORT.name}/s1"

    read = talk(over_http(served.url), lambda session: session.read_resource(uri))

    assert "Annual report 2025" in read["contents"][0]["text"]


def test_langchain_gets_tools_that_work(served: Served) -> None:
    adapter = pytest.importorskip(
        "langchain_mcp_adapters.client",
        exc_type=ImportError,  # with mcp 2 it is not to be imported
    )
    client = adapter.MultiServerMCPClient(
        {
            "documents": {
                "transport": "streamable_http",
                "url": served.url,
                "headers": {"Authorization": f"Bearer {TOKEN}"},
            }
        }
    )

    async def use() -> Any:
        tools = {tool.name: tool for tool in await client.get_tools()}
        return list(tools), await tools["search"].ainvoke({"query": "water"})

    names, found = anyio.run(use)

    assert names == [name for name in TOOLS if name != "list_documents"]
    assert "harbour-water-2025.pdf" in str(found)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the adapter's client
def test_llama_index_gets_tools_that_work(served: Served) -> None:
    adapter = pytest.importorskip("llama_index.tools.mcp")

    async def use() -> Any:
        client = adapter.BasicMCPClient(
            served.url, headers={"Authorization": f"Bearer {TOKEN}"}
        )
        tools = await adapter.McpToolSpec(client).to_tool_list_async()
        named = {tool.metadata.name: tool for tool in tools}
        return list(named), await named["search"].acall(query="water")

    names, found = anyio.run(use)

    assert names == [name for name in TOOLS if name != "list_documents"]
    assert "harbour-water-2025.pdf" in str(found)


# Who is let in


@pytest.mark.parametrize(
    "authorization",
    [
        pytest.param("", id="none"),
        pytest.param("Bearer", id="no token"),
        pytest.param("Bearer wrong", id="another token"),
        pytest.param(f"Bearer {TOKEN}x", id="a longer one"),
        pytest.param(f"Bearer {TOKEN[:-1]}", id="a shorter one"),
        pytest.param(f"Basic {TOKEN}", id="another scheme"),
        pytest.param(TOKEN, id="no scheme"),
        pytest.param("Bearer \u00e9\u00e9", id="no ASCII"),
    ],
)
def test_without_the_token_nobody_is_let_in(authorization: str, served: Served) -> None:
    headers = {**HEAD, "Authorization": authorization}
    sent = {name: one.encode("latin-1") for name, one in headers.items() if one}

    answer = httpx.post(served.url, json=CALL, headers=sent, timeout=60)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert "Annual" not in answer.text


@pytest.mark.parametrize("method", ["GET", "DELETE", "OPTIONS"])
def test_the_token_is_asked_for_by_every_method(method: str, served: Served) -> None:
    answer = httpx.request(method, served.url, timeout=60)

    assert answer.status_code == 401


def test_with_the_token_a_call_is_answered(served: Served) -> None:
    answer = post(served)

    assert answer.status_code == 200
    assert "s1: Annual report 2025" in answer.text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"Host": "evil.example"}, 421, id="rebound name"),
        pytest.param({"Host": "evil.example:8765"}, 421, id="with a port"),
        pytest.param({"Host": "localhost.evil.example"}, 421, id="subdomain"),
        pytest.param({"Origin": "http://evil.example"}, 403, id="page"),
        pytest.param({"Origin": "null"}, 403, id="no page"),
        pytest.param({"Origin": "http://localhost.evil.example"}, 403, id="like ours"),
        pytest.param({"Host": "localhost:1"}, 200, id="localhost"),
        pytest.param({"Host": "[::1]:1"}, 200, id="IPv6"),
        pytest.param({"Origin": "http://localhost:6274"}, 200, id="local page"),
    ],
)
@pytest.mark.parametrize("version", ["2025-06-18", "2026-07-28"])
def test_host_and_origin_are_checked(
    headers: dict[str, str], status: int, version: str, served: Served
) -> None:
    answer = post(served, **headers, MCP_Protocol_Version=version)

    let_in = answer.status_code not in {403, 421}
    assert let_in if status == 200 else answer.status_code == status
    assert "Annual" not in answer.text or status == 200


def test_there_is_one_address(served: Served) -> None:
    answer = httpx.get(served.url.replace("/mcp", "/"), headers=HEAD, timeout=60)

    assert answer.status_code == 404


def test_a_body_too_large_is_refused(served: Served) -> None:
    body = b'{"x": "' + b"x" * 5_000_000 + b'"}'

    answer = httpx.post(served.url, content=body, headers=HEAD, timeout=60)

    assert answer.status_code == 413


def test_a_name_that_was_allowed_is_a_host() -> None:
    with http_server(str(REPORT), "--allow-host", "documents.example") as server:
        answers = [
            post(server, Host="documents.example"),
            post(server, Host="documents.example:80"),
            post(server, Host="other.example"),
        ]

    assert [answer.status_code for answer in answers] == [200, 200, 421]


def test_a_token_that_is_made_is_shown_once_and_opens() -> None:
    with http_server(str(REPORT), token=None) as server:
        (shown,) = [line for line in server.told if "token of this run is" in line]
        token = shown.split()[-1]
        answer = post(server, Authorization=f"Bearer {token}")

    assert len(token) > 30
    assert answer.status_code == 200


def test_a_token_from_the_environment_is_not_shown(served: Served) -> None:
    assert TOKEN not in "".join(served.told)


def test_a_token_comes_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("from-a-file\n")

    with http_server(str(REPORT), "--token-file", str(file), token=None) as server:
        answer = post(server, Authorization="Bearer from-a-file")

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        pytest.param(["--host", "0.0.0.0"], "lets others in", id="no token"),  # noqa: S104
        pytest.param(["--host", "::"], "lets others in", id="no token, IPv6"),
        pytest.param(["--port", "70000"], "expected 0 to 65535", id="port"),
        pytest.param(["--host", "nowhere.invalid"], "lets others in", id="name"),
        pytest.param(["--token-file", "none"], "cannot be read", id="no file"),
        pytest.param(["--token-file", "blank"], "one word of ASCII", id="blank"),
    ],
)
def test_what_is_not_safe_is_refused(
    arguments: list[str],
    problem: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PARSESTRATA_MCP_TOKEN", raising=False)
    Path("blank").write_text("\n")

    code = main(["mcp", str(REPORT), "--http", *arguments])

    printed = capsys.readouterr().err
    assert code == 2
    assert problem in printed
    assert printed.count("\n") == 1


def test_every_address_needs_the_names_it_is_reached_by(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARSESTRATA_MCP_TOKEN", TOKEN)

    code = main(["mcp", str(REPORT), "--http", "--host", "0.0.0.0"])  # noqa: S104

    printed = capsys.readouterr().err
    assert code == 2
    assert "--allow-host NAME" in printed
    assert TOKEN not in printed


def test_a_port_that_is_taken_is_an_error_of_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARSESTRATA_MCP_TOKEN", TOKEN)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        code = main(["mcp", str(REPORT), "--http", "--port", str(port)])

    printed = capsys.readouterr().err
    assert code == 2
    assert f"--port {port}: Address already in use" in printed
    assert printed.count("\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send")
def test_ctrl_c_ends_the_server_quietly(tmp_path: Path) -> None:
    shutil.copy(REPORT, tmp_path)
    with http_server("--root", str(tmp_path)) as server:
        post(server)
        server.process.send_signal(signal.SIGINT)

        code = server.process.wait(30)

        assert server.process.stdout is not None
        assert server.process.stderr is not None
        assert code == 130
        assert server.process.stdout.read() == ""
        assert server.process.stderr.read() == ""
