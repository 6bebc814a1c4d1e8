"""A chunk -> a LangChain Document."""

from collections.abc import Iterable
from typing import Any

from langchain_core.documents import Document

from parsestrata.chunking.chunk import Chunk, contextualize
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
