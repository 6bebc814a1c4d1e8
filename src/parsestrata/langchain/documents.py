"""A chunk -> a LangChain Document."""

from typing import Any

from langchain_core.documents import Document

from parsestrata.chunking.chunk import Chunk, contextualize


def to_document(chunk: Chunk, metadata: dict[str, Any]) -> Document:
    """Make a Document whose text is what should be embedded.

    Args:
        chunk: The chunk; its id becomes the Document's.
        metadata: As the README's table has it.
    """
    return Document(id=chunk.id, page_content=contextualize(chunk), metadata=metadata)
