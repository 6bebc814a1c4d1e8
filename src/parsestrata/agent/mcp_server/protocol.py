"""The server of the package mcp, of either major version, over a DocumentServer."""

from collections.abc import Callable
from typing import Any, NamedTuple

from mcp import types
from mcp.server.lowlevel import Server
from mcp.shared import exceptions

from parsestrata.agent.mcp_server.answering import (
    INSTRUCTIONS,
    QUICK,
    DocumentServer,
    NotFoundError,
    make_sendable,
)
from parsestrata.agent.mcp_server.crew import Crew

_NAME = "parsestrata"
_NO_RESOURCE = -32002
"""The protocol's code for a resource that is not there."""
_Handler = Callable[[dict[str, Any]], dict[str, Any]]


class _Kind(NamedTuple):
    """The models of a request, of its parameters and of its result."""

    request: Any
    params: Any
    result: Any


_KINDS = {
    "tools/list": _Kind(
        types.ListToolsRequest, types.PaginatedRequestParams, types.ListToolsResult
    ),
    "tools/call": _Kind(
        types.CallToolRequest, types.CallToolRequestParams, types.CallToolResult
    ),
    "resources/list": _Kind(
        types.ListResourcesRequest,
        types.PaginatedRequestParams,
        types.ListResourcesResult,
    ),
    "resources/templates/list": _Kind(
        types.ListResourceTemplatesRequest,
        types.PaginatedRequestParams,
        types.ListResourceTemplatesResult,
    ),
    "resources/read": _Kind(
        types.ReadResourceRequest,
        types.ReadResourceRequestParams,
        types.ReadResourceResult,
    ),
    "completion/complete": _Kind(
        types.CompleteRequest, types.CompleteRequestParams, types.CompleteResult
    ),
}


def make_server(documents: DocumentServer) -> Any:
    """Make a `Server` that answers as a DocumentServer does, from threads."""
    server: Any = Server(_NAME, version=documents.version, instructions=INSTRUCTIONS)
    crew = Crew(documents.threads)
    for method, handle in documents.handlers.items():
        _register(server, method, handle, crew)
    return server


def _register(server: Any, method: str, handle: _Handler, crew: Crew) -> None:
    kind = _KINDS[method]

    async def answer(params: Any) -> Any:
        values = {}
        if params is not None:
            values = params.model_dump(by_alias=True, mode="json", exclude_none=True)
        try:
            if method in QUICK:
                result = handle(values)
            else:
                result = await crew.run(lambda: make_sendable(handle(values)))
        except NotFoundError as error:
            raise _make_error(_NO_RESOURCE, str(error)) from None
        return kind.result.model_validate(result)

    async def answer_v1(request: Any) -> Any:
        wrap: Any = types.ServerResult
        return wrap(await answer(request.params))

    async def answer_v2(_context: Any, params: Any) -> Any:
        return await answer(params)

    if hasattr(server, "add_request_handler"):
        server.add_request_handler(method, kind.params, answer_v2)
    else:
        server.request_handlers[kind.request] = answer_v1


def _make_error(code: int, message: str) -> Exception:
    """Make the error that becomes the protocol's, by its name in either version."""
    known: Any = exceptions
    if hasattr(known, "MCPError"):
        error: Exception = known.MCPError(code, message)
    else:
        error = known.McpError(types.ErrorData(code=code, message=message))
    return error
