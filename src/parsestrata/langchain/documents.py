"""A chunk or an image -> a LangChain Document."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from langchain_core.documents import Document

from parsestrata.chunking.chunk import Chunk, contextualize
from parsestrata.chunking.figures import OnMissing, find_figures
from parsestrata.conversion.loading import Cut


def to_document(chunk: Chunk, metadata: dict[str, Any]) -> Document:
    """Make a Document whose text is what should be embedded.

    Args:
        chunk: The chunk; its id becomes the Document's.
        metadata: As the README's table has it.
    """
    return Document(id=chunk.id, page_content=contextualize(chunk), metadata=metadata)


def to_linked_documents(cuts: Iterable[Cut]) -> tuple[list[Document], list[Document]]:
    """Make Documents of chunks, and of the sections that hold them.

    Args:
        cuts: The documents that were cut.

    Returns:
        Documents of all chunks, and of all sections, an outer one before those in it.
    """
    chunks: list[Document] = []
    sections: list[Document] = []
    for cut in cuts:
        chunks += [to_document(chunk, metadata) for chunk, metadata in cut.chunks]
        sections += [to_document(one.whole, metadata) for one, metadata in cut.sections]
    return chunks, sections


def image_documents(
    documents: Iterable[Document],
    folder: str | Path | None = None,
    *,
    on_missing: OnMissing = "raise",
) -> list[Document]:
    """Make a Document of each image that Documents of this package name.

    Its text is heading path and caption. Its metadata are those of its chunk, with its
    own id, page and box, and two keys more: `image_path`, the path of its file, and
    `parent_id`, the id of its chunk. No file is opened.

    Args:
        documents: Of the loader, or as they came back from a store.
        folder: Where `ParseClient.download_images` or `parsestrata parse --images`
            wrote the files: right there, or for several jobs in a folder for each that
            has the job's id as its name. None: the images are named, not looked for.
        on_missing: About a file that is not there: raise, or warn and leave
            `image_path` empty.

    Raises:
        ConfigError: The metadata are no chunk's, or files of two documents lie in one
            folder.
        SourceError: A file is not there; says which.
    """
    described = ((document, document.metadata) for document in documents)
    return [
        Document(id=figure.id, page_content=figure.text, metadata=figure.metadata)
        for _, figure in find_figures(described, folder, on_missing=on_missing)
    ]
