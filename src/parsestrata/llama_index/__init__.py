"""LlamaIndex: a reader, a node parser, a retriever and a tool spec (extra: llama-index)."""

from parsestrata.errors import MissingExtraError

try:
    import llama_index.core  # noqa: F401 - only to see whether it is there
except ModuleNotFoundError as error:
    raise MissingExtraError(error.name or "llama_index.core", "llama-index") from None

from parsestrata.chunking.chunk import document_id
from parsestrata.llama_index.images import image_nodes
from parsestrata.llama_index.node_parser import HeadingNodeParser
from parsestrata.llama_index.nodes import to_document, to_nodes
from parsestrata.llama_index.reader import LlamaParseReader
from parsestrata.llama_index.retriever import LlamaParseRetriever
from parsestrata.llama_index.tool_spec import LlamaParseToolSpec

__all__ = [
    "HeadingNodeParser",
    "LlamaParseReader",
    "LlamaParseRetriever",
    "LlamaParseToolSpec",
    "document_id",
    "image_nodes",
    "to_document",
    "to_nodes",
]
