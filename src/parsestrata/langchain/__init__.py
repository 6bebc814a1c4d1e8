"""LangChain: a loader, a splitter, a blob parser, a retriever, tools (extra: langchain).

The retriever and the toolkit are imported when they are asked for: with them comes
twice as much of the framework as a loader needs.
"""

import importlib
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from parsestrata.langchain.retriever import LlamaParseRetriever
    from parsestrata.langchain.toolkit import LlamaParseToolkit
else:
    _LATER = {"LlamaParseRetriever": "retriever", "LlamaParseToolkit": "toolkit"}

    def __getattr__(name: str) -> object:
        if name not in _LATER:
            message = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(message)
        return getattr(importlib.import_module(f"{__name__}.{_LATER[name]}"), name)


__all__ = [
    "HeadingSplitter",
    "LlamaParseBlobParser",
    "LlamaParseLoader",
    "LlamaParseRetriever",
    "LlamaParseToolkit",
    "chunk_key",
    "image_documents",
    "to_document",
]
