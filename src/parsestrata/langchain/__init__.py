"""LangChain: a loader, a splitter, a blob parser, a retriever and tools (extra: langchain)."""

from parsestrata.errors import MissingExtraError

try:
    import langchain_core  # noqa: F401 - only to see whether it is there
except ModuleNotFoundError as error:
    raise MissingExtraError(error.name or "langchain_core", "langchain") from None

from parsestrata.langchain.blob_parser import LlamaParseBlobParser
from parsestrata.langchain.documents import to_document
from parsestrata.langchain.loader import LlamaParseLoader
from parsestrata.langchain.retriever import LlamaParseRetriever
from parsestrata.langchain.splitter import HeadingSplitter
from parsestrata.langchain.toolkit import LlamaParseToolkit

__all__ = [
    "HeadingSplitter",
    "LlamaParseBlobParser",
    "LlamaParseLoader",
    "LlamaParseRetriever",
    "LlamaParseToolkit",
    "to_document",
]
