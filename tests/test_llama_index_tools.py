"""The LlamaIndex tool spec: what a model is given, what it gets back, when it errs."""

import asyncio
import pickle
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from llama_index.core.agent.workflow import FunctionAgent, ToolCallResult
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, LLMMetadata
from llama_index.core.bridge.pydantic import Field
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.llms.llm import ToolSelection
from llama_index.core.tools import FunctionTool, ToolMetadata, ToolOutput

from asking import OTHER, REPORT, HeldFile, SlowFile
from conftest import EXAMPLES
from parsestrata.agent import Answer, DocumentTools
from parsestrata.agent.tools import TOOLS
from parsestrata.llama_index import LlamaParseToolSpec

pytestmark = pytest.mark.needs("llama-index", "agent")

HARBOUR = EXAMPLES / "harbour-water-2025.json"

HARBOUR_CALLS: list[tuple[str, dict[str, Any]]] = [
    ("describe", {}),
    ("outline", {"section": "s1.2", "depth": 3}),
    ("read_section", {"section": "Water quality", "subsections": True}),
    ("read_pages", {"first": 3, "last": 4, "max_tokens": 400}),
    ("search", {"query": "lead in drinking water", "k": 2}),
    ("list_tables", {"section": "s1"}),
    ("get_table", {"table": "t1", "rows": "1-3", "columns": ["Unit"]}),
]
MANUAL_CALLS: list[tuple[str, dict[str, Any]]] = [
    ("outline", {}),
    ("search", {"query": "how to draw a bezier curve"}),
]


def tools_of(spec: LlamaParseToolSpec) -> dict[str, FunctionTool]:
    return {tool.metadata.get_name(): tool for tool in spec.to_tool_list()}


@pytest.fixture(scope="module")
def harbour() -> dict[str, FunctionTool]:
    return tools_of(LlamaParseToolSpec(HARBOUR))


# What a model is given


def test_one_document_is_never_named(harbour: dict[str, FunctionTool]) -> None:
    given = {name: one.metadata.get_parameters_dict() for name, one in harbour.items()}

    assert tuple(given) == TOOLS[1:]
    assert [n for n, one in given.items() if "document" in one["properties"]] == []


@pytest.mark.parametrize(
    "chosen",
    [{"source": [REPORT, OTHER]}, {"root": EXAMPLES}],
    ids=["several documents", "a folder"],
)
def test_several_documents_are_listed_and_named(chosen: dict[str, Any]) -> None:
    tools = tools_of(LlamaParseToolSpec(**chosen))

    given = {name: one.metadata.get_parameters_dict() for name, one in tools.items()}
    assert tuple(given) == TOOLS
    unnamed = [n for n, one in given.items() if "document" not in one["properties"]]
    assert unnamed == [TOOLS[0]]


def test_the_schema_that_a_model_gets_is_small_and_complete(
    harbour: dict[str, FunctionTool],
) -> None:
    assert harbour["read_pages"].metadata.to_openai_tool() == {
        "type": "function",
        "function": {
            "name": "read_pages",
            "description": "Read pages from top to bottom.",
            "parameters": {
                "type": "object",
                "required": ["first"],
                "properties": {
                    "first": {
                        "type": "integer",
                        "description": "First page, counted from 1.",
                    },
                    "last": {
                        "type": "integer",
                        "default": 0,
                        "description": "Last page; 0 for the first only.",
                    },
                    "cursor": {
                        "type": "string",
                        "default": "",
                        "description": "From the answer before, to read on.",
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


def test_some_of_the_tools_can_be_had_and_told_otherwise() -> None:
    spec = LlamaParseToolSpec(REPORT)
    told = ToolMetadata("What is in the water report.", "contents")

    tools = spec.to_tool_list(
        ["describe", "asearch", ("outline", "aoutline")], {"outline": told}
    )

    assert [tool.metadata.name for tool in tools] == ["describe", "search", "contents"]
    assert tools[2].metadata.description == "What is in the water report."
    assert tools[1](query="lead").content == str(spec.search("lead"))


EVERY_CALL: dict[str, dict[str, Any]] = {
    "list_documents": {},
    "describe": {},
    "outline": {"depth": 1},
    "read_section": {"section": "Quality"},
    "read_pages": {"first": 2},
    "search": {"query": "lead"},
    "list_tables": {"section": "Use"},
    "get_table": {"table": "t1"},
}


@pytest.mark.parametrize("name", TOOLS)
def test_every_method_has_an_async_form_that_answers_alike(name: str) -> None:
    spec = LlamaParseToolSpec(REPORT)

    answer = asyncio.run(getattr(spec, f"a{name}")(**EVERY_CALL[name]))

    assert (name, f"a{name}") in spec.spec_functions
    assert isinstance(answer, Answer)
    assert answer == getattr(spec, name)(**EVERY_CALL[name])


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
def test_outputs_are_the_answers_of_document_tools(
    source: Path, calls: list[tuple[str, dict[str, Any]]]
) -> None:
    tools, direct = tools_of(LlamaParseToolSpec(source)), DocumentTools(source)

    outputs = [tools[name](**arguments) for name, arguments in calls]

    for output, (name, arguments) in zip(outputs, calls, strict=True):
        answer = getattr(direct, name)(**arguments)
        assert (output.content, output.is_error) == (str(answer), False)
        assert output.raw_output == answer.to_dict()
        assert output.tool_name == name


def test_a_call_in_the_event_loop_is_answered_alike(
    harbour: dict[str, FunctionTool],
) -> None:
    async def ask_all() -> list[ToolOutput]:
        calls = [harbour[name].acall(**arguments) for name, arguments in HARBOUR_CALLS]
        return await asyncio.gather(*calls)

    outputs = asyncio.run(ask_all())

    assert outputs == [harbour[name](**arguments) for name, arguments in HARBOUR_CALLS]


def test_values_without_a_name_are_taken(harbour: dict[str, FunctionTool]) -> None:
    assert harbour["search"]("lead", 1) == harbour["search"](query="lead", k=1)


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
    harbour: dict[str, FunctionTool], name: str, arguments: dict[str, Any], told: str
) -> None:
    output = harbour[name](**arguments)
    later = asyncio.run(harbour[name].acall(**arguments))

    assert told in output.content
    assert output.is_error
    assert output.raw_input == {"args": (), "kwargs": arguments}
    assert later == output


def test_a_document_that_cannot_be_read_is_told_and_not_raised() -> None:
    output = tools_of(LlamaParseToolSpec("missing.json"))["outline"]()

    assert output.is_error
    assert "there is no such file" in output.content


def test_what_a_search_of_ones_own_raises_is_not_hidden() -> None:
    def fail(_query: str, _k: int) -> Sequence[str]:
        message = "the index is down"
        raise RuntimeError(message)

    tools = tools_of(LlamaParseToolSpec(REPORT, search_function=fail))

    with pytest.raises(RuntimeError, match="the index is down"):
        tools["search"](query="lead")


# Many at a time


def test_twenty_threads_open_the_document_once() -> None:
    file = SlowFile()
    tools = tools_of(LlamaParseToolSpec(file))
    names = ["outline", "describe", "list_tables", "outline"] * 5

    with ThreadPoolExecutor(20) as pool:
        outputs = list(pool.map(lambda name: tools[name](), names))

    assert file.reads == 1
    assert outputs == [tools[name]() for name in names]


def test_twenty_calls_in_the_event_loop_open_the_document_once() -> None:
    file = SlowFile()
    search = tools_of(LlamaParseToolSpec(file))["search"]

    async def ask_all() -> list[ToolOutput]:
        return await asyncio.gather(*[search.acall(query="lead") for _ in range(20)])

    outputs = asyncio.run(ask_all())

    assert file.reads == 1
    assert outputs == [search(query="lead")] * 20


def test_the_event_loop_runs_on_while_a_document_is_opened() -> None:
    file = HeldFile()
    tool = tools_of(LlamaParseToolSpec(file))["outline"]

    async def ask_and_release() -> str:
        asked = asyncio.create_task(tool.acall())
        await asyncio.sleep(0.05)
        file.release.set()
        return (await asked).content

    assert "s1: Water" in asyncio.run(ask_and_release())


def test_a_spec_survives_a_pickle() -> None:
    spec = LlamaParseToolSpec(HARBOUR, answer_tokens=400)
    spec.outline()

    back = pickle.loads(pickle.dumps(spec))

    assert str(back.outline()) == str(spec.outline())
    assert list(tools_of(back)) == list(tools_of(spec))


# An agent


own_warnings = pytest.mark.filterwarnings(
    "ignore::pydantic.warnings.PydanticDeprecationWarning",
    "ignore:ServiceManager is deprecated:DeprecationWarning",
)
"""Of the framework's agents, which look at every attribute of themselves."""


class PlannedLLM(FunctionCallingLLM):
    """A model that calls what it was told to, and keeps what it heard."""

    plan: list[Any]
    """For each turn its calls, each a name with arguments, or what it says."""
    heard: list[list[ChatMessage]] = Field(default_factory=list)
    offered: set[str] = Field(default_factory=set)

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(is_function_calling_model=True, model_name="planned")

    def _prepare_chat_with_tools(
        self, tools: Any, *, chat_history: Any = None, **_kwargs: Any
    ) -> dict[str, Any]:
        self.offered.update(tool.metadata.name for tool in tools)
        return {"messages": chat_history}

    def get_tool_calls_from_response(
        self, response: ChatResponse, **_kwargs: Any
    ) -> list[ToolSelection]:
        calls: list[ToolSelection] = response.message.additional_kwargs.get("calls", [])
        return calls

    async def astream_chat(
        self, messages: Any, **_kwargs: Any
    ) -> AsyncIterator[ChatResponse]:
        self.heard.append(list(messages))
        said = self.plan.pop(0)
        words, planned = (said, []) if isinstance(said, str) else ("", said)
        calls = [
            ToolSelection(tool_id=f"{name}-{n}", tool_name=name, tool_kwargs=given)
            for n, (name, given) in enumerate(planned)
        ]
        message = ChatMessage(
            role="assistant", content=words, additional_kwargs={"calls": calls}
        )

        async def stream() -> AsyncIterator[ChatResponse]:
            yield ChatResponse(message=message)

        return stream()

    def _unplanned(self, *_args: Any, **_kwargs: Any) -> Any:
        message = "the agent speaks by astream_chat alone"
        raise AssertionError(message)

    chat = stream_chat = achat = _unplanned
    complete = stream_complete = acomplete = astream_complete = _unplanned


async def run_agent(
    llm: PlannedLLM, tools: Sequence[FunctionTool]
) -> tuple[str, list[ToolCallResult]]:
    agent = FunctionAgent(tools=list(tools), llm=llm)
    handler = agent.run("How much lead was there?")
    results = [
        event
        async for event in handler.stream_events()
        if isinstance(event, ToolCallResult)
    ]
    return str(await handler), results


@own_warnings
def test_an_agent_reads_its_way_to_an_answer(
    harbour: dict[str, FunctionTool],
) -> None:
    llm = PlannedLLM(
        plan=[
            [("outline", {"depth": 3})],
            [("search", {"query": "lead", "within": "s9"})],
            [("get_table", {"table": "t1", "format": "json"})],
            "0.6 µg/l",
        ]
    )

    said, results = asyncio.run(run_agent(llm, list(harbour.values())))

    outputs = [result.tool_output for result in results]
    assert said == "0.6 µg/l"
    assert llm.offered == set(TOOLS[1:])
    assert [output.is_error for output in outputs] == [False, True, False]
    assert "there is no section 's9'" in outputs[1].content
    heard = [message.content for message in llm.heard[-1] if message.role == "tool"]
    assert heard == [output.content for output in outputs]
    assert '"Parameter": "Lead", "Unit": "µg/l"' in outputs[2].content


@own_warnings
def test_the_events_of_an_agent_are_json(harbour: dict[str, FunctionTool]) -> None:
    llm = PlannedLLM(plan=[[("search", {"query": "lead", "k": 1})], "enough"])

    _, (event,) = asyncio.run(run_agent(llm, list(harbour.values())))

    back = ToolCallResult.model_validate_json(event.model_dump_json())
    assert back.tool_output.raw_output == event.tool_output.raw_output
    assert back.tool_output.raw_output["citations"][0]["page_number"] == 2
