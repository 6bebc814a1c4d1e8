"""HeadingSplitter: Documents that hold a raw result -> Documents of chunks."""

from collections.abc import Sequence
from typing import Any, Unpack

from langchain_core.documents import BaseDocumentTransformer, Document

from parsestrata.conversion.loading import Loading
from parsestrata.langchain.documents import to_document, to_linked_documents
from parsestrata.options import Options, OptionValues
from parsestrata.report import Report


class HeadingSplitter(BaseDocumentTransformer):
    """Cuts Documents of `LlamaParseLoader(split="result")` along their headings.

    Metadata that a caller put on a Document go on to its chunks; keys of the
    contract are the chunk's own.

    Args:
        **options: Fields of `parsestrata.Options`.

    Raises:
        ConfigError: An option is wrong.
    """

    def __init__(self, **options: Unpack[OptionValues]) -> None:
        self._options = Options(**options)
        self._loading = Loading(self._options)

    @property
    def report(self) -> Report:
        """What failed, was blank or was left out in the last call, and why."""
        return self._loading.report

    def transform_documents(
        self, documents: Sequence[Document], **_kwargs: Any
    ) -> list[Document]:
        """Cut each Document.

        Raises:
            SourceError: A Document holds no raw result; see `on_failed_job`.
            ParseStrataError: A result cannot be read; see `on_failed_job`.
        """
        loading = self._loading = Loading(self._options)
        return [
            to_document(chunk, metadata)
            for document in documents
            for chunk, metadata in loading.split_text(
                document.page_content,
                str(document.metadata.get("source") or ""),
                document.metadata,
            )
        ]

    def split_with_sections(
        self, documents: Sequence[Document], *, max_section_tokens: int | None = None
    ) -> tuple[list[Document], list[Document]]:
        """Cut each Document into chunks and the sections that hold them.

        Args:
            documents: As for `split_documents`.
            max_section_tokens: As for `LlamaParseLoader.load_with_sections`.

        Returns:
            What that gives.

        Raises:
            ConfigError: `split` is not "chunk".
            ParseStrataError: As `transform_documents`.
        """
        loading = self._loading = Loading(self._options)
        return to_linked_documents(
            cut
            for document in documents
            for cut in loading.cut_text(
                document.page_content,
                str(document.metadata.get("source") or ""),
                document.metadata,
                max_section_tokens,
            )
        )

    def split_documents(self, documents: Sequence[Document]) -> list[Document]:
        """Cut each Document: the name that LangChain's text splitters have for it."""
        return self.transform_documents(documents)
