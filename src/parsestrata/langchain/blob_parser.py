"""LlamaParseBlobParser: blobs of saved results or documents -> Documents."""

from collections.abc import Iterator
from pathlib import Path
from typing import Unpack

from langchain_core.document_loaders import BaseBlobParser
from langchain_core.documents import Document
from langchain_core.documents.base import Blob

from parsestrata.conversion.loading import Loading
from parsestrata.langchain.documents import to_document
from parsestrata.options import Options, OptionValues
from parsestrata.report import Report


class LlamaParseBlobParser(BaseBlobParser):
    """Parses blobs of saved v2 results or PDFs, for folders through `GenericLoader`.

    Metadata of the blob go on to its Documents; keys of the contract are the
    chunk's own.

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
        """What happened to every blob parsed so far."""
        return self._loading.report

    def lazy_parse(self, blob: Blob) -> Iterator[Document]:
        """Yield the Documents of one blob.

        Raises:
            ParseStrataError: The blob is no v2 result; see `on_failed_job`.
        """
        path = Path(blob.path) if blob.data is None and blob.path else None
        data = path if path and str(path) == blob.source else blob.as_bytes()
        split = self._loading.split_data(data, blob.source, blob.metadata)
        for chunk, metadata in split:
            yield to_document(chunk, metadata)
