"""LlamaIndex: a reader and a node parser (extra: llama-index)."""

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

__all__ = [
    "HeadingNodeParser",
    "LlamaParseReader",
    "document_id",
    "image_nodes",
    "to_document",
    "to_nodes",
]
