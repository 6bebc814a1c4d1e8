"""Code as users write it, for the type checker alone: nothing here is run."""

from collections.abc import Iterator
from pathlib import Path

from langchain_core.documents import Document as LangChainDocument
from langchain_core.documents.base import Blob
from langchain_core.tools import BaseTool
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.schema import BaseNode, Document, NodeWithScore, TextNode
from llama_index.core.tools import FunctionTool

import parsestrata
from parsestrata import (
    Chunk,
    Options,
    ParseStrataError,
    Provenance,
    Region,
    Report,
    chunk,
    contextualize,
    outline,
    to_flat,
    to_rich,
)
from parsestrata.langchain import (
    HeadingSplitter,
    LlamaParseBlobParser,
    LlamaParseLoader,
    LlamaParseRetriever,
    LlamaParseToolkit,
)
from parsestrata.llama_index import (
    HeadingNodeParser,
    LlamaParseReader,
    LlamaParseToolSpec,
)
from parsestrata.llama_index import LlamaParseRetriever as NodeRetriever


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


def make_tools(source: str, folder: Path) -> list[BaseTool]:
    one = LlamaParseToolkit(source, answer_tokens=800, repair_headings=True)
    many = LlamaParseToolkit([source, folder / "b.pdf"], root=folder)
    return [*one.get_tools(), *many.get_tools()]


def find_documents(source: str) -> list[LangChainDocument]:
    retriever = LlamaParseRetriever(source, k=3, split="item")
    return retriever.invoke("lead", k=2)


def make_function_tools(source: str) -> list[FunctionTool]:
    spec = LlamaParseToolSpec(source, search_function=lambda query, k: [query] * k)
    return spec.to_tool_list()


async def read_by_tools(spec: LlamaParseToolSpec) -> list[str]:
    answer = await spec.aread_section("Risk factors", subsections=True)
    return [str(answer), *[one.pages for one in answer.citations]]


async def find_nodes(source: str) -> list[NodeWithScore]:
    retriever = NodeRetriever(source, similarity_top_k=3, max_tokens=128)
    return await retriever.aretrieve("lead")
