"""LangChain's own tests of tools and retrievers."""

from typing import Any

import pytest
from langchain_core.tools import BaseTool
from langchain_tests import integration_tests, unit_tests

from conftest import EXAMPLES
from parsestrata.agent.tools import TOOLS
from parsestrata.langchain import LlamaParseRetriever, LlamaParseToolkit

pytestmark = pytest.mark.needs("dev")

HARBOUR = EXAMPLES / "harbour-water-2025.json"
ARGUMENTS: dict[str, dict[str, Any]] = {
    "list_documents": {"max_tokens": 300},
    "describe": {"document": HARBOUR.name},
    "outline": {"depth": 3, "document": HARBOUR.name},
    "read_section": {"section": "s1.2", "document": HARBOUR.name},
    "read_pages": {"first": 1, "last": 2, "document": HARBOUR.name},
    "search": {"query": "lead", "k": 2, "document": HARBOUR.name},
    "list_tables": {"document": HARBOUR.name},
    "get_table": {"table": "t1", "columns": ["Unit"], "document": HARBOUR.name},
}


@pytest.fixture(params=TOOLS, scope="class")
def tool_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class _EveryTool:
    """Each tool of a toolkit over a folder in turn, where all are there."""

    _name = TOOLS[0]

    @pytest.fixture(autouse=True)
    def _take(self, tool_name: str) -> None:
        self._name = tool_name

    @pytest.fixture
    def tool(self, tool_name: str) -> BaseTool:
        self._name = tool_name
        return self.tool_constructor

    @property
    def tool_constructor(self) -> BaseTool:
        tools = LlamaParseToolkit(root=EXAMPLES).get_tools()
        return next(tool for tool in tools if tool.name == self._name)

    @property
    def tool_invoke_params_example(self) -> dict[str, Any]:
        return ARGUMENTS[self._name]


class TestToolsAsUnits(_EveryTool, unit_tests.ToolsUnitTests):
    """What LangChain asks of a tool without calling it."""


class TestToolsCalled(_EveryTool, integration_tests.ToolsIntegrationTests):
    """What LangChain asks of a tool that is called."""


@pytest.mark.filterwarnings("ignore::parsestrata.ParseStrataWarning")
class TestRetriever(integration_tests.RetrieversIntegrationTests):
    """What LangChain asks of a retriever."""

    @property
    def retriever_constructor(self) -> type[LlamaParseRetriever]:
        return LlamaParseRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"source": HARBOUR}

    @property
    def retriever_query_example(self) -> str:
        return "drinking water of the cooperative"
