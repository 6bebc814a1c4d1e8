"""LangChain: a loader, a splitter and a blob parser (extra: langchain)."""

from parsestrata.errors import MissingExtraError

try:
    import langchain_core  # noqa: F401 - only to see whether it is there
except ModuleNotFoundError as error:
    raise MissingExtraError(error.name or "langchain_core", "langchain") from None

from parsestrata.langchain.blob_parser import LlamaParseBlobParser
from parsestrata.langchain.documents import image_documents, to_document
from parsestrata.langchain.indexing import chunk_key
from parsestrata.langchain.loader import LlamaParseLoader
from parsestrata.langchain.splitter import HeadingSplitter

__all__ = [
    "HeadingSplitter",
    "LlamaParseBlobParser",
    "LlamaParseLoader",
    "chunk_key",
    "image_documents",
    "to_document",
]
