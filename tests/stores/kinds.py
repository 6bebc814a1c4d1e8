"""What a vector store is to these tests: a description of strings and outcomes.

The code in a description is what the documentation shows and what the tests run.
"""

import re
from dataclasses import dataclass
from typing import Literal

Framework = Literal["LangChain", "LlamaIndex"]


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """An error of the store's own."""

    error: str
    """Name of its class."""
    says: str
    """A part of its text."""

    def fits(self, error: Exception) -> bool:
        return type(error).__name__ == self.error and self.says in str(error)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One store in one framework, and what it does with chunks."""

    store: str
    """Row of the table."""
    framework: Framework
    packages: tuple[str, ...]
    """Distributions to install."""
    opening: str
    """Statements that leave `store`. They are given `folder` (a path), `embedding`
    with `size` numbers and, for Postgres, `url`."""
    closing: str = ""
    """Statements that let go of files and connections."""
    page: str
    """Keyword arguments of a search for what is on page `p`."""
    heading: str
    """The same for what is under heading path `h`; `paths` are the heading paths of
    the chunks that are."""
    filters: Literal["right", "ignored"] | Refusal = "right"
    nothing_found: Refusal | None = None
    """What is raised where a filter lets nothing through; None for an empty answer."""
    everything: str = ""
    """Expression for all there is, where a search cannot be trusted to find it."""
    adds: tuple[str, ...] = ()
    """Metadata keys that come back and did not go in."""
    replaces: tuple[str, ...] = ()
    """Metadata keys that come back with a value of the store's."""
    gives_ids: bool = True
    """Whether what comes back has the id that went in, besides its metadata."""
    loaded_twice: Literal["once", "twice"] | Refusal = "once"
    """How often each chunk is in the store when it was loaded a second time."""
    before_again: str = ""
    """Statements after which the second load, of `chunks`, gives no duplicates."""
    rich: Literal["taken"] | Refusal = "taken"
    """What becomes of `metadata="rich"`."""
    whole_table: Literal["taken"] | Refusal = "taken"
    """What becomes of a chunk of 70 kB, made with `max_tokens` and budget lifted."""
    warns: tuple[str, ...] = ()
    """How the warnings of its packages begin that say nothing about chunks."""
    note: str = ""

    @property
    def name(self) -> str:
        """Id of its tests."""
        words = f"{self.framework} {self.store}"
        return re.sub(r"\W+", "-", words.lower()).strip("-")


TOO_LONG_FOR_MILVUS = Refusal(error="MilvusException", says="max_length=65535")
CHROMA_IS_APPROXIMATE = (
    "The index is approximate: a search may miss a chunk, the more so after updates."
)
MILVUS_VERSIONS = (
    "Tried with pymilvus 2.6.7: LlamaIndex's integration and langchain-milvus 0.3 work "
    "with that one both, langchain-milvus 0.4 needs pymilvus 3."
)
