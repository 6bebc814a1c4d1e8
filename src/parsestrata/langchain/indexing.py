"""The key of a Document for LangChain's `index()`."""

import uuid

from langchain_core.documents import Document

from parsestrata.chunking.chunk import make_uuid
from parsestrata.errors import ConfigError

_OURS = 5
"""Version of the UUIDs that chunks have."""


def chunk_key(document: Document) -> str:
    """Return the key under which `index(key_encoder=chunk_key)` keeps a Document.

    A chunk's key is its id, which is made of its source, path, pages and text: a
    changed text has another key, while a job id or a position that changed alone does
    not embed anything again. A piece that a text splitter cut from a chunk has lost
    its id; its key is made of the chunk's id and its own text.

    Who writes a chunk's text anew keeps the key that went with the old one, and so
    sets `document.id` to None.

    Args:
        document: A Document of this package, or what a splitter made of one.

    Returns:
        A UUID, which every vector store takes.

    Raises:
        ConfigError: The Document is not of this package: it has no `chunk_id`.
    """
    own = document.metadata.get("chunk_id")
    parent = _read_uuid(own)
    if parent is None:
        source = document.metadata.get("source", document.id)
        message = (
            f"chunk_key: the Document of source {source!r} has chunk_id={own!r}, which "
            "is no chunk's: it was not made by this package, or lost its metadata. "
            'Index it on its own, with key_encoder="sha256"'
        )
        raise ConfigError(message)
    if document.id == own:
        return str(own)
    start = document.metadata.get("start_index", "")
    return make_uuid(parent.bytes, f"{start}\x1f{document.page_content}")


def _read_uuid(value: object) -> uuid.UUID | None:
    """Read a chunk's id; None when it is none."""
    try:
        read = uuid.UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return read if read is not None and read.version == _OURS else None
