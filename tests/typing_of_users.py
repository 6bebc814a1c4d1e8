"""Code as users write it, for mypy and pyright alone: nothing here is run.

`make check` runs both with all their rules. Below are uses that must be errors: each
has the code that either checker gives it, and a comment that is not needed is an
error of its own.
"""

import io
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from langchain_core.documents import Document as LangChainDocument
from langchain_core.documents.base import Blob
from langchain_core.indexing import InMemoryRecordManager, index
from langchain_core.tools import BaseTool
from langchain_core.vectorstores import InMemoryVectorStore
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.schema import (
    BaseNode,
    Document,
    ImageNode,
    NodeWithScore,
    TextNode,
)
from llama_index.core.tools import FunctionTool
from pydantic import SecretStr

import parsestrata
from parsestrata import (
    Chunk,
    Citation,
    DocumentSection,
    DocumentTable,
    JobReport,
    Options,
    ParseStrataError,
    ParseStrataWarning,
    Provenance,
    Region,
    Report,
    chunk,
    cite,
    contextualize,
    find_section,
    find_tables,
    outline,
    rows_of,
    sections,
    tables,
    to_flat,
    to_rich,
)
from parsestrata import errors as failures
from parsestrata.api.client import ParseClient, RetryPolicy
from parsestrata.langchain import (
    HeadingSplitter,
    LlamaParseBlobParser,
    LlamaParseLoader,
    LlamaParseRetriever,
    LlamaParseToolkit,
    chunk_key,
    image_documents,
)
from parsestrata.langchain import to_document as to_langchain
from parsestrata.llama_index import (
    HeadingNodeParser,
    LlamaParseReader,
    LlamaParseToolSpec,
    document_id,
    image_nodes,
    to_document,
    to_nodes,
)
from parsestrata.llama_index import LlamaParseRetriever as NodeRetriever


def count_words(text: str) -> int:
    return len(text.split())


# Chunks, without a framework


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


def read_tables(path: Path, hit: LangChainDocument) -> list[dict[str, str]]:
    found: Iterator[DocumentTable] = tables(path, split="item")
    cited: Citation = cite(hit)
    held: tuple[DocumentTable, ...] = find_tables(cited, found)
    frames = [one.to_pandas(numbers=True, decimal=",") for one in held]
    arrows = [one.select("1-3", ["Year", 2]).to_arrow() for one in held]
    shown: list[int] = [frame.shape[0] for frame in frames]
    names: list[str] = [name for arrow in arrows for name in arrow.column_names]
    rows = [row for one in held for row in rows_of(hit, one).records()]
    return [*rows, dict.fromkeys(names, str(shown))]


def describe_chunk(one: Chunk) -> dict[str, str | int | float]:
    titles = [heading.text for heading in one.headings]
    tables = [part.csv for part in one.tables]
    figures = [image.caption for image in one.images if image.region is not None]
    pages: tuple[int, int] = (one.page_number, one.page_end)
    return {
        "id": one.id,
        "source": one.origin.source,
        "path": one.heading_path,
        "confidence": one.confidence,
        "words": " ".join([one.body, one.context, *titles, *tables, *figures]),
        "part": one.part / one.parts + sum(pages),
    }


def read_sources(open_file: io.BytesIO, text_file: io.StringIO) -> int:
    mixed = chunk([Path("a.pdf"), "-", b"%PDF", bytearray(), {"job": None}])
    opened = chunk((open_file, text_file))
    return len([*mixed, *opened, *chunk(Path().glob("*.json"))])


def read_report(report: Report) -> list[str]:
    jobs: list[JobReport] = report.jobs
    dropped = [reason for job in jobs for reason in job.dropped.values()]
    blank = [str(number) for job in jobs for number in job.blank_pages]
    return [*dropped, *blank, *report.failed_jobs.values(), str(report)]


def read_outline(path: str) -> list[tuple[str, int]]:
    sections = outline(path, repair_headings=True)
    return [(one.heading.text, one.page_number) for one in sections]


def read_boxes(document: LangChainDocument) -> list[tuple[Region, float]]:
    provenance = Provenance.from_metadata(to_rich(to_flat(document.metadata)))
    page: int = provenance.page_number
    path: tuple[str, ...] = provenance.heading_path
    return [(one, one.fraction.left + page + len(path)) for one in provenance.regions]


# LangChain


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


def index_documents(job_ids: list[str], store: InMemoryVectorStore) -> int:
    counts = index(
        LlamaParseLoader(job_ids),
        InMemoryRecordManager("documents"),
        store,
        cleanup="full",
        source_id_key="source",
        key_encoder=chunk_key,
    )
    return counts["num_added"]


def list_images(documents: list[LangChainDocument]) -> list[LangChainDocument]:
    return image_documents(documents, "figures", on_missing="warn")


def convert_by_hand(one: Chunk, node: Chunk, options: Options) -> list[object]:
    document: LangChainDocument = to_langchain(one, {"source": one.origin.source})
    raw: Document = to_document(node, {"heading_path": ""}, options)
    nodes: list[TextNode] = to_nodes([(node, {"heading_path": ""})], options)
    identity: str = document_id("report.pdf", options)
    return [document, raw, nodes, identity]


# LlamaIndex


def read_nodes(sources: list[str]) -> list[TextNode]:
    reader = LlamaParseReader(split="chunk", id_namespace="tests", api_key=None)
    documents: list[Document] = reader.load_data(sources)
    also: list[LangChainDocument] = reader.load_langchain_documents(sources)
    assert len(documents) == len(also)
    return reader.load_nodes(sources, extra_info={"team": "blue"})


async def read_async(source: Path) -> list[Document]:
    reader = LlamaParseReader()
    stream: AsyncIterator[Document] = reader.astream_data(source)
    streamed = [document async for document in stream]
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


def find_wholes(source: Path, hit: LangChainDocument) -> list[str]:
    around: DocumentSection = find_section((hit, 0.5), sections(source))
    held: tuple[DocumentTable, ...] = find_tables(cite(hit), tables(source))
    return [around.text, *[table.csv for table in held]]


def load_parents(source: Path) -> tuple[list[str | None], list[str]]:
    documents, wholes = LlamaParseLoader(source).load_with_sections()
    nodes, parents = LlamaParseReader().load_with_sections(
        source, max_section_tokens=4000
    )
    raw = LlamaParseReader(split="result").load_data(source)
    _, again = HeadingNodeParser(sections=True).split_with_sections(raw)
    ids = [document.id for document in (*documents, *wholes)]
    return ids, [node.node_id for node in (*nodes, *parents, *again)]


def find_images(nodes: list[TextNode]) -> list[str]:
    images: list[ImageNode] = image_nodes(nodes, folder=Path("figures"))
    return [image.image_path for image in images if image.image_path]


# Tools and retrievers


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


# The API and its errors


def use_the_client(path: Path) -> list[str]:
    retry = RetryPolicy(seconds=60)
    with ParseClient(region="eu", requests_per_minute=20, retry=retry) as client:
        job = client.upload(path, tier="agentic")
        done = client.wait(job.id, timeout=600)
        result = client.get(job.id, ["items", "metadata"], wait=False)
        images = client.download_images(job.id, "figures", job_timeout=60)
        saved = client.download_result(job.id, "items", path.with_suffix(".json"))
        ids = [one.id for one in client.list(status="COMPLETED")]
        client.delete(job.id, project_id="x")
    pages = result.items.pages if result.items else ()
    names = [image.name for image in images]
    return [done.status, saved.name, str(len(pages)), *ids, *names]


def explain(error: Exception) -> str | int:
    said: str | int = str(error)
    match error:
        case failures.JobFailedError():
            said = error.job_id
        case failures.APIError():
            said = error.status
        case failures.PageFailedError():
            said = error.page_number
        case failures.FailedSourcesError():
            said = error.failures[0][0]
        case failures.MissingExtraError():
            said = error.extra
        case failures.SourceError():
            said = error.problem
        case ParseStrataWarning():
            said = "a warning"
        case _:
            pass
    return said


# Every option, by its name


def give_every_option() -> Options:
    return Options(
        split="item",
        max_tokens=200,
        min_tokens=20,
        count_tokens=count_words,
        context="none",
        table_format="csv",
        include_page_furniture=True,
        repair_headings=True,
        on_failed_page="skip",
        on_failed_job="report",
        metadata="rich",
        metadata_budget=0,
        extra_metadata={"tags": ["a"]},
        identity="path",
        id_namespace="tests",
        api_key=SecretStr("llx-"),
        base_url=None,
        region="eu",
        project_id=None,
        organization_id="x",
        transfer="presigned",
        timeout=1.5,
        engine="cloud",
        tier="fast",
        version="latest",
        password="x",  # noqa: S106 - it opens nothing
        ocr_languages=["eng"],
        tessdata=Path("tessdata"),
        timeout_per_page=1,
        parse_timeout=60,
        memory_limit=512,
        wait=False,
        job_timeout=60,
        polling_interval=0.5,
        requests_per_minute=20,
        concurrency=8,
        store=os.curdir,
        show_progress=True,
    )


# What must be an error, in the editor already


def use_options_wrongly(source: str, path: Path) -> None:
    chunk(source, max_token=300)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    chunk(source, max_tokens="300")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    outline(source, split="section")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    LlamaParseLoader(source, context="title")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    LlamaParseLoader(source, metadata=True)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    HeadingSplitter(tokens=200)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    LlamaParseBlobParser(identity="id")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    LlamaParseReader(spilt="chunk")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    LlamaParseReader(engine="remote")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    HeadingNodeParser(max_tokns=256)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    Options(on_failed_page="ignore")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    ParseClient(region="de")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    ParseClient(apikey="llx-")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    image_documents([], path, on_missing="skip")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


def use_tools_wrongly(source: str) -> None:
    LlamaParseToolkit(source, answer=800)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    LlamaParseRetriever(source, k="3")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    NodeRetriever(source, k=3)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    LlamaParseToolSpec(source, spilt="item")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    LlamaParseToolSpec(source).aoutline(below=True)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]


def use_sources_wrongly(reader: LlamaParseReader, number: int) -> None:
    LlamaParseLoader(number)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    LlamaParseLoader(None)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    chunk([number])  # type: ignore[list-item] # pyright: ignore[reportArgumentType]
    reader.load_data("x", extra_inf={})  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    image_nodes("nodes")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


def use_results_wrongly(one: Chunk, report: Report, node: Document) -> None:
    one.body = "x"  # type: ignore[misc] # pyright: ignore[reportAttributeAccessIssue]
    contextualize(node)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    report.verify(strict=True)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    Provenance(page_number=1)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    report.failed_pages = {}  # type: ignore[misc] # pyright: ignore[reportAttributeAccessIssue]
