"""LlamaParseReader: job ids or saved results -> Documents or nodes."""

from collections.abc import AsyncIterator, Generator, Mapping
from itertools import groupby
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Unpack

from llama_index.core.bridge.pydantic import Field, PrivateAttr
from llama_index.core.readers.base import BasePydanticReader
from llama_index.core.schema import Document, MetadataMode, TextNode

from parsestrata.conversion.in_thread import iterate_in_thread
from parsestrata.conversion.loading import Loading, as_sources
from parsestrata.errors import MissingExtraError, SourceError
from parsestrata.llama_index.nodes import to_document, to_linked_nodes, to_nodes
from parsestrata.llama_index.settings import check_picklable, merge_options
from parsestrata.options import Options, OptionValues
from parsestrata.report import Report
from parsestrata.sources.source import Source, Sources

if TYPE_CHECKING:
    from langchain_core.documents import Document as LangChainDocument


class LlamaParseReader(BasePydanticReader):
    """Reads LlamaParse v2 results as Documents or nodes cut along their headings.

    Args:
        **options: Fields of `parsestrata.Options`: `split`, `max_tokens`, ...
            The API key stays out of `to_dict()`, `to_json()` and `repr()`.

    Raises:
        ConfigError: An option is wrong.
    """

    is_remote: bool = True
    options: Options = Field(default_factory=Options)
    _loading: Loading = PrivateAttr()
    _places: dict[str, str] = PrivateAttr(default_factory=dict)

    def __init__(
        self,
        *,
        options: Options | Mapping[str, Any] | None = None,
        is_remote: bool = True,
        **values: Unpack[OptionValues],
    ) -> None:
        super().__init__(options=merge_options(options, values), is_remote=is_remote)

    def model_post_init(self, context: Any, /) -> None:
        """Begin with an empty report."""
        super().model_post_init(context)
        self._loading = Loading(self.options)

    @classmethod
    def class_name(cls) -> str:
        """Return the name under which LlamaIndex stores the reader."""
        return "LlamaParseReader"

    def __getstate__(self) -> dict[str, Any]:
        check_picklable(self.options)
        return super().__getstate__()

    @property
    def report(self) -> Report:
        """What failed, was blank or was left out in the run begun last, and why."""
        return self._loading.report

    def lazy_load_data(
        self,
        source: Sources,
        extra_info: Mapping[str, Any] | None = None,
        fs: Any = None,
    ) -> Generator[Document, None, None]:
        """Yield Documents in reading order; each call is a new run with its report.

        Args:
            source: A job id, a saved result or a PDF (path, `-`, bytes, open file), a dict, an
                object of the llama-cloud SDK, or a list or generator of them.
            extra_info: Added to the metadata of every Document; keys of the contract
                stay the chunk's own, and `last_accessed_date`, which reading a file
                changes, stays out.
            fs: An fsspec file system that the paths are of; None for local ones.

        Raises:
            ParseStrataError: A source cannot be read; see `on_failed_job`.
        """
        loading, extra = self._begin(), _lasting(extra_info)
        for chunk, report in loading.chunks(_opened(source, fs)):
            metadata = loading.metadata(chunk, report, extra)
            yield to_document(chunk, metadata, self.options, report.namesake)

    def load_data(
        self,
        source: Sources,
        extra_info: Mapping[str, Any] | None = None,
        fs: Any = None,
    ) -> list[Document]:
        """Load all Documents; takes what `lazy_load_data` takes."""
        return list(self.lazy_load_data(source, extra_info, fs))

    async def aload_data(
        self,
        source: Sources,
        extra_info: Mapping[str, Any] | None = None,
        fs: Any = None,
    ) -> list[Document]:
        """Load all Documents; the work is done in a thread."""
        return [one async for one in self.astream_data(source, extra_info, fs)]

    async def alazy_load_data(
        self,
        source: Sources,
        extra_info: Mapping[str, Any] | None = None,
        fs: Any = None,
    ) -> list[Document]:
        """Load all Documents, as the base class wants it: an awaitable iterable.

        To get one at a time without blocking the event loop: `astream_data`.
        """
        return await self.aload_data(source, extra_info, fs)

    async def astream_data(
        self,
        source: Sources,
        extra_info: Mapping[str, Any] | None = None,
        fs: Any = None,
    ) -> AsyncIterator[Document]:
        """Yield Documents one at a time; the work is done in a thread."""
        documents = self.lazy_load_data(source, extra_info, fs)
        async for document in iterate_in_thread(documents):
            yield document

    def load_nodes(
        self,
        source: Sources,
        extra_info: Mapping[str, Any] | None = None,
        fs: Any = None,
    ) -> list[TextNode]:
        """Load TextNodes with SOURCE, PREVIOUS, NEXT, PARENT and CHILD.

        Takes what `lazy_load_data` takes.
        """
        loading, extra = self._begin(), _lasting(extra_info)
        described = (
            (report, (chunk, loading.metadata(chunk, report, extra)))
            for chunk, report in loading.chunks(_opened(source, fs))
        )
        nodes: list[TextNode] = []
        for _, group in groupby(described, key=lambda pair: id(pair[0])):
            reports, own = zip(*group, strict=True)
            namesake = reports[0].namesake
            nodes += to_nodes(own, self.options, namesake=namesake)
        return nodes

    def load_with_sections(
        self,
        source: Sources,
        extra_info: Mapping[str, Any] | None = None,
        fs: Any = None,
        *,
        max_section_tokens: int | None = None,
    ) -> tuple[list[TextNode], list[TextNode]]:
        """Load TextNodes and the sections that hold them, for parent retrieval.

        Embed the first, put both into the docstore: `AutoMergingRetriever` then gives
        a whole section where enough of it was found.

        Args:
            source: As for `lazy_load_data`.
            extra_info: As for `lazy_load_data`; the sections have it too.
            fs: As for `lazy_load_data`.
            max_section_tokens: A larger section is left out, and the chunks right
                below it stand alone; None for no limit.

        Returns:
            Nodes of chunks, PARENT being the section that holds each; and nodes of
            sections, whole, with PARENT and CHILD. Key `section_id` in the metadata
            says the same as PARENT.

        Raises:
            ConfigError: `split` is not "chunk".
            ParseStrataError: A source cannot be read; see `on_failed_job`.
        """
        loading, extra = self._begin(), _lasting(extra_info)
        nodes: list[TextNode] = []
        sections: list[TextNode] = []
        for cut in loading.cuts(_opened(source, fs), max_section_tokens, extra):
            own, around = to_linked_nodes(cut, self.options)
            nodes += own
            sections += around
        return nodes, sections

    def _begin(self) -> Loading:
        """Begin a run that knows which files the runs before it have read."""
        self._loading = Loading(self.options, places=self._places)
        return self._loading

    def load_langchain_documents(
        self, *args: Any, **kwargs: Any
    ) -> "list[LangChainDocument]":
        """Load LangChain Documents, by ourselves: the framework's bridge is broken.

        Takes what `lazy_load_data` takes.

        Raises:
            MissingExtraError: langchain-core is not installed.
        """
        try:
            from langchain_core.documents import (  # noqa: PLC0415 - another extra
                Document as LangChainDocument,
            )
        except ModuleNotFoundError:
            module = "langchain_core"
            raise MissingExtraError(module, "langchain") from None
        return [
            LangChainDocument(
                id=document.id_,
                page_content=document.get_content(MetadataMode.EMBED),
                metadata=document.metadata,
            )
            for document in self.load_data(*args, **kwargs)
        ]


def _lasting(extra_info: Mapping[str, Any] | None) -> dict[str, Any]:
    """Leave out what changes by reading alone: each day's hash would be another."""
    extra = dict(extra_info or {})
    extra.pop("last_accessed_date", None)
    return extra


def _opened(source: Sources, fs: Any) -> list[Source]:
    """Read paths through a file system of fsspec."""
    sources = as_sources(source)
    if fs is None:
        return sources
    return [
        _FileOf(fs, str(one)) if isinstance(one, str | PurePath) else one
        for one in sources
    ]


class _FileOf:
    """A file of a file system of fsspec, opened when its turn comes.

    Args:
        fs: The file system.
        name: Path of the file there.
    """

    def __init__(self, fs: Any, name: str) -> None:
        self._fs = fs
        self.name = name

    def read(self) -> bytes:
        """Read the whole file.

        Raises:
            SourceError: It is not there or cannot be read.
        """
        try:
            return bytes(self._fs.cat_file(self.name))
        except OSError as error:
            kind = type(error).__name__
            problem = f"cannot be read from {type(self._fs).__name__} ({kind})"
            raise SourceError(self.name, problem) from None
