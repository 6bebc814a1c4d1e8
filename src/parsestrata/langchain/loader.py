"""LlamaParseLoader: job ids or saved results -> Documents."""

from collections.abc import AsyncIterator, Generator
from typing import Unpack

from langchain_core.document_loaders import BaseLoader
from langchain_core.documents import Document

from parsestrata.conversion.in_thread import iterate_in_thread
from parsestrata.conversion.loading import Loading, as_sources
from parsestrata.langchain.documents import to_document, to_linked_documents
from parsestrata.options import Options, OptionValues
from parsestrata.report import Report
from parsestrata.sources.source import Sources


class LlamaParseLoader(BaseLoader):
    """Loads LlamaParse v2 results as Documents cut along their headings.

    Args:
        source: A job id, a saved result or a PDF (path, `-`, bytes, open file), a dict, an
            object of the llama-cloud SDK, or a list or generator of them.
        **options: Fields of `parsestrata.Options`: `split`, `max_tokens`, ...

    Raises:
        ConfigError: An option is wrong.
    """

    def __init__(self, source: Sources, **options: Unpack[OptionValues]) -> None:
        self._sources = as_sources(source)
        self._options = Options(**options)
        self._loading = Loading(self._options)

    @property
    def report(self) -> Report:
        """What failed, was blank or was left out in the run begun last, and why."""
        return self._loading.report

    def lazy_load(self) -> Generator[Document, None, None]:
        """Yield Documents in reading order; each call is a new run with its report.

        Raises:
            ParseStrataError: A source cannot be read; see `on_failed_job`.
        """
        loading = self._loading = Loading(self._options)
        for chunk, report in loading.chunks(self._sources):
            yield to_document(chunk, loading.metadata(chunk, report))

    def load_with_sections(
        self, *, max_section_tokens: int | None = None
    ) -> tuple[list[Document], list[Document]]:
        """Load Documents and the sections that hold them, for parent retrieval.

        Embed the first, put the others into a docstore by their id: the key
        `section_id` of a hit leads to its whole section.

        Args:
            max_section_tokens: A larger section is left out, and the chunks right
                below it stand alone; None for no limit.

        Returns:
            Documents of chunks as `load` gives them, with `section_id`; and Documents
            of sections, whole, whose `section_id` is that of the section around.

        Raises:
            ConfigError: `split` is not "chunk".
            ParseStrataError: A source cannot be read; see `on_failed_job`.
        """
        loading = self._loading = Loading(self._options)
        return to_linked_documents(loading.cuts(self._sources, max_section_tokens))

    async def alazy_load(self) -> AsyncIterator[Document]:
        """Yield the same Documents; the work is done in a thread."""
        async for document in iterate_in_thread(self.lazy_load()):
            yield document
