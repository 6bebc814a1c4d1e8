"""The documentation's way to LlamaIndex nodes: page Documents, then two parsers.

The cap is parsestrata's, 512 tokens, without overlap.
"""

from collections.abc import Callable, Sequence

from llama_index.core.node_parser import MarkdownNodeParser, SentenceSplitter
from llama_index.core.schema import BaseNode, Document

from vendor_sdk import make_client, markdown_pages

_TOKENS = 512


def route(body: bytes) -> Callable[[], Sequence[BaseNode]]:
    """Return the conversion of a result with markdown."""
    client = make_client(body)
    by_heading = MarkdownNodeParser()
    by_size = SentenceSplitter(chunk_size=_TOKENS, chunk_overlap=0)

    def convert() -> Sequence[BaseNode]:
        documents = [
            Document(text=page.markdown, metadata={"page_number": page.page_number})
            for page in markdown_pages(client)
        ]
        return by_size(by_heading.get_nodes_from_documents(documents))

    return convert
