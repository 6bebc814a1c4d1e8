"""Code as users write it, for the type checker alone: nothing here is run."""

from collections.abc import Iterator
from pathlib import Path

from langchain_core.documents import Document as LangChainDocument
from langchain_core.documents.base import Blob
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.schema import BaseNode, Document, TextNode

import parsestrata
from parsestrata import (
    Chunk,
    Citation,
    DocumentSection,
    DocumentTable,
    Options,
    ParseStrataError,
    Provenance,
    Region,
    Report,
    by_chunk,
    chunk,
    cite,
    contextualize,
    outline,
    sections,
    tables,
    to_flat,
    to_rich,
)
from parsestrata.langchain import (
    HeadingSplitter,
    LlamaParseBlobParser,
    LlamaParseLoader,
)
from parsestrata.llama_index import HeadingNodeParser, LlamaParseReader


def count_words(text: str) -> int:
    return len(text.split())


def read_chunks(path: Path) -> list[str]:
    report = Report()
    chunks: Iterator[Chunk] = chunk(
        [path, "pjb-x", b"{}", {"items": {"pages": []}}],
        report=report,
        max_tokens=300,
        context="path",
        count_tokens=count_words,
        extra_metadata={"team": "blue"},
    )
    texts = [contextualize(one) for one in chunks]
    report.verify()
    failed: dict[tuple[str, int], str] = report.failed_pages
    return [*texts, *failed.values(), parsestrata.__version__]


def read_outline(path: str) -> list[tuple[str, int]]:
    sections = outline(path, repair_headings=True)
    return [(one.heading.text, one.page_number) for one in sections]


def read_boxes(document: LangChainDocument) -> list[tuple[Region, float]]:
    provenance = Provenance.from_metadata(to_rich(to_flat(document.metadata)))
    page: int = provenance.page_number
    path: tuple[str, ...] = provenance.heading_path
    return [(one, one.fraction.left + page + len(path)) for one in provenance.regions]


def load_documents(source: str) -> list[LangChainDocument]:
    loader = LlamaParseLoader(
        source,
        split="page",
        api_key="llx-",
        metadata="rich",
        on_failed_page="placeholder",
        on_failed_job="report",
        table_format="markdown",
        timeout=60,
    )
    return loader.load()


async def stream_documents(loader: LlamaParseLoader) -> list[str]:
    texts = [document.page_content async for document in loader.alazy_load()]
    return [*texts, str(loader.report)]


def split_documents(documents: list[LangChainDocument]) -> list[LangChainDocument]:
    return HeadingSplitter(max_tokens=200, min_tokens=20).split_documents(documents)


def parse_blob(path: Path) -> Iterator[LangChainDocument]:
    return LlamaParseBlobParser(identity="job_id").lazy_parse(Blob.from_path(path))


def read_nodes(sources: list[str]) -> list[TextNode]:
    reader = LlamaParseReader(split="chunk", id_namespace="tests", api_key=None)
    documents: list[Document] = reader.load_data(sources)
    also: list[LangChainDocument] = reader.load_langchain_documents(sources)
    assert len(documents) == len(also)
    return reader.load_nodes(sources, extra_info={"team": "blue"})


async def read_async(source: Path) -> list[Document]:
    reader = LlamaParseReader()
    streamed = [document async for document in reader.astream_data(source)]
    return streamed + await reader.aload_data(source)


def build_pipeline() -> IngestionPipeline:
    parser = HeadingNodeParser(max_tokens=256, include_prev_next_rel=False)
    return IngestionPipeline(transformations=[parser])


def parse_nodes(documents: list[Document], options: Options) -> list[BaseNode]:
    parser = HeadingNodeParser(options=options)
    try:
        return parser.get_nodes_from_documents(documents)
    except ParseStrataError as error:
        print(error)  # noqa: T201 - what a user would do
        return []


def find_wholes(source: Path, hit: LangChainDocument) -> tuple[str, list[str]]:
    citation: Citation = cite((hit, 0.5))
    around: tuple[DocumentSection, ...] = by_chunk(sections(source))[citation.chunk_id]
    held: tuple[DocumentTable, ...] = by_chunk(tables(source))[citation.chunk_id]
    return around[0].text, [table.csv for table in held]


def load_parents(source: Path) -> tuple[list[str | None], list[str]]:
    documents, wholes = LlamaParseLoader(source).load_with_sections()
    nodes, parents = LlamaParseReader().load_with_sections(
        source, max_section_tokens=4000
    )
    raw = LlamaParseReader(split="result").load_data(source)
    _, again = HeadingNodeParser(sections=True).split_with_sections(raw)
    ids = [document.id for document in (*documents, *wholes)]
    return ids, [node.node_id for node in (*nodes, *parents, *again)]
