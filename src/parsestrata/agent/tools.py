"""DocumentTools: the tool functions over documents that are opened once and kept."""

from collections.abc import Sequence
from pathlib import Path
from typing import Unpack

from parsestrata.agent import outlining, reading, searching, tabling
from parsestrata.agent.answer import DEFAULT_BUDGET, SMALLEST_BUDGET, Answer, Call, Unit
from parsestrata.agent.catalogue import Catalogue, Listed
from parsestrata.agent.opened import OpenDocument
from parsestrata.agent.searching import SearchFunction
from parsestrata.agent.shelf import DEFAULT_SIZE, Shelf
from parsestrata.agent.tabling import TableText
from parsestrata.chunking.tokens import resolve_counter
from parsestrata.conversion.loading import as_sources
from parsestrata.errors import ConfigError
from parsestrata.options import Options, OptionValues
from parsestrata.sources.source import Source


class DocumentTools:
    """Tools with which a model reads documents by their outline, a little at a time.

    Each answer keeps to its `max_tokens`, cites pages, heading paths, boxes and chunk
    ids, and has a cursor when there is more. A document is opened at the first call
    and kept.

    Args:
        source: A job id, a saved result or a PDF, or a list of them; None with `root`.
        root: A folder whose results and documents may be read, by their path from
            there; None for none.
        answer_tokens: `max_tokens` of an answer where a call says nothing, at least
            300.
        search_function: Takes the place of the lexical search: from a query and a
            number to chunk ids, or to Documents or nodes.
        cache_bytes: Memory for open documents, about.
        **options: Fields of `parsestrata.Options`, those of the chunks that citations
            name. A failed page is told by `describe`, so `on_failed_page` is "skip".

    Raises:
        ConfigError: An option is wrong, or there is nothing to read.
    """

    def __init__(
        self,
        source: Source | Sequence[Source] | None = None,
        *,
        root: Path | str | None = None,
        answer_tokens: int = DEFAULT_BUDGET,
        search_function: SearchFunction | None = None,
        cache_bytes: int = DEFAULT_SIZE,
        **options: Unpack[OptionValues],
    ) -> None:
        none = source is None or (isinstance(source, list | tuple) and not source)
        sources = [] if none else as_sources(source)
        self._catalogue = Catalogue(sources, None if root is None else Path(root))
        options.setdefault("on_failed_page", "skip")
        self._options = Options(**options)
        self._answer_tokens = answer_tokens
        self._search_function = search_function
        self._shelf = Shelf(cache_bytes)
        if answer_tokens < SMALLEST_BUDGET:
            message = f"answer_tokens={answer_tokens}: at least {SMALLEST_BUDGET}"
            raise ConfigError(message)

    @property
    def is_single(self) -> bool:
        """Whether there is one document, so that no call need name it."""
        return self._catalogue.is_single

    def open(self, document: str = "") -> OpenDocument:
        """Open a document, or find it open.

        Args:
            document: Its name; "" for the only one.

        Raises:
            ToolCallError: There is no such document.
            ParseStrataError: It cannot be read.
        """
        listed = self._catalogue.find(document)
        return self._shelf.take(listed.key, lambda: self._open(listed))

    def _open(self, listed: Listed) -> OpenDocument:
        return OpenDocument(listed.source, self._options, listed.name)

    def list_documents(self, *, cursor: str = "", max_tokens: int = 0) -> Answer:
        """List the documents that can be read, by the names that other tools take.

        Args:
            cursor: From the answer before, to see more.
            max_tokens: Most tokens of the answer; 0 for the usual number.
        """
        names = [one.name for one in self._catalogue]
        units = [Unit(name, tight=True) for name in names]
        call = Call(
            "list_documents",
            tuple(names),
            cursor,
            max_tokens or self._answer_tokens,
            resolve_counter(self._options.count_tokens),
        )
        return call.answer(units or [Unit("There are no documents.")])

    def describe(
        self, document: str = "", *, cursor: str = "", max_tokens: int = 0
    ) -> Answer:
        """Describe a document: title, pages, size, tables, figures, what is missing.

        Args:
            document: Name of the document; not needed when there is only one.
            cursor: From the answer before, to read on.
            max_tokens: Most tokens of the answer; 0 for the usual number.
        """
        return outlining.describe(
            self.open(document),
            cursor=cursor,
            max_tokens=max_tokens or self._answer_tokens,
        )

    def outline(
        self,
        depth: int = 2,
        section: str = "",
        *,
        document: str = "",
        cursor: str = "",
        max_tokens: int = 0,
    ) -> Answer:
        """List the sections of a document: id, title, pages, size, tables, figures.

        Begin here. The ids go into the other tools.

        Args:
            depth: How many levels of headings are listed.
            section: Id or title of the section to list from; "" for the whole.
            document: Name of the document; not needed when there is only one.
            cursor: From the answer before, to read on.
            max_tokens: Most tokens of the answer; 0 for the usual number.
        """
        return outlining.outline(
            self.open(document),
            depth,
            section=section,
            cursor=cursor,
            max_tokens=max_tokens or self._answer_tokens,
        )

    def read_section(
        self,
        section: str,
        *,
        subsections: bool = False,
        document: str = "",
        cursor: str = "",
        max_tokens: int = 0,
    ) -> Answer:
        """Read the text of a section, its tables included.

        Args:
            section: Id as in the outline (s1.2), title, or heading path
                (Risk factors > Market risk).
            subsections: Read all that is below it too; else subsections are named.
            document: Name of the document; not needed when there is only one.
            cursor: From the answer before, to read on.
            max_tokens: Most tokens of the answer; 0 for the usual number.
        """
        return reading.read_section(
            self.open(document),
            section,
            subsections=subsections,
            cursor=cursor,
            max_tokens=max_tokens or self._answer_tokens,
        )

    def read_pages(
        self,
        first: int,
        last: int = 0,
        *,
        document: str = "",
        cursor: str = "",
        max_tokens: int = 0,
    ) -> Answer:
        """Read pages from top to bottom.

        Args:
            first: First page, counted from 1.
            last: Last page; 0 for the first only.
            document: Name of the document; not needed when there is only one.
            cursor: From the answer before, to read on.
            max_tokens: Most tokens of the answer; 0 for the usual number.
        """
        return reading.read_pages(
            self.open(document),
            first,
            last or first,
            cursor=cursor,
            max_tokens=max_tokens or self._answer_tokens,
        )

    def search(
        self,
        query: str,
        k: int = 5,
        within: str = "",
        *,
        document: str = "",
        cursor: str = "",
        max_tokens: int = 0,
    ) -> Answer:
        """Find the passages of a document that have the words of a query.

        Args:
            query: Words to look for, those that the text would use.
            k: How many passages.
            within: Id or title of the section to search; "" for the whole document.
            document: Name of the document; not needed when there is only one.
            cursor: From the answer before, to see more.
            max_tokens: Most tokens of the answer; 0 for the usual number.
        """
        return searching.search(
            self.open(document),
            query,
            k,
            within=within,
            cursor=cursor,
            max_tokens=max_tokens or self._answer_tokens,
            search_function=self._search_function,
        )

    def list_tables(
        self,
        section: str = "",
        *,
        document: str = "",
        cursor: str = "",
        max_tokens: int = 0,
    ) -> Answer:
        """List the tables of a document: id, title, pages, section, rows, columns.

        Args:
            section: Id or title of the section they are in; "" for all.
            document: Name of the document; not needed when there is only one.
            cursor: From the answer before, to read on.
            max_tokens: Most tokens of the answer; 0 for the usual number.
        """
        return tabling.list_tables(
            self.open(document),
            section=section,
            cursor=cursor,
            max_tokens=max_tokens or self._answer_tokens,
        )

    def get_table(
        self,
        table: str,
        rows: str = "",
        columns: tuple[str, ...] = (),
        format: TableText = "csv",  # noqa: A002 - what a model calls it
        *,
        document: str = "",
        cursor: str = "",
        max_tokens: int = 0,
    ) -> Answer:
        """Read a table, or some of its rows and columns.

        Args:
            table: Id as in the list of tables (t3).
            rows: 5, 1-20, 21- or 1-3, 7, from 1 below the header; "" for all.
            columns: Names from the header, or numbers from 1; empty for all.
            format: csv, markdown, or json (one object a line).
            document: Name of the document; not needed when there is only one.
            cursor: From the answer before, to read on.
            max_tokens: Most tokens of the answer; 0 for the usual number.
        """
        return tabling.get_table(
            self.open(document),
            table,
            rows=rows,
            columns=columns,
            format=format,
            cursor=cursor,
            max_tokens=max_tokens or self._answer_tokens,
        )


TOOLS = (
    "list_documents",
    "describe",
    "outline",
    "read_section",
    "read_pages",
    "search",
    "list_tables",
    "get_table",
)
"""The methods of `DocumentTools` that a model calls, the first to call first."""
