"""LlamaParseToolkit: the tools of DocumentTools for a LangChain agent."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Unpack

from langchain_core.tools import BaseTool, BaseToolkit, ToolException
from pydantic import ConfigDict, Field

from parsestrata.agent.answer import DEFAULT_BUDGET
from parsestrata.agent.searching import SearchFunction
from parsestrata.agent.shelf import DEFAULT_SIZE
from parsestrata.agent.tool_calls import (
    check_arguments,
    describe_tool,
    explain,
    tool_names,
)
from parsestrata.agent.tools import DocumentTools
from parsestrata.errors import ParseStrataError
from parsestrata.options import OptionValues
from parsestrata.sources.source import Source


class LlamaParseToolkit(BaseToolkit):
    """Tools with which a model reads documents by their outline, a little at a time.

    Args:
        source: A job id, a saved result or a PDF, or a list of them; None with `root`.
        root: A folder whose results and documents may be read, by their path from
            there; None for none.
        answer_tokens: Most tokens of an answer where a call says nothing, at least
            300.
        search_function: Takes the place of the lexical search: from a query and a
            number to chunk ids or Documents, as
            `lambda query, k: store.similarity_search(query, k=k)`.
        cache_bytes: Memory for open documents, about.
        **options: Fields of `parsestrata.Options`, those of the chunks that citations
            name.

    Raises:
        ConfigError: An option is wrong, or there is nothing to read.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    documents: DocumentTools = Field(exclude=True, repr=False)
    """The same tools for Python code, each document opened once for both."""

    def __init__(
        self,
        source: Source | Sequence[Source] | None = None,
        *,
        root: Path | str | None = None,
        answer_tokens: int = DEFAULT_BUDGET,
        search_function: SearchFunction | None = None,
        cache_bytes: int = DEFAULT_SIZE,
        **options: Unpack[OptionValues],
    ) -> None:
        documents = DocumentTools(
            source,
            root=root,
            answer_tokens=answer_tokens,
            search_function=search_function,
            cache_bytes=cache_bytes,
            **options,
        )
        super().__init__(documents=documents)

    def get_tools(self) -> list[BaseTool]:
        """Return the tools, the first to call first; one document needs no name.

        The content of a `ToolMessage` is what a model reads, its artifact
        `Answer.to_dict()`. A call that cannot be answered gives a message of status
        "error" that says what there is, and raises nothing.
        """
        return [_make_tool(name, self.documents) for name in tool_names(self.documents)]


class DocumentTool(BaseTool):
    """A method of `DocumentTools` as a tool.

    Its artifact is the answer as JSON values, since checkpoints, traces and other
    processes keep nothing else unchanged.
    """

    documents: DocumentTools = Field(exclude=True, repr=False)
    method: str
    """Which, whatever the tool is called."""
    response_format: Literal["content", "content_and_artifact"] = "content_and_artifact"
    handle_tool_error: Any = True
    handle_validation_error: Any = explain

    def _run(self, *args: Any, **kwargs: Any) -> tuple[str, dict[str, Any]]:
        card = describe_tool(self.method, single=self.documents.is_single)
        try:
            given = check_arguments(card.arguments, args, kwargs)
            answer = getattr(self.documents, self.method)(**given)
        except ParseStrataError as error:
            raise ToolException(str(error)) from error
        return str(answer), answer.to_dict()

    def __getstate__(self) -> dict[Any, Any]:
        """Leave out the class of the arguments, which no other process knows."""
        state = super().__getstate__()
        fields = {k: v for k, v in state["__dict__"].items() if k != "args_schema"}
        return {**state, "__dict__": fields}

    def __setstate__(self, state: dict[Any, Any]) -> None:
        super().__setstate__(state)
        single = self.documents.is_single
        self.args_schema = describe_tool(self.method, single=single).arguments


def _make_tool(name: str, documents: DocumentTools) -> BaseTool:
    card = describe_tool(name, single=documents.is_single)
    return DocumentTool(
        name=name,
        method=name,
        description=card.description,
        args_schema=card.arguments,
        documents=documents,
    )
