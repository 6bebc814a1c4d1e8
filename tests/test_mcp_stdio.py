"""`parsestrata mcp` over standard input and output, with real clients."""

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from conftest import EXAMPLES
from parsestrata.agent.tools import TOOLS
from parsestrata.cli.main import main
from talking import COMMAND, Wire, environment, over_stdio, talk

pytestmark = pytest.mark.needs("mcp", "local")

ROOT = Path(__file__).resolve().parents[1]
REPORT = EXAMPLES / "harbour-water-2025.json"
PDF = EXAMPLES / "reportlab-userguide.pdf"
_SOON = 15
"""Seconds in which a process has ended that has nothing to wait for."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "documents"
    root.mkdir()
    shutil.copy(REPORT, root)
    return root


# The client of the package mcp


def test_the_client_finds_every_tool(folder: Path) -> None:
    listed = talk(
        over_stdio("--root", str(folder)), lambda session: session.list_tools()
    )

    assert [tool["name"] for tool in listed["tools"]] == list(TOOLS)


def test_the_client_gets_text_and_structure() -> None:
    answer = talk(
        over_stdio(str(REPORT)),
        lambda session: session.call_tool("read_section", {"section": "s1"}),
    )

    structure = answer["structuredContent"]
    (content,) = answer["content"]
    assert not answer.get("isError")
    assert structure["text"] in content["text"]
    assert structure["citations"][0]["page_number"] == 1
    assert "Sources:\n[1] harbour-water-2025.pdf" in content["text"]


def test_the_client_gets_a_bad_call_as_an_answer() -> None:
    answer = talk(
        over_stdio(str(REPORT)),
        lambda session: session.call_tool("outline", {"depth": "deep"}),
    )

    assert answer["isError"]
    assert "depth: input should be a valid integer" in answer["content"][0]["text"]


def test_the_client_reads_every_resource_that_is_listed(folder: Path) -> None:
    shutil.copy(REPORT, folder / "Café & Wasser #1 [100%].json")

    async def read(session: Any) -> Any:
        listed = await session.list_resources()
        for resource in listed.resources:
            read = await session.read_resource(resource.uri)
            (content,) = read.contents
            assert "s1: " in content.text
            assert str(content.uri) == str(resource.uri)
        return listed

    listed = talk(over_stdio("--root", str(folder)), read)

    assert len(listed["resources"]) == 2


def test_the_client_is_told_how_to_work_and_by_whom() -> None:
    with Wire(str(REPORT)) as wire:
        told = json.loads(wire.lines[0])["result"]

    assert told["serverInfo"]["name"] == "parsestrata"
    assert len(re.findall(r"\.(?= |$)", told["instructions"])) == 3
    assert set(told["capabilities"]) >= {"tools", "resources", "completions"}


def test_a_resource_that_is_not_there_is_an_error_of_the_protocol() -> None:
    with Wire(str(REPORT)) as wire:
        answer = wire.ask("resources/read", uri="parsestrata://..%2Fsecret.json")

    assert answer["error"]["code"] == -32002
    assert "there is no document '../secret.json'" in answer["error"]["message"]


def test_section_ids_are_completed() -> None:
    with Wire(str(REPORT)) as wire:
        answer = wire.ask(
            "completion/complete",
            ref={"type": "ref/resource", "uri": "parsestrata://{document}/{section}"},
            argument={"name": "section", "value": "s1."},
            context={"arguments": {"document": REPORT.name}},
        )

    ids = answer["result"]["completion"]["values"]
    assert ids
    assert all(one.startswith("s1.") for one in ids)


# The README


def configurations() -> Iterator[dict[str, Any]]:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for block in re.findall(r"^```json\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL):
        if "mcpServers" in block:
            yield json.loads(block)


def test_the_configuration_in_the_readme_starts_a_server_that_answers(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (configuration,) = configurations()
    ((_, server),) = configuration["mcpServers"].items()
    arguments = [
        one.replace("/path/to/documents", str(folder)) for one in server["args"]
    ]
    scripts = Path(sys.executable).parent
    monkeypatch.setenv("PATH", str(scripts), prepend=":")

    answer = talk(
        over_stdio(*arguments, command=[server["command"]], env=environment()),
        lambda session: session.call_tool("outline", {"document": REPORT.name}),
    )

    assert arguments != server["args"]
    assert "s1: Annual report 2025" in answer["content"][0]["text"]


# The process


def test_nothing_but_the_protocol_comes_out_on_standard_output(
    folder: Path, tmp_path: Path
) -> None:
    shutil.copy(PDF, folder)
    (tmp_path / "sitecustomize.py").write_text(NOISE)
    noisy = environment(PYTHONPATH=str(tmp_path))

    with Wire("--root", str(folder), env=noisy) as wire:
        wire.call("outline", document=REPORT.name)
        wire.call("outline", document=PDF.name)
        found = wire.call("search", document=PDF.name, query="table")
        wire.call("outline", document="none")
        assert wire.process.stdin is not None
        wire.process.stdin.close()
        rest = wire.process.stdout.read() if wire.process.stdout else ""
        talk_beside = wire.process.stderr.read() if wire.process.stderr else ""

    assert "isError" not in found or not found["isError"]
    assert all(json.loads(line)["jsonrpc"] == "2.0" for line in wire.lines)
    assert rest == ""
    assert "noise of a library" in talk_beside
    assert "noise of a descriptor" in talk_beside
    assert "noise of a child" in talk_beside


NOISE = """
import parsestrata.agent.catalogue as catalogue
import os, subprocess, sys, warnings
find = catalogue.Catalogue.find
def noisy(self, asked):
    print("noise of a library", flush=True)
    os.write(1, b"noise of a descriptor\\n")
    subprocess.run([sys.executable, "-S", "-c", "print('noise of a child')"])
    warnings.warn("noise of a warning")
    return find(self, asked)
catalogue.Catalogue.find = noisy
"""


def test_a_child_of_a_call_cannot_read_what_the_client_says(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(NOISE.replace("print('", "input('"))

    with Wire(str(REPORT), env=environment(PYTHONPATH=str(tmp_path))) as wire:
        answers = [wire.call("outline"), wire.call("describe")]

    assert not any(answer.get("isError") for answer in answers)


def test_a_document_that_is_parsed_does_not_keep_others_waiting(
    folder: Path, tmp_path: Path
) -> None:
    shutil.copy(PDF, folder)
    (tmp_path / "sitecustomize.py").write_text(SLOW)

    with Wire("--root", str(folder), env=environment(PYTHONPATH=str(tmp_path))) as wire:
        slow = wire.send("tools/call", name="outline", arguments={"document": PDF.name})
        ping = wire.send("ping")
        quick = wire.send(
            "tools/call", name="outline", arguments={"document": REPORT.name}
        )
        order = [wire.receive()["id"] for _ in range(3)]

    assert order == [ping, quick, slow]


def test_a_client_gets_the_tools_while_every_thread_is_at_work(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(SLOW)
    env = environment(PYTHONPATH=str(tmp_path))

    with Wire(str(PDF), "--concurrency", "1", env=env) as wire:
        slow = wire.send("tools/call", name="outline", arguments={})
        listed = wire.send("tools/list")
        order = [wire.receive()["id"] for _ in range(2)]

    assert order == [listed, slow]


SLOW = """
import time
import parsestrata.sources.local.parsing as parsing
parse = parsing.parse_document
def slow(*arguments, **options):
    time.sleep({seconds})
    return parse(*arguments, **options)
parsing.parse_document = slow
""".replace("{seconds}", "4")


def end_of(process: subprocess.Popen[str]) -> tuple[int, float]:
    """Wait for the end; return exit code and seconds."""
    start = time.monotonic()
    code = process.wait(60)
    return code, time.monotonic() - start


@pytest.mark.parametrize("calls", [0, 1], ids=["idle", "in the middle of a call"])
def test_a_client_that_goes_away_ends_the_process(calls: int, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(SLOW.replace("(4)", "(50)"))
    with Wire(str(PDF), env=environment(PYTHONPATH=str(tmp_path))) as wire:
        for _ in range(calls):
            wire.send("tools/call", name="outline", arguments={})
        wire.ask("ping")
        assert wire.process.stdin is not None
        wire.process.stdin.close()

        code, seconds = end_of(wire.process)

        assert code == 0
        assert seconds < _SOON
        assert wire.process.stderr is not None
        assert wire.process.stderr.read() == ""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send")
@pytest.mark.parametrize("calls", [0, 1], ids=["idle", "in the middle of a call"])
def test_ctrl_c_ends_the_process_quietly(calls: int, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(SLOW.replace("(4)", "(50)"))
    with Wire(str(PDF), env=environment(PYTHONPATH=str(tmp_path))) as wire:
        for _ in range(calls):
            wire.send("tools/call", name="outline", arguments={})
        wire.ask("ping")
        wire.process.send_signal(signal.SIGINT)

        code, seconds = end_of(wire.process)

        assert code == 130
        assert seconds < _SOON
        assert wire.process.stderr is not None
        assert wire.process.stderr.read() == ""


def test_a_client_that_closes_its_ear_ends_the_process(folder: Path) -> None:
    with Wire("--root", str(folder)) as wire:
        assert wire.process.stdout is not None
        wire.process.stdout.close()
        wire.send("tools/call", name="outline", arguments={"document": REPORT.name})

        code, seconds = end_of(wire.process)

        assert code == 0
        assert seconds < _SOON
        assert wire.process.stderr is not None
        assert "Traceback" not in wire.process.stderr.read()


def test_a_line_that_is_no_message_does_not_end_the_process() -> None:
    with Wire(str(REPORT)) as wire:
        assert wire.process.stdin is not None
        wire.process.stdin.write('{"jsonrpc": \n\n\ufffd\n')
        wire.process.stdin.flush()

        number = wire.send("ping")
        messages = [wire.receive()]
        while messages[-1].get("id") != number:
            messages.append(wire.receive())

        assert messages[-1]["result"] == {}


# The command line


@pytest.mark.parametrize(
    ("arguments", "code", "problem"),
    [
        pytest.param([], 2, "name a SOURCE, or a folder with --root", id="nothing"),
        pytest.param(["-"], 2, "standard input is the client's", id="stdin"),
        pytest.param(["none.json"], 1, "none.json: there is no such file", id="file"),
        pytest.param(["."], 1, "Give it as --root", id="folder"),
        pytest.param(["--root", "none"], 2, "is no folder", id="root"),
        pytest.param(
            ["--root", ".", "--answer-tokens", "10"], 2, "at least 300", id="budget"
        ),
        pytest.param(["--root", ".", "--port", "1"], 2, "goes with --http", id="port"),
    ],
)
def test_what_cannot_be_served_is_refused_at_once(  # noqa: PLR0917 - fixtures
    arguments: list[str],
    code: int,
    problem: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)

    returned = main(["mcp", *arguments])

    printed = capsys.readouterr()
    assert returned == code
    assert problem in printed.err
    assert printed.err.count("\n") == 1
    assert printed.out == ""


def test_the_options_of_the_command_reach_the_tools() -> None:
    with Wire(str(REPORT), "--answer-tokens", "300", "--max-tokens", "64") as wire:
        answer = wire.call("read_section", section="s1", subsections=True)
    with Wire(str(REPORT)) as wire:
        other = wire.call("read_section", section="s1", subsections=True)

    def first_chunk(called: dict[str, Any]) -> str:
        return str(called["structuredContent"]["citations"][0]["chunk_id"])

    assert answer["structuredContent"]["next"]
    assert first_chunk(answer) != first_chunk(other)


def test_without_the_package_the_command_names_the_extra(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import sys, importlib.util as util\n"
        "find = util.find_spec\n"
        "util.find_spec = lambda name, *more: "
        "None if name == 'mcp' else find(name, *more)\n"
    )

    done = subprocess.run(
        [*COMMAND, str(REPORT)],
        capture_output=True,
        text=True,
        check=False,
        env=environment(PYTHONPATH=str(tmp_path)),
        stdin=subprocess.DEVNULL,
    )

    assert done.returncode == 1
    assert 'pip install "parsestrata[mcp]"' in done.stderr


# Other frameworks' clients


def test_langchain_gets_tools_that_work(folder: Path) -> None:
    adapter = pytest.importorskip(
        "langchain_mcp_adapters.client",
        exc_type=ImportError,  # with mcp 2 it is not to be imported
    )
    program, *arguments = [*COMMAND, "--root", str(folder)]
    client = adapter.MultiServerMCPClient(
        {"documents": {"transport": "stdio", "command": program, "args": arguments}}
    )

    async def use() -> Any:
        tools = {tool.name: tool for tool in await client.get_tools()}
        call = {
            "type": "tool_call",
            "id": "1",
            "name": "outline",
            "args": {"document": REPORT.name},
        }
        return list(tools), await tools["outline"].ainvoke(call)

    names, message = anyio.run(use)

    assert names == list(TOOLS)
    assert "s1: Annual report 2025" in str(message.content)


def test_llama_index_gets_tools_that_work(folder: Path) -> None:
    adapter = pytest.importorskip("llama_index.tools.mcp")
    program, *arguments = [*COMMAND, "--root", str(folder)]

    async def use() -> Any:
        client = adapter.BasicMCPClient(program, args=arguments)
        tools = await adapter.McpToolSpec(client).to_tool_list_async()
        named = {tool.metadata.name: tool for tool in tools}
        return list(named), await named["outline"].acall(document=REPORT.name)

    names, output = anyio.run(use)

    assert names == list(TOOLS)
    assert "s1: Annual report 2025" in str(output)
