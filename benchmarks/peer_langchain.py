"""The documentation's way to LangChain chunks: page Documents, then two splitters.

The cap is parsestrata's, 512 tokens at four characters each, without overlap.
"""

from collections.abc import Callable

from langchain_core.documents import Document
from langchain_text_splitters import (
    MarkdownHeaderTextSplitter,
    RecursiveCharacterTextSplitter,
)

from vendor_sdk import make_client, markdown_pages

_CHARACTERS = 512 * 4
_LEVELS = [(f"{'#' * level}", f"heading_{level}") for level in range(1, 7)]


def route(body: bytes) -> Callable[[], list[Document]]:
    """Return the conversion of a result with markdown."""
    client = make_client(body)
    by_heading = MarkdownHeaderTextSplitter(_LEVELS)
    by_size = RecursiveCharacterTextSplitter(chunk_size=_CHARACTERS, chunk_overlap=0)

    def convert() -> list[Document]:
        documents = [
            Document(page.markdown, metadata={"page_number": page.page_number})
            for page in markdown_pages(client)
        ]
        sections = []
        for document in documents:
            for section in by_heading.split_text(document.page_content):
                section.metadata |= document.metadata
                sections.append(section)
        return by_size.split_documents(sections)

    return convert
