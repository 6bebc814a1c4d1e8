"""Folders through LlamaIndex's `SimpleDirectoryReader`: ids, metadata, failures."""

import asyncio
import os
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.memory import MemoryFileSystem
from llama_index.core import SimpleDirectoryReader
from llama_index.core.ingestion import DocstoreStrategy, IngestionPipeline
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.schema import BaseNode, Document, MetadataMode
from llama_index.core.storage.docstore import SimpleDocumentStore
from llama_index.core.vector_stores import SimpleVectorStore

import building as b
from making_pdfs import Words, heading, make_pdf
from parsestrata import chunk, contextualize
from parsestrata.chunking.metadata import KEYS
from parsestrata.errors import ParseStrataWarning
from parsestrata.llama_index import HeadingNodeParser, LlamaParseReader

pytestmark = pytest.mark.needs("llama-index", "local")


FRAMEWORK_KEYS = {
    "file_path",
    "file_type",
    "file_size",
    "creation_date",
    "last_modified_date",
}
"""What the directory reader adds and our contract does not have."""


def saved(word: str, name: str | None = None) -> bytes:
    """Make a saved result of two sections; without a name it is without a job."""
    made = b.result(
        b.page(1, b.heading("Use"), b.text(b.words(150, word))),
        b.page(2, b.heading("Loss"), b.text(b.words(150, word))),
        name=name,
    )
    return b.dump(made if name else {**made, "job": None})


MANUAL = make_pdf([heading("Pumps", 80), Words("Clean the filter each week.", 120)])
FILES = {
    "manual.pdf": MANUAL,
    "north/air.json": saved("air", "air.pdf"),
    "north/report.json": saved("water"),
    "south/deep/report.json": saved("soil"),
}
"""Path in the folder -> content; two have one name."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path


def directory(folder: Path | str, **more: Any) -> SimpleDirectoryReader:
    """Make a directory reader of PDFs and results."""
    options = {"identity": "path", **more.pop("options", {})}
    reader = LlamaParseReader(**options)
    given = {"recursive": True, "raise_on_error": True} | more
    extractor: Any = {".pdf": reader, ".json": reader}
    return SimpleDirectoryReader(str(folder), file_extractor=extractor, **given)


def in_order(folder: Path) -> list[Path]:
    return sorted(folder / name for name in FILES)


def texts(nodes: Iterable[BaseNode], mode: MetadataMode) -> list[str]:
    return [node.get_content(mode) for node in nodes]


# What comes out


@pytest.mark.parametrize("mode", [MetadataMode.EMBED, MetadataMode.LLM], ids=str)
@pytest.mark.parametrize("context", ["name+path", "path", "none"])
@pytest.mark.parametrize("profile", ["flat", "rich"])
def test_the_embedded_text_is_the_chunk_in_context_whatever_is_added(
    folder: Path, mode: MetadataMode, context: Any, profile: Any
) -> None:
    options = {"context": context, "metadata": profile}

    documents = directory(folder, options=options).load_data()

    expected = [contextualize(c) for c in chunk(in_order(folder), context=context)]
    assert texts(documents, mode) == expected


def test_ids_and_metadata_are_the_readers_own(folder: Path) -> None:
    documents = directory(folder).load_data()

    alone = LlamaParseReader(identity="path").load_data(in_order(folder))
    assert [d.id_ for d in documents] == [d.id_ for d in alone]
    assert len({d.id_ for d in documents}) == len(documents)
    for document, own in zip(documents, alone, strict=True):
        assert tuple(document.metadata)[: len(KEYS)] == KEYS
        assert set(document.metadata) - set(KEYS) == FRAMEWORK_KEYS
        assert own.metadata.items() <= document.metadata.items()


def test_the_name_of_the_document_stays_that_of_the_parsed_file(folder: Path) -> None:
    documents = directory(folder).load_data()

    names = {Path(d.metadata["file_path"]).name: d.metadata for d in documents}
    assert names["air.json"]["file_name"] == "air.pdf"
    assert names["manual.pdf"]["file_name"] == "manual.pdf"
    assert names["air.json"]["file_type"] == "application/json"


def test_a_splitter_afterwards_raises_nowhere_and_has_no_id_twice(folder: Path) -> None:
    documents = directory(folder).load_data()

    splitter = SentenceSplitter(
        chunk_size=64,
        chunk_overlap=0,
        chunking_tokenizer_fn=str.splitlines,  # its own downloads data in some releases
    )
    nodes = splitter.get_nodes_from_documents(documents)

    assert len(nodes) > len(documents)
    assert len({node.node_id for node in nodes}) == len(nodes)
    assert {node.metadata["chunk_id"] for node in nodes} == {d.id_ for d in documents}


def test_metadata_of_a_function_go_along_and_not_into_the_text(folder: Path) -> None:
    def describe(path: str) -> dict[str, Any]:
        return {"team": "blue", "file_path": path, "heading_path": "wrong"}

    documents = directory(folder, file_metadata=describe).load_data()

    assert all(tuple(d.metadata) == (*KEYS, "team", "file_path") for d in documents)
    expected = [contextualize(c) for c in chunk(in_order(folder))]
    assert texts(documents, MetadataMode.EMBED) == expected


def test_reading_a_file_does_not_change_its_hash(folder: Path) -> None:
    def hashes() -> list[str]:
        return [document.hash for document in directory(folder).load_data()]

    before = hashes()
    for path in in_order(folder):
        os.utime(path, (0, path.stat().st_mtime))

    assert hashes() == before


# Ways to load


def test_each_way_to_load_gives_the_same_documents(folder: Path) -> None:
    expected = directory(folder).load_data()

    awaited = asyncio.run(directory(folder).aload_data())
    in_workers = asyncio.run(directory(folder).aload_data(num_workers=2))
    listed = [one for some in directory(folder).iter_data() for one in some]

    assert awaited == in_workers == listed == expected


def test_two_processes_give_the_documents_of_one(folder: Path) -> None:
    documents = directory(folder).load_data(num_workers=2)

    assert documents == directory(folder).load_data()


@pytest.fixture
def memory() -> Iterable[MemoryFileSystem]:
    fs = MemoryFileSystem()
    for name, content in FILES.items():
        fs.pipe_file(f"/folder/{name}", content)
    yield fs
    fs.rm("/folder", recursive=True)


def test_another_file_system_gives_the_same_chunks(
    memory: MemoryFileSystem, folder: Path
) -> None:
    documents = directory("/folder", fs=memory).load_data()

    expected = directory(folder).load_data()
    by_path = [d.metadata["source"].removeprefix("/folder/") for d in documents]
    assert list(dict.fromkeys(by_path)) == sorted(FILES)
    assert texts(documents, MetadataMode.EMBED) == texts(expected, MetadataMode.EMBED)


# Two files of one name


def ingest(documents: Sequence[Document], made: IngestionPipeline) -> int:
    return len(made.run(documents=list(documents)))


def pipeline() -> IngestionPipeline:
    return IngestionPipeline(
        transformations=[HeadingNodeParser(identity="path")],
        docstore=SimpleDocumentStore(),
        vector_store=SimpleVectorStore(),
        docstore_strategy=DocstoreStrategy.UPSERTS_AND_DELETE,
    )


def test_files_of_one_name_are_two_documents_by_their_path(folder: Path) -> None:
    made = pipeline()
    raw = directory(folder, options={"split": "result"}).load_data()

    first, second = ingest(raw, made), ingest(raw, made)

    assert len({document.id_ for document in raw}) == len(FILES)
    assert first == len(directory(folder).load_data())
    assert second == 0


def test_files_of_one_name_are_told_when_their_ids_would_be_one(folder: Path) -> None:
    options = {"split": "result", "identity": "name"}

    with pytest.warns(ParseStrataWarning, match='identity="path" keeps them apart'):
        raw = directory(folder, options=options).load_data()

    assert len({document.id_ for document in raw}) == len(FILES) - 1


def test_the_same_file_read_again_is_no_namesake(folder: Path) -> None:
    reader = LlamaParseReader()
    path = folder / "north" / "report.json"

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first, second = reader.load_data(path), reader.load_data(path)

    assert first == second


def test_file_names_as_ids_are_the_frameworks_and_stay_apart(folder: Path) -> None:
    made = pipeline()
    options = {"split": "result"}
    raw = directory(folder, filename_as_id=True, options=options).load_data()

    first, second = ingest(raw, made), ingest(raw, made)

    assert [d.id_ for d in raw] == [f"{path}_part_0" for path in in_order(folder)]
    assert first == len(directory(folder).load_data())
    assert second == 0


# What fails


def test_a_file_that_is_no_result_raises_or_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "broken.json").write_bytes(b'{"job": ')

    with pytest.raises(Exception, match="Error loading file") as caught:
        directory(folder).load_data()
    documents = directory(folder, raise_on_error=False).load_data()

    assert "broken.json" in str(caught.value.__cause__)
    assert "broken.json" in capsys.readouterr().out
    assert len(documents) == len(list(chunk(in_order(folder))))
