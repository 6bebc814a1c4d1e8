"""The vendor's SDK, decoding a result as it does on an answer of the API."""

from typing import Any

import httpx
from llama_cloud import LlamaCloud

EXPAND = ("markdown", "items", "metadata")


def make_client(body: bytes) -> LlamaCloud:
    """Make a client whose transport answers from memory.

    Args:
        body: Of every answer.
    """

    def answer(_request: httpx.Request) -> httpx.Response:
        headers = {"content-type": "application/json"}
        return httpx.Response(200, headers=headers, content=body)

    http_client = httpx.Client(transport=httpx.MockTransport(answer))
    return LlamaCloud(api_key="llx-none", http_client=http_client)


def markdown_pages(client: LlamaCloud) -> list[Any]:
    """Get a result, and its pages of Markdown that did not fail."""
    result = client.parsing.get("pjb-synthetic", expand=list(EXPAND))
    pages = result.markdown.pages if result.markdown else []
    return [page for page in pages if page.success]
