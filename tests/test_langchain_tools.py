"""The LangChain toolkit: what a model is given, what it gets back, and when it errs."""

import asyncio
import copy
import json
import pickle
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    ToolCall,
    ToolMessage,
)
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import Field

import parsestrata.langchain
from asking import OTHER, REPORT, HeldFile, SlowFile
from conftest import EXAMPLES
from parsestrata.agent import DocumentTools
from parsestrata.agent.tools import TOOLS
from parsestrata.errors import ConfigError
from parsestrata.langchain import LlamaParseToolkit

pytestmark = pytest.mark.needs("langchain", "agent")

HARBOUR = EXAMPLES / "harbour-water-2025.json"

HARBOUR_CALLS: list[tuple[str, dict[str, Any]]] = [
    ("describe", {}),
    ("outline", {"depth": 1}),
    ("outline", {"section": "s1.2", "depth": 3}),
    ("read_section", {"section": "Water quality", "subsections": True}),
    ("read_pages", {"first": 3, "last": 4, "max_tokens": 400}),
    ("search", {"query": "lead in drinking water", "k": 2}),
    ("list_tables", {"section": "s1"}),
    ("get_table", {"table": "t1", "rows": "1-3", "columns": ["Unit"]}),
    ("get_table", {"table": "t2", "format": "markdown"}),
]
MANUAL_CALLS: list[tuple[str, dict[str, Any]]] = [
    ("describe", {}),
    ("outline", {}),
    ("search", {"query": "how to draw a bezier curve"}),
    ("read_pages", {"first": 30}),
]


def call_of(name: str, **arguments: Any) -> ToolCall:
    return ToolCall(name=name, args=arguments, id="call-1", type="tool_call")


def tools_of(toolkit: LlamaParseToolkit) -> dict[str, BaseTool]:
    return {tool.name: tool for tool in toolkit.get_tools()}


def ask(tool: BaseTool, **arguments: Any) -> ToolMessage:
    message = tool.invoke(call_of(tool.name, **arguments))
    assert isinstance(message, ToolMessage)
    return message


@pytest.fixture(scope="module")
def harbour() -> dict[str, BaseTool]:
    return tools_of(LlamaParseToolkit(HARBOUR))


# What a model is given


def test_one_document_is_never_named(harbour: dict[str, BaseTool]) -> None:
    assert tuple(harbour) == TOOLS[1:]
    assert all("document" not in tool.args for tool in harbour.values())


@pytest.mark.parametrize(
    "chosen",
    [{"source": [REPORT, OTHER]}, {"root": EXAMPLES}],
    ids=["several documents", "a folder"],
)
def test_several_documents_are_listed_and_named(chosen: dict[str, Any]) -> None:
    tools = tools_of(LlamaParseToolkit(**chosen))

    assert tuple(tools) == TOOLS
    assert [n for n, tool in tools.items() if "document" not in tool.args] == [TOOLS[0]]


def test_the_schema_that_a_model_gets_is_small_and_complete(
    harbour: dict[str, BaseTool],
) -> None:
    assert convert_to_openai_tool(harbour["search"]) == {
        "type": "function",
        "function": {
            "name": "search",
            "description": "Find the passages of a document that have the words of a query.",
            "parameters": {
                "type": "object",
                "required": ["query"],
                "properties": {
                    "query": {
                        "type": "string",
                        "description": "Words to look for, those that the text would use.",
                    },
                    "k": {
                        "type": "integer",
                        "default": 5,
                        "description": "How many passages.",
                    },
                    "within": {
                        "type": "string",
                        "default": "",
                        "description": 'Id or title of the section to search; "" for the whole document.',
                    },
                    "cursor": {
                        "type": "string",
                        "default": "",
                        "description": "From the answer before, to see more.",
                    },
                    "max_tokens": {
                        "type": "integer",
                        "default": 0,
                        "description": "Most tokens of the answer; 0 for the usual number.",
                    },
                },
            },
        },
    }


def test_a_choice_is_an_enumeration(harbour: dict[str, BaseTool]) -> None:
    schema = convert_to_openai_tool(harbour["get_table"])["function"]["parameters"]

    assert schema["properties"]["format"]["enum"] == ["csv", "markdown", "json"]
    assert schema["properties"]["columns"]["items"] == {"type": "string"}


# What it gets back


@pytest.mark.parametrize(
    ("source", "calls"),
    [
        pytest.param(HARBOUR, HARBOUR_CALLS, id="saved result"),
        pytest.param(
            EXAMPLES / "reportlab-userguide.pdf",
            MANUAL_CALLS,
            id="PDF",
            marks=pytest.mark.needs("local"),
        ),
    ],
)
def test_contents_and_artifacts_are_the_answers_of_document_tools(
    source: Path, calls: list[tuple[str, dict[str, Any]]]
) -> None:
    tools, direct = tools_of(LlamaParseToolkit(source)), DocumentTools(source)

    messages = [ask(tools[name], **arguments) for name, arguments in calls]

    for message, (name, arguments) in zip(messages, calls, strict=True):
        answer = getattr(direct, name)(**arguments)
        assert (message.content, message.status) == (str(answer), "success")
        assert message.artifact == answer.to_dict()


def test_a_call_in_the_event_loop_is_answered_alike(
    harbour: dict[str, BaseTool],
) -> None:
    async def ask_all() -> list[ToolMessage]:
        calls = [harbour[name].ainvoke(call_of(name, **a)) for name, a in HARBOUR_CALLS]
        return await asyncio.gather(*calls)

    messages = asyncio.run(ask_all())

    assert messages == [ask(harbour[name], **a) for name, a in HARBOUR_CALLS]


def test_a_cursor_leads_on_to_the_end(harbour: dict[str, BaseTool]) -> None:
    pages, cursor = [], ""
    while not pages or cursor:
        message = ask(
            harbour["read_pages"], first=1, last=6, max_tokens=400, cursor=cursor
        )
        pages.append(message.artifact["text"])
        cursor = message.artifact["next"]

    whole = ask(harbour["read_pages"], first=1, last=6, max_tokens=10_000)
    read = "\n".join(pages).split("\n")
    lines = whole.artifact["text"].split("\n")
    assert len(pages) > 2
    assert whole.artifact["next"] == ""
    assert [line for line in lines if line not in read and line[:1] != "["] == []


def test_an_artifact_is_json(harbour: dict[str, BaseTool]) -> None:
    message = ask(harbour["search"], query="lead", k=1)

    back = ToolMessage.model_validate_json(message.model_dump_json())

    assert back == message
    (citation,) = back.artifact["citations"]
    assert (citation["document"], citation["page_number"]) == (
        "harbour-water-2025.pdf",
        2,
    )


def test_without_a_call_id_the_content_comes_alone(
    harbour: dict[str, BaseTool],
) -> None:
    found = harbour["search"].invoke({"query": "lead"})

    assert found == harbour["search"].invoke("lead")
    assert found == str(DocumentTools(HARBOUR).search("lead"))


def test_options_and_a_search_of_ones_own_go_through() -> None:
    asked: list[tuple[str, int]] = []

    def find(query: str, k: int) -> Sequence[str]:
        asked.append((query, k))
        return ()

    toolkit = LlamaParseToolkit(
        REPORT, search_function=find, answer_tokens=300, count_tokens=len
    )
    message = ask(tools_of(toolkit)["search"], query="lead", k=3)

    assert asked == [("lead", 3)]
    assert "Nothing was found" in str(message.content)
    assert len(str(message.content)) <= 300


# When it errs


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        pytest.param(
            "read_section",
            {"section": "Pestizide"},
            "there is no section 'Pestizide'. There is: s1.2.2 Annual report 2025 > "
            "2 Water quality > 2.2 Pesticides",
            id="no such section",
        ),
        pytest.param(
            "get_table",
            {"table": "t9"},
            "there is no table 't9'. There is: t1",
            id="t9",
        ),
        pytest.param("search", {"query": " "}, "the query is blank", id="blank"),
        pytest.param("outline", {"cursor": "1-abcdef"}, "cursor '1-abcdef'", id="old"),
        pytest.param(
            "outline", {"max_tokens": 10}, "max_tokens is 10; at least 300", id="few"
        ),
        pytest.param("search", {}, "search: query: field required", id="missing"),
        pytest.param(
            "search",
            {"query": "x", "limit": 3},
            "there is no argument 'limit'. There is: query, k, within",
            id="unknown",
        ),
        pytest.param(
            "outline", {"depth": "all"}, "depth: input should be a valid int", id="type"
        ),
    ],
)
def test_a_bad_call_is_answered_with_what_to_do(
    harbour: dict[str, BaseTool], name: str, arguments: dict[str, Any], told: str
) -> None:
    message = ask(harbour[name], **arguments)
    later = asyncio.run(harbour[name].ainvoke(call_of(name, **arguments)))

    assert told in str(message.content)
    assert message.status == "error"
    assert later == message


@pytest.mark.parametrize(
    ("source", "told"),
    [
        pytest.param("missing.json", "there is no such file", id="no file"),
        pytest.param(b'{"pages": 1}', "result", id="no result"),
        pytest.param("pjb-abcdefghijklmnop", "no API key", id="no key"),
    ],
)
def test_a_document_that_cannot_be_read_is_told_and_not_raised(
    source: Any, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LLAMA_CLOUD_API_KEY", raising=False)
    monkeypatch.delenv("LLAMA_PARSE_API_KEY", raising=False)
    tools = tools_of(LlamaParseToolkit(source))

    messages = [ask(tools["outline"]), ask(tools["list_tables"])]

    assert all(told in str(message.content) for message in messages)
    assert {message.status for message in messages} == {"error"}


def test_a_document_that_is_not_named_or_not_there_is_told() -> None:
    tools = tools_of(LlamaParseToolkit(root=EXAMPLES))

    unnamed, missing = (
        ask(tools["outline"]),
        ask(tools["outline"], document="../README.md"),
    )

    assert "name the document. There is: harbour-water" in str(unnamed.content)
    assert "there is no document '../README.md'" in str(missing.content)


def test_what_a_search_of_ones_own_raises_is_not_hidden() -> None:
    def fail(_query: str, _k: int) -> Sequence[str]:
        message = "the store is down"
        raise RuntimeError(message)

    tools = tools_of(LlamaParseToolkit(REPORT, search_function=fail))

    with pytest.raises(RuntimeError, match="the store is down"):
        tools["search"].invoke({"query": "lead"})


@pytest.mark.parametrize(
    "wrong",
    [{}, {"source": REPORT, "answer_tokens": 10}, {"source": REPORT, "max_token": 3}],
    ids=["nothing to read", "too few tokens", "an unknown option"],
)
def test_a_wrong_toolkit_fails_at_once(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        LlamaParseToolkit(**wrong)


# Many at a time


def test_twenty_threads_open_the_document_once() -> None:
    file = SlowFile()
    tools = tools_of(LlamaParseToolkit(file))
    names = ["outline", "describe", "list_tables", "outline"] * 5

    with ThreadPoolExecutor(20) as pool:
        contents = list(pool.map(lambda name: tools[name].invoke({}), names))

    assert file.reads == 1
    assert contents == [tools[name].invoke({}) for name in names]


def test_twenty_calls_in_the_event_loop_open_the_document_once() -> None:
    file = SlowFile()
    tools = tools_of(LlamaParseToolkit(file))

    async def ask_all() -> list[str]:
        search = tools["search"]
        return await asyncio.gather(*[search.ainvoke("lead pipes") for _ in range(20)])

    contents = asyncio.run(ask_all())

    assert file.reads == 1
    assert contents == [tools["search"].invoke("lead pipes")] * 20


def test_the_event_loop_runs_on_while_a_document_is_opened() -> None:
    file = HeldFile()
    tool = tools_of(LlamaParseToolkit(file))["outline"]

    async def ask_and_release() -> str:
        asked = asyncio.create_task(tool.ainvoke({}))
        await asyncio.sleep(0.05)
        file.release.set()
        return str(await asked)

    assert "s1: Water" in asyncio.run(ask_and_release())


# What LangChain does with tools


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda tool: pickle.loads(pickle.dumps(tool)), id="pickle"),
        pytest.param(copy.copy, id="copy"),
        pytest.param(copy.deepcopy, id="deep copy"),
        pytest.param(lambda tool: tool.model_copy(deep=True), id="model copy"),
        pytest.param(lambda tool: tool.with_config(tags=["blue"]), id="config"),
        pytest.param(lambda tool: tool.bind(), id="bind"),
        pytest.param(lambda tool: tool.with_retry(), id="retry"),
    ],
)
@pytest.mark.parametrize("used", [False, True], ids=["new", "used"])
def test_a_tool_survives(
    change: Callable[[BaseTool], Runnable[Any, Any]], *, used: bool
) -> None:
    tool = tools_of(LlamaParseToolkit(HARBOUR))["search"]
    before = convert_to_openai_tool(tool)
    if used:
        tool.invoke("lead")

    changed = change(tool)

    assert changed.invoke({"query": "lead", "k": 1}) == tool.invoke(
        {"query": "lead", "k": 1}
    )
    if isinstance(changed, BaseTool):
        assert convert_to_openai_tool(changed) == before


def test_a_toolkit_survives_a_pickle() -> None:
    toolkit = LlamaParseToolkit(HARBOUR, answer_tokens=400)
    toolkit.documents.outline()

    back = pickle.loads(pickle.dumps(toolkit))

    assert str(back.documents.outline()) == str(toolkit.documents.outline())
    assert [one.name for one in back.get_tools()] == list(tools_of(toolkit))


def test_a_tool_with_another_name_does_the_same() -> None:
    tool = tools_of(LlamaParseToolkit(REPORT))["outline"]
    tool.name = "report_outline"

    message = ask(tool)

    assert message.name == "report_outline"
    assert "s1: Water" in str(message.content)


def test_a_tool_shows_neither_documents_nor_keys() -> None:
    toolkit = LlamaParseToolkit(REPORT, api_key="llx-secret")

    shown = repr([toolkit, *toolkit.get_tools()])

    assert "secret" not in shown
    assert "DocumentTools" not in shown


class PlannedModel(GenericFakeChatModel):
    """A model that calls what it was told to, and keeps what it was bound to."""

    bound: list[Any] = Field(default_factory=list)

    def bind_tools(self, tools: Sequence[Any], **_kwargs: Any) -> Any:
        self.bound.extend(convert_to_openai_tool(tool) for tool in tools)
        return self


def run_agent(
    model: Runnable[Any, BaseMessage], tools: dict[str, BaseTool]
) -> list[BaseMessage]:
    """Let a model call tools until it has nothing more to ask."""
    messages: list[BaseMessage] = [HumanMessage("How much lead was there?")]
    while True:
        said = model.invoke(messages)
        messages.append(said)
        calls = said.tool_calls if isinstance(said, AIMessage) else []
        if not calls:
            return messages
        messages += [tools[call["name"]].invoke(call) for call in calls]


def test_an_agent_reads_its_way_to_an_answer(harbour: dict[str, BaseTool]) -> None:
    plan = [
        AIMessage("", tool_calls=[call_of("outline", depth=3)]),
        AIMessage(
            "",
            tool_calls=[
                call_of("read_section", section="Limits"),
                call_of("search", query="lead", within="s9"),
            ],
        ),
        AIMessage("", tool_calls=[call_of("get_table", table="t1", format="json")]),
        AIMessage("0.6 µg/l"),
    ]
    model = PlannedModel(messages=iter(plan))
    bound = model.bind_tools(list(harbour.values()))

    messages = run_agent(bound, harbour)

    told = [m for m in messages if isinstance(m, ToolMessage)]
    assert [one["function"]["name"] for one in model.bound] == list(TOOLS[1:])
    assert [m.status for m in told] == ["success", "success", "error", "success"]
    assert "s1.2.1: 2.1 Limits and results" in told[0].content
    assert "there is no section 's9'" in told[2].content
    rows = told[3].artifact["text"].split("\n")
    lead = next(json.loads(row) for row in rows if '"Lead"' in row)
    assert lead["2025"] == str(messages[-1].content).split()[0]


def test_tools_stand_in_a_chain(harbour: dict[str, BaseTool]) -> None:
    shout = RunnableLambda(lambda text: text.upper())

    told = (harbour["outline"] | shout).invoke({"depth": 1})

    assert told.startswith("S1: ANNUAL REPORT 2025")


def test_a_loader_does_not_load_what_tools_need() -> None:
    code = (
        "import sys, parsestrata.langchain as adapter; adapter.LlamaParseLoader; "
        "print('langchain_core.tools.base' in sys.modules); adapter.LlamaParseToolkit; "
        "print('langchain_core.tools.base' in sys.modules)"
    )

    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()

    assert printed == ["False", "True"]


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"parsestrata\.langchain.*'Toolkit'"):
        parsestrata.langchain.Toolkit  # type: ignore[attr-defined]  # noqa: B018
