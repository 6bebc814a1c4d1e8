"""LlamaParseRetriever: the nodes of a reader, found by their words."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Unpack

from llama_index.core.callbacks import CallbackManager
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import MetadataMode, NodeWithScore, QueryBundle, TextNode

from parsestrata.agent.word_search import WordSearch, check_k
from parsestrata.llama_index.reader import LlamaParseReader
from parsestrata.options import OptionValues
from parsestrata.report import Report
from parsestrata.sources.source import Source


class LlamaParseRetriever(BaseRetriever):
    """Finds the nodes that `LlamaParseReader` gives, by BM25, without an index.

    They are loaded at the first query and kept. A score is higher for a better node
    and compares within one query only.

    Args:
        source: As for `LlamaParseReader.load_nodes`.
        similarity_top_k: How many nodes are found, at most.
        callback_manager: Of every retriever.
        **options: Fields of `parsestrata.Options`.

    Raises:
        ConfigError: An option is wrong.
    """

    def __init__(
        self,
        source: Source | Sequence[Source],
        *,
        similarity_top_k: int = 5,
        callback_manager: CallbackManager | None = None,
        **options: Unpack[OptionValues],
    ) -> None:
        self.similarity_top_k = check_k(similarity_top_k, "similarity_top_k")
        self._reader = LlamaParseReader(**options)
        load = partial(self._reader.load_nodes, source)
        self._search = WordSearch(load, _write)
        super().__init__(callback_manager=callback_manager)

    @property
    def report(self) -> Report:
        """What failed, was blank or was left out when the nodes were loaded."""
        return self._reader.report

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        found = self._search.find(query_bundle.query_str, self.similarity_top_k)
        return [
            NodeWithScore(node=node.model_copy(deep=True), score=score)
            for node, score in found
        ]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)


def _write(node: TextNode) -> str:
    return node.get_content(MetadataMode.EMBED)
