"""An open document: its sections, passages, chunks and tables, made once and kept."""

import hashlib
from collections.abc import Iterator
from functools import cached_property
from itertools import groupby

import msgspec
from msgspec import Struct

from parsestrata.agent.lexical import LexicalIndex
from parsestrata.agent.passages import Passage
from parsestrata.agent.sections import SectionItems, divide
from parsestrata.api.stream import ResultStream
from parsestrata.chunking.chunk import Chunk
from parsestrata.chunking.chunker import chunk_prepared, prepare_items
from parsestrata.chunking.citation import Citation, cite
from parsestrata.chunking.pieces import Writer
from parsestrata.chunking.tokens import CountTokens, resolve_counter
from parsestrata.conversion.conversion import Conversion
from parsestrata.conversion.tables.extraction import DocumentTable, tables_among
from parsestrata.document.model import Item, Page
from parsestrata.document.outline import heading_paths
from parsestrata.options import Options
from parsestrata.report import JobReport
from parsestrata.sources.source import Source, open_source

_PASSAGE = 200
"""Tokens, at most, of what is read and found as one."""
_BYTES_PER_BYTE = 6
"""Memory that an open document takes for each byte of its result, measured."""


class SectionFacts(Struct, kw_only=True):
    """How large a section is, with all that is below it."""

    page_number: int
    """First page, 1-based."""
    page_end: int
    tokens: int = 0
    tables: int = 0
    figures: int = 0
    own_tokens: int = 0
    """Without what is below it."""
    own_figures: int = 0
    """The same."""


class OpenDocument:
    """A result, converted once, for many questions.

    Args:
        source: A job id, a saved result or a PDF; see `open_source`.
        options: Of the chunks that citations name; `repair_headings` gives PDFs
            without tags a better outline.
        name: What to call it, None for its own name.

    Attributes:
        name: What a tool's `document` calls it.
        report: Failed and blank pages, what was left out and why.
        sections: In reading order; together they hold every item that was kept.
        chunks: As the loaders give them with the same options.
        pages: With the error of those that failed.
        content: What the result holds, as `expand` values.
        size: Bytes of memory, about.

    Raises:
        ParseStrataError: It cannot be read or holds no items.
    """

    def __init__(
        self, source: Source, options: Options | None = None, name: str | None = None
    ) -> None:
        options = options or Options(on_failed_page="skip")
        result = open_source(source, options)
        self._read(Conversion(result, options), result)
        self.name = name or self.origin.file_name or self.origin.source

    def _read(self, conversion: Conversion, result: ResultStream) -> None:
        self.options, self.origin = conversion.options, conversion.origin
        self.report: JobReport = conversion.report
        self.content = result.content
        self.size = len(result.data) * _BYTES_PER_BYTE
        self.pages: list[Page] = []
        read = self._collect(conversion)
        items = list(prepare_items(read, self.options, self.report))
        self._paired = list(heading_paths(items))
        self.chunks: list[Chunk] = list(
            chunk_prepared(items, self.origin, self.options, self.report)
        )
        self.sections: list[SectionItems] = divide(self._paired)

    def _collect(self, conversion: Conversion) -> Iterator[Item]:
        for page, items in conversion.pages():
            self.pages.append(page)
            yield from items

    @cached_property
    def count(self) -> CountTokens:
        """The counter of the options, or the approximate one."""
        return resolve_counter(self.options.count_tokens)

    @cached_property
    def fingerprint(self) -> str:
        """What changes when the document or the options change."""
        told = "".join([chunk.id for chunk in self.chunks])
        return hashlib.sha256(told.encode()).hexdigest()[:12]

    @cached_property
    def passages(self) -> tuple[Passage, ...]:
        """What is found: items of one section and page, small enough for an answer."""
        options = self._passage_options
        aside = JobReport(self.origin.source, self.origin.job_id)
        for _ in range(self.report.items):
            aside.count_item()
        return tuple(
            [
                self._make_passage(section, part)
                for section in self.sections
                for _, run in groupby(section.items, lambda item: item.page.number)
                for part in chunk_prepared(run, self.origin, options, aside)
            ]
        )

    @property
    def _passage_options(self) -> Options:
        values = {
            name: getattr(self.options, name) for name in self.options.model_fields_set
        }
        values |= {"max_tokens": _PASSAGE, "min_tokens": 0, "context": "none"}
        return Options(**values)

    def _make_passage(self, section: SectionItems, part: Chunk) -> Passage:
        citation = msgspec.structs.replace(
            cite(part),
            heading_path=section.path,
            chunk_id=self._find_chunk(part),
        )
        return Passage(
            section=section.id,
            text=part.body,
            citation=citation,
        )

    @cached_property
    def _chunks_by_item(self) -> dict[int, list[Chunk]]:
        found: dict[int, list[Chunk]] = {}
        for chunk in self.chunks:
            for position in chunk.items:
                found.setdefault(position, []).append(chunk)
        return found

    def _find_chunk(self, part: Chunk) -> str:
        """Find the chunk that a passage is in, or that its beginning is in."""
        chunks = self._chunks_by_item[part.items[0]]
        for chunk in chunks if len(chunks) > 1 else ():
            if _begins_in(part, chunk):
                return chunk.id
        return chunks[0].id

    @cached_property
    def writer(self) -> Writer:
        """Writes items; a table as HTML would cost too much, so that is compact."""
        chosen = self.options.table_format
        return Writer(self.count, "compact" if chosen == "html" else chosen)

    @cached_property
    def tables(self) -> tuple[DocumentTable, ...]:
        """The tables, `t1`, `t2`, ... in reading order."""
        return tuple(tables_among(self._paired, self.chunks, self.writer))

    @cached_property
    def table_sections(self) -> tuple[str, ...]:
        """The id of the section that each table is in."""
        return tuple(
            [
                section.id
                for section in self.sections
                for item in section.items
                if item.table is not None
            ]
        )

    @cached_property
    def index(self) -> LexicalIndex[Passage]:
        """What `search` looks in: passages with their heading paths.

        Raises:
            MissingExtraError: bm25s or PyStemmer is not installed.
        """
        return LexicalIndex(self.passages, _write_with_path)

    @cached_property
    def facts(self) -> dict[str, SectionFacts]:
        """How large each section is, by id."""
        facts = {section.id: self._own_facts(section) for section in self.sections}
        for section in reversed(self.sections):
            above = facts.get(section.id.rpartition(".")[0])
            if above is not None:
                below = facts[section.id]
                above.page_end = max(above.page_end, below.page_end)
                above.tokens += below.tokens
                above.tables += below.tables
                above.figures += below.figures
        return facts

    def _own_facts(self, section: SectionItems) -> SectionFacts:
        """Measure what is the section's own."""
        tables = [item for item in section.items if item.table is not None]
        figures = sum([len(item.images) for item in section.items])
        tokens = sum([self.writer.write(item).tokens for item in section.items])
        return SectionFacts(
            page_number=section.items[0].page.number,
            page_end=max([max(item.pages) for item in section.items]),
            tokens=tokens,
            tables=len(tables),
            figures=figures,
            own_tokens=tokens,
            own_figures=figures,
        )

    def cite(self, item: Item, section: SectionItems) -> Citation:
        """Say where an item stands, and in which chunk it begins."""
        chunk = self._chunks_by_item[item.position][0]
        return msgspec.structs.replace(
            cite(chunk),
            page_number=min(item.pages),
            page_end=max(item.pages),
            page_label=item.page.label,
            heading_path=section.path,
            regions=item.regions,
        )

    def below(self, section: SectionItems) -> list[SectionItems]:
        """Return a section and all below it, in reading order."""
        return [one for one in self.sections if section.holds(one.id)]


def _write_with_path(passage: Passage) -> str:
    return " ".join([*passage.citation.heading_path, passage.text])


def _begins_in(part: Chunk, chunk: Chunk) -> bool:
    """Say whether the rows or the words that a part begins with are in a chunk."""
    if part.tables and chunk.tables:
        row = part.tables[0].first_row
        return any(table.first_row <= row <= table.last_row for table in chunk.tables)
    return part.body[:60] in chunk.body
