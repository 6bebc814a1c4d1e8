"""Small, cited answers about a document, for those who build agents.

    from parsestrata.agent import DocumentTools

    tools = DocumentTools("report.pdf")
    print(tools.outline(depth=2))
    print(tools.read_section("Risk factors > Market risk"))

The same as plain functions take an `OpenDocument`. `parsestrata.langchain`,
`parsestrata.llama_index` and the command `parsestrata mcp` hand these tools to a model.
"""

from parsestrata.agent.answer import Answer
from parsestrata.agent.opened import OpenDocument
from parsestrata.agent.outlining import describe, outline
from parsestrata.agent.reading import read_pages, read_section
from parsestrata.agent.searching import SearchFunction, find_hits, search
from parsestrata.agent.tabling import get_table, list_tables
from parsestrata.agent.tools import DocumentTools

__all__ = [
    "Answer",
    "DocumentTools",
    "OpenDocument",
    "SearchFunction",
    "describe",
    "find_hits",
    "get_table",
    "list_tables",
    "outline",
    "read_pages",
    "read_section",
    "search",
]
