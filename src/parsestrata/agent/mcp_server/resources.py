"""Documents and sections as resources: `parsestrata://{document}/{section}`."""

import json
import re
from itertools import islice
from typing import Any
from urllib.parse import quote, unquote

from parsestrata.agent.answer import Answer
from parsestrata.agent.tools import DocumentTools
from parsestrata.errors import ToolCallError

SCHEME = "parsestrata://"
_MARKDOWN = "text/markdown"
_PAGE = 100
"""Documents listed at a time."""
_LARGEST = 20_000
"""Tokens of a resource, at most."""
_DEEPEST = 6
_MOST_COMPLETIONS = 100
_OF_DOCUMENT = f"{SCHEME}{{document}}"
_OF_SECTION = f"{SCHEME}{{document}}/{{section}}"
_MORE = re.compile(r"\n\nMore: repeat the call with cursor=.*\Z")

TEMPLATES = [
    {
        "uriTemplate": _OF_DOCUMENT,
        "name": "outline",
        "title": "Outline of a document",
        "description": "The sections of a document with their ids, pages and sizes.",
        "mimeType": _MARKDOWN,
    },
    {
        "uriTemplate": _OF_SECTION,
        "name": "section",
        "title": "Section of a document",
        "description": "The text of a section and of all below it, with its sources. "
        "The id is one of the outline (s1.2); document names are percent-encoded.",
        "mimeType": _MARKDOWN,
    },
]


def list_documents(tools: DocumentTools, cursor: str) -> dict[str, Any]:
    """List documents, a hundred at a time.

    Args:
        tools: What has the documents.
        cursor: Of the list before, "" at first.

    Raises:
        ToolCallError: The cursor is none of ours.
    """
    if cursor and not (cursor.isascii() and cursor.isdecimal()):
        problem = f"cursor {cursor[:40]!r} is of no list of documents"
        raise ToolCallError(problem)
    start = int(cursor or 0)
    names = list(islice(tools.names(), start, start + _PAGE + 1))
    listed: dict[str, Any] = {"resources": [_describe(name) for name in names[:_PAGE]]}
    if len(names) > _PAGE:
        listed["nextCursor"] = str(start + _PAGE)
    return listed


def _describe(name: str) -> dict[str, Any]:
    return {
        "uri": write_uri(name),
        "name": name,
        "title": f"Outline of {name}",
        "description": "Its sections with their ids, pages and sizes.",
        "mimeType": _MARKDOWN,
    }


def write_uri(document: str, section: str = "") -> str:
    """Write the address of an outline, or of a section."""
    parts = [document, section] if section else [document]
    encoded = [quote(part, safe="", errors="surrogateescape") for part in parts]
    return SCHEME + "/".join(encoded)


def read(tools: DocumentTools, uri: str) -> dict[str, Any]:
    """Read a resource, as far as it is not too long to be read at once.

    Raises:
        ToolCallError: There is none at this address.
        ParseStrataError: The document cannot be read.
    """
    document, section = _parse(uri)
    named = {} if tools.is_single else {"document": document}
    if section:
        answer = tools.read_section(
            section, subsections=True, document=document, max_tokens=_LARGEST
        )
        more = {"section": section, "subsections": True}
        text = _write(answer, "read_section", {**more, **named})
    else:
        answer = tools.outline(_DEEPEST, document=document, max_tokens=_LARGEST)
        text = _write(answer, "outline", {"depth": _DEEPEST, **named})
    return {"contents": [{"uri": uri, "mimeType": _MARKDOWN, "text": text}]}


def _parse(uri: str) -> tuple[str, str]:
    """Take an address apart; only after that are its parts decoded, once."""
    document, _, section = uri.removeprefix(SCHEME).partition("/")
    if not uri.startswith(SCHEME) or not document or "/" in section.rstrip("/"):
        problem = f"{uri[:120]!r} is no address of a document or a section"
        raise ToolCallError(problem, (_OF_DOCUMENT, _OF_SECTION))
    decoded = [
        unquote(one, errors="surrogateescape") for one in (document, section.strip("/"))
    ]
    return decoded[0], decoded[1]


def _write(answer: Answer, tool: str, arguments: dict[str, Any]) -> str:
    """Write an answer; one that was cut says how to go on with a tool."""
    told = str(answer)
    if not answer.next:
        return told
    call = json.dumps({**arguments, "cursor": answer.next}, ensure_ascii=False)
    return f"{_MORE.sub('', told)}\n\nMore: call the tool {tool} with {call}"


def complete(tools: DocumentTools, params: dict[str, Any]) -> dict[str, Any]:
    """Complete an argument of a template.

    Args:
        tools: What has the documents.
        params: Of `completion/complete`; the document of a section is in its context.

    Raises:
        ParseStrataError: The document cannot be read.
    """
    argument = params["argument"]
    begun = argument["value"]
    if params["ref"].get("uri") not in {_OF_DOCUMENT, _OF_SECTION}:
        return {"values": []}
    if argument["name"] == "document":
        values = [name for name in tools.names() if begun.casefold() in name.casefold()]
    else:
        context = params.get("context") or {}
        document = (context.get("arguments") or {}).get("document", "")
        sections = tools.open(document).sections
        values = [one.id for one in sections if one.id.startswith(begun)]
    shown = values[:_MOST_COMPLETIONS]
    return {"values": shown, "total": len(values), "hasMore": len(values) > len(shown)}
