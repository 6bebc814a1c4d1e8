"""Folders through LangChain's `GenericLoader`, of langchain-community."""

import json
from pathlib import Path
from typing import Any

import pytest
from langchain_core.documents import Document

import building as b
from making_pdfs import Words, heading, make_pdf
from parsestrata.errors import MalformedJSONError, ParseStrataWarning
from parsestrata.langchain import LlamaParseBlobParser, LlamaParseLoader

generic = pytest.importorskip("langchain_community.document_loaders.generic")

MANUAL = make_pdf([heading("Pumps", 80), Words("Clean the filter each week.", 120)])


def saved(word: str, name: str | None = None) -> bytes:
    """Make a saved result of two sections; without a name it is without a job."""
    made = b.result(
        b.page(1, b.heading("Use"), b.text(b.words(150, word))),
        b.page(2, b.heading("Loss"), b.text(b.words(150, word))),
        name=name,
    )
    return b.dump(made if name else {**made, "job": None})


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
    (tmp_path / "notes.txt").write_text("Not ours.")
    return tmp_path


def load(folder: Path, parser: LlamaParseBlobParser, **more: Any) -> list[Document]:
    """Load a folder; the order in which the framework lists it is its own."""
    given = {"glob": "**/*", "suffixes": [".json", ".pdf"]} | more
    loader = generic.GenericLoader.from_filesystem(folder, parser=parser, **given)
    return sorted(
        loader.lazy_load(), key=lambda d: (d.metadata["source"], d.page_content)
    )


def expected(folder: Path, **options: Any) -> list[Document]:
    documents = LlamaParseLoader([folder / name for name in FILES], **options).load()
    return sorted(documents, key=lambda d: (d.metadata["source"], d.page_content))


def test_a_folder_gives_what_the_loader_gives(folder: Path) -> None:
    parser = LlamaParseBlobParser(identity="path")

    documents = load(folder, parser)

    assert documents == expected(folder, identity="path")
    assert len({document.id for document in documents}) == len(documents)
    sources = {document.metadata["source"] for document in documents}
    assert sources == {str(folder / name) for name in FILES}
    assert len(parser.report.jobs) == len(FILES)
    parser.report.verify()


def test_a_glob_chooses_files(folder: Path) -> None:
    parser = LlamaParseBlobParser()

    documents = load(folder, parser, glob="north/*.json")

    assert {d.metadata["source"] for d in documents} == {"air.pdf", "report.json"}


def test_files_of_one_name_are_told_when_their_source_would_be_one(
    folder: Path,
) -> None:
    parser = LlamaParseBlobParser()

    with pytest.warns(ParseStrataWarning, match='identity="path" keeps them apart'):
        load(folder, parser)

    notes = [note for job in parser.report.jobs for note in job.notes]
    assert len(notes) == 1
    assert "report.json" in notes[0]


def test_the_same_folder_loaded_again_is_no_namesake(folder: Path) -> None:
    parser = LlamaParseBlobParser(identity="path")

    first, second = load(folder, parser), load(folder, parser)

    assert first == second


def test_a_file_that_is_no_result_raises_or_is_reported(folder: Path) -> None:
    (folder / "broken.json").write_text(json.dumps({"job": 3})[:-3])
    reporting = LlamaParseBlobParser(identity="path", on_failed_job="report")

    with pytest.raises(MalformedJSONError, match=r"broken\.json"):
        load(folder, LlamaParseBlobParser())
    documents = load(folder, reporting)

    assert documents == expected(folder, identity="path")
    assert list(reporting.report.failed_jobs) == [str(folder / "broken.json")]
