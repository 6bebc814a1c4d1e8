"""Documents for the clients of the Model Context Protocol (extra: mcp).

    from parsestrata.agent import DocumentTools
    from parsestrata.agent.mcp_server import DocumentServer, serve_stdio

    serve_stdio(DocumentServer(DocumentTools(root="documents")))

In the shell `parsestrata mcp`. Over HTTP by `mcp_server.http.serve_http`.
"""

from importlib.util import find_spec

from parsestrata.errors import MissingExtraError

_MODULE = "mcp"
if find_spec(_MODULE) is None:
    raise MissingExtraError(_MODULE, "mcp")

from parsestrata.agent.mcp_server.answering import DocumentServer  # noqa: E402 - after the check
from parsestrata.agent.mcp_server.stdio import serve_stdio  # noqa: E402

__all__ = ["DocumentServer", "serve_stdio"]
