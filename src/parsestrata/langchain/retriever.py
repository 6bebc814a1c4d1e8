"""LlamaParseRetriever: the Documents of a loader, found by their words."""

import asyncio
from collections.abc import Sequence
from operator import attrgetter
from typing import Unpack

from langchain_core.callbacks import (
    AsyncCallbackManagerForRetrieverRun,
    CallbackManagerForRetrieverRun,
)
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import PrivateAttr

from parsestrata.agent.word_search import WordSearch, check_k
from parsestrata.langchain.loader import LlamaParseLoader
from parsestrata.options import OptionValues
from parsestrata.report import Report
from parsestrata.sources.source import Source


class LlamaParseRetriever(BaseRetriever):
    """Finds the Documents that `LlamaParseLoader` gives, by BM25, without a store.

    They are loaded at the first query and kept. Each has its `score` in the metadata,
    which is higher for a better one and compares within one query only.

    Args:
        source: As for `LlamaParseLoader`.
        k: How many Documents are found, at most; also of a call,
            `invoke(query, k=3)`.
        **options: Fields of `parsestrata.Options`. `metadata` is among them; what a
            trace should say goes through `with_config`.

    Raises:
        ConfigError: An option is wrong.
    """

    k: int = 5
    _loader: LlamaParseLoader = PrivateAttr()
    _search: WordSearch[Document] = PrivateAttr()

    def __init__(
        self,
        source: Source | Sequence[Source],
        *,
        k: int = 5,
        **options: Unpack[OptionValues],
    ) -> None:
        super().__init__(k=check_k(k))
        self._loader = LlamaParseLoader(source, **options)
        self._search = WordSearch(self._loader.load, attrgetter("page_content"))

    @property
    def report(self) -> Report:
        """What failed, was blank or was left out when the Documents were loaded."""
        return self._loader.report

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002 - of the base
        k: int | None = None,
    ) -> list[Document]:
        return self._find(query, k)

    async def _aget_relevant_documents(
        self,
        query: str,
        *,
        run_manager: AsyncCallbackManagerForRetrieverRun,  # noqa: ARG002 - of the base
        k: int | None = None,
    ) -> list[Document]:
        return await asyncio.to_thread(self._find, query, k)

    def _find(self, query: str, k: int | None) -> list[Document]:
        found = self._search.find(query, self.k if k is None else k)
        return [
            Document(
                id=document.id,
                page_content=document.page_content,
                metadata={**document.metadata, "score": score},
            )
            for document, score in found
        ]
