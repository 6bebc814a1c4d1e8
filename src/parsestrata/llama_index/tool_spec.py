"""LlamaParseToolSpec: the tools of DocumentTools for a LlamaIndex agent."""

import asyncio
import functools
from collections.abc import Awaitable, Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from llama_index.core.tools import FunctionTool, ToolMetadata, ToolOutput
from llama_index.core.tools.tool_spec.base import SPEC_FUNCTION_TYPE, BaseToolSpec

from parsestrata.agent.answer import Answer
from parsestrata.agent.tool_calls import check_arguments, describe_tool, tool_names
from parsestrata.agent.tools import TOOLS, DocumentTools
from parsestrata.errors import ParseStrataError

_P = ParamSpec("_P")
_T = TypeVar("_T")


def _in_thread(
    method: Callable[Concatenate[DocumentTools, _P], _T],
) -> Callable[Concatenate[DocumentTools, _P], Awaitable[_T]]:
    """Make the async form of a method: the work is done in a thread."""

    @functools.wraps(method)
    async def run(self: DocumentTools, /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        return await asyncio.to_thread(method, self, *args, **kwargs)

    return run


class LlamaParseToolSpec(DocumentTools, BaseToolSpec):
    """Tools with which a model reads documents by their outline, a little at a time.

    Constructed as `parsestrata.agent.DocumentTools` is, and has its methods; each has
    an async form: `aoutline`, `aread_section`, ...
    """

    spec_functions: list[SPEC_FUNCTION_TYPE] = [(name, f"a{name}") for name in TOOLS]  # noqa: RUF012 - as the base has it

    alist_documents = _in_thread(DocumentTools.list_documents)
    adescribe = _in_thread(DocumentTools.describe)
    aoutline = _in_thread(DocumentTools.outline)
    aread_section = _in_thread(DocumentTools.read_section)
    aread_pages = _in_thread(DocumentTools.read_pages)
    asearch = _in_thread(DocumentTools.search)
    alist_tables = _in_thread(DocumentTools.list_tables)
    aget_table = _in_thread(DocumentTools.get_table)

    def to_tool_list(
        self,
        spec_functions: list[SPEC_FUNCTION_TYPE] | None = None,
        func_to_metadata_mapping: dict[str, ToolMetadata] | None = None,
    ) -> list[FunctionTool]:
        """Return the tools, the first to call first; one document needs no name.

        The content of a `ToolOutput` is what a model reads, its `raw_output`
        `Answer.to_dict()`. A call that cannot be answered gives one with `is_error`
        that says what there is, and raises nothing.

        Args:
            spec_functions: Names, or pairs of a name and its async form; None for
                all that make sense.
            func_to_metadata_mapping: What is told of a tool in place of its
                docstring, by name.
        """
        names = tool_names(self)
        pairs: list[SPEC_FUNCTION_TYPE] = [(name, f"a{name}") for name in names]
        told = {name: self._describe(name) for name in TOOLS}
        told |= {f"a{name}": told[name] for name in TOOLS}
        told |= func_to_metadata_mapping or {}
        tools = super().to_tool_list(spec_functions or pairs, told)
        return [DocumentTool(one.fn, one.metadata, one.async_fn) for one in tools]

    def _describe(self, name: str) -> ToolMetadata:
        card = describe_tool(name, single=self.is_single)
        return ToolMetadata(card.description, card.name, card.arguments)


class DocumentTool(FunctionTool):
    """A tool that checks its arguments, and answers a bad call.

    Its raw output is the answer as JSON values: events of a workflow are serialised,
    and take nothing else.
    """

    def call(self, *args: Any, **kwargs: Any) -> ToolOutput:
        """Answer a call."""
        try:
            return _to_json(super().call(**self._check(args, kwargs)))
        except ParseStrataError as error:
            return self._refuse(error, args, kwargs)

    async def acall(self, *args: Any, **kwargs: Any) -> ToolOutput:
        """Answer a call; the work is done in a thread."""
        try:
            return _to_json(await super().acall(**self._check(args, kwargs)))
        except ParseStrataError as error:
            return self._refuse(error, args, kwargs)

    def _check(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        schema = self.metadata.fn_schema
        return kwargs if schema is None else check_arguments(schema, args, kwargs)

    def _refuse(
        self, error: ParseStrataError, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> ToolOutput:
        return ToolOutput(
            tool_name=self.metadata.get_name(),
            content=str(error),
            raw_input={"args": args, "kwargs": kwargs},
            raw_output=str(error),
            is_error=True,
        )


def _to_json(output: ToolOutput) -> ToolOutput:
    if isinstance(output.raw_output, Answer):
        output.raw_output = output.raw_output.to_dict()
    return output
