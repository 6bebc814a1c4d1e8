"""What the server answers to each request, as JSON values, whatever mcp's version."""

import json
import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path, PurePath
from typing import Any

from parsestrata.agent.answer import Answer
from parsestrata.agent.mcp_server import resources
from parsestrata.agent.mcp_server.schema import ANSWER_SCHEMA
from parsestrata.agent.tool_calls import check_arguments, describe_tool, tool_names
from parsestrata.agent.tools import DocumentTools
from parsestrata.errors import ParseStrataError, ToolCallError

INSTRUCTIONS = (
    "These tools read documents along their headings: begin with outline, whose "
    "section ids go into the other tools. Then search for words or read_section, "
    "list_tables and get_table for figures, and repeat a call with its cursor to read "
    "on. Cite the page numbers and heading paths that stand under Sources."
)
_TITLES = {
    "list_documents": "List documents",
    "describe": "Describe a document",
    "outline": "Outline of a document",
    "read_section": "Read a section",
    "read_pages": "Read pages",
    "search": "Search a document",
    "list_tables": "List tables",
    "get_table": "Read a table",
}
_READ_ONLY = {
    "readOnlyHint": True,
    "destructiveHint": False,
    "idempotentHint": True,
    "openWorldHint": False,
}
QUICK = frozenset({"tools/list", "resources/templates/list"})
"""Methods that open no document: their answers need not wait for a thread."""
_FAULT = "the server failed on this call ({}); its log says more"
_log = logging.getLogger(__name__)


class NotFoundError(Exception):
    """There is no such resource; the text is for the client."""


class DocumentServer:
    """Answers to the requests of the protocol; each takes and returns JSON values.

    Nothing in an answer tells where files lie: paths are cut to what a document is
    called.

    Args:
        tools: What is asked.
        version: Of the server, as clients see it.
        root: Of the tools; answers show the paths of its files from there.
        secret_paths: Files and folders of which answers show the last part alone.
        threads: How many calls are worked on at a time.
    """

    def __init__(
        self,
        tools: DocumentTools,
        *,
        version: str = "",
        root: Path | None = None,
        secret_paths: tuple[Path, ...] = (),
        threads: int = 4,
    ) -> None:
        self.tools = tools
        self.version = version
        self.threads = threads
        self._veiled = _shown_paths(root, secret_paths)

    @property
    def handlers(self) -> Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]]:
        """What answers each method: from its `params` to its `result`."""
        return {
            "tools/list": self.list_tools,
            "tools/call": self.call_tool,
            "resources/list": self.list_resources,
            "resources/templates/list": self.list_templates,
            "resources/read": self.read_resource,
            "completion/complete": self.complete,
        }

    def list_tools(self, _params: dict[str, Any]) -> dict[str, Any]:
        """List the tools with what they take and give."""
        return {"tools": [self._describe(name) for name in tool_names(self.tools)]}

    def _describe(self, name: str) -> dict[str, Any]:
        card = describe_tool(name, single=self.tools.is_single)
        schema = card.arguments.model_json_schema()
        schema.pop("title", None)
        return {
            "name": name,
            "title": _TITLES[name],
            "description": card.description,
            "inputSchema": {**schema, "additionalProperties": False},
            "outputSchema": ANSWER_SCHEMA,
            "annotations": {"title": _TITLES[name], **_READ_ONLY},
        }

    def call_tool(self, params: dict[str, Any]) -> dict[str, Any]:
        """Call a tool; what is wrong with a call is an answer too, for the model."""
        try:
            answer = self._call(params["name"], params.get("arguments") or {})
        except ParseStrataError as error:
            return _refuse(self._veil(str(error)))
        except Exception as error:  # noqa: BLE001 - told in the log, and to the model
            _log.exception("tool %s failed", params["name"])
            return _refuse(_FAULT.format(type(error).__name__))
        text = {"type": "text", "text": str(answer)}
        return {"content": [text], "structuredContent": answer.to_dict()}

    def _call(self, name: str, arguments: Mapping[str, Any]) -> Answer:
        names = tool_names(self.tools)
        if name not in names:
            problem = f"there is no tool {name[:40]!r}"
            raise ToolCallError(problem, names)
        card = describe_tool(name, single=self.tools.is_single)
        checked = check_arguments(card.arguments, (), arguments)
        answer: Answer = getattr(self.tools, name)(**checked)
        return answer

    def list_resources(self, params: dict[str, Any]) -> dict[str, Any]:
        """List the documents, each by its outline."""
        return self._find(
            lambda: resources.list_documents(self.tools, params.get("cursor") or "")
        )

    def list_templates(self, _params: dict[str, Any]) -> dict[str, Any]:
        """List what addresses look like."""
        return {"resourceTemplates": resources.TEMPLATES}

    def read_resource(self, params: dict[str, Any]) -> dict[str, Any]:
        """Read an outline or a section.

        Raises:
            NotFoundError: There is none at this address, or it cannot be read.
        """
        return self._find(lambda: resources.read(self.tools, params["uri"]))

    def complete(self, params: dict[str, Any]) -> dict[str, Any]:
        """Complete the name of a document or the id of a section."""
        try:
            return {"completion": resources.complete(self.tools, params)}
        except ParseStrataError:
            return {"completion": {"values": []}}

    def _find(self, find: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        try:
            return find()
        except ParseStrataError as error:
            raise NotFoundError(self._veil(str(error))) from None
        except Exception as error:  # noqa: BLE001 - the same
            _log.exception("a resource failed")
            raise NotFoundError(_FAULT.format(type(error).__name__)) from None

    def _veil(self, text: str) -> str:
        for path, shown in self._veiled:
            text = text.replace(path, shown)
        return text


def make_sendable(result: dict[str, Any]) -> dict[str, Any]:
    """Replace halves of surrogate pairs, which file names can have and JSON cannot."""
    text = json.dumps(result, ensure_ascii=False)
    made: dict[str, Any] = json.loads(text.encode("utf-8", "replace"))
    return made


def _refuse(problem: str) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": problem}], "isError": True}


def _shown_paths(
    root: Path | None, secret_paths: tuple[Path, ...]
) -> list[tuple[str, str]]:
    """Pair each path with what is shown of it, the longest first."""
    pairs = {}
    for path in secret_paths:
        for one in (str(path), str(path.absolute()), str(path.resolve())):
            pairs[one] = PurePath(one).name
    if root is not None:
        for folder in (root, root.absolute(), root.resolve()):
            pairs[f"{folder}{os.sep}"] = ""
            pairs.setdefault(str(folder), PurePath(folder).name)
    told = [(path, shown) for path, shown in pairs.items() if os.sep in path]
    return sorted(told, key=lambda pair: len(pair[0]), reverse=True)
