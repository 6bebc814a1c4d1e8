"""Reading: one section, or a run of pages."""

from collections.abc import Iterator

from parsestrata.agent.answer import DEFAULT_BUDGET, Answer, Call, Unit
from parsestrata.agent.opened import OpenDocument
from parsestrata.agent.outlining import describe_section
from parsestrata.agent.sections import SectionItems, look_up
from parsestrata.document.model import Item
from parsestrata.errors import ToolCallError


def read_section(
    document: OpenDocument,
    section: str,
    *,
    subsections: bool = False,
    cursor: str = "",
    max_tokens: int = DEFAULT_BUDGET,
) -> Answer:
    """Read a section: its own text, and what stands below it when asked for.

    Reading every section once, all cursors to their end, reads every item of the
    document exactly once.

    Args:
        document: The document.
        section: An id of the outline (`s2.1`), a title, or a heading path
            (`Risk factors > Market risk`).
        subsections: Read those below it too; else they are named at the end.
        cursor: Of the answer before, to read on.
        max_tokens: Most tokens of the answer, at least 300.

    Raises:
        ToolCallError: There is no such section; names the nearest.
    """
    found = look_up(document.sections, section)
    below = document.below(found)
    units = [
        unit
        for one in (below if subsections else [found])
        for item in one.items
        for unit in _write(document, one, item)
    ]
    if not subsections:
        units += _name_below(document, found, below)
    arguments = (document.fingerprint, found.id, subsections)
    call = Call("read_section", arguments, cursor, max_tokens, document.count)
    return call.answer(units)


def read_pages(
    document: OpenDocument,
    first: int,
    last: int | None = None,
    *,
    cursor: str = "",
    max_tokens: int = DEFAULT_BUDGET,
) -> Answer:
    """Read pages from top to bottom, a table that was merged over them included.

    Args:
        document: The document.
        first: 1-based.
        last: Inclusive; None for `first`.
        cursor: Of the answer before, to read on.
        max_tokens: Most tokens of the answer, at least 300.

    Raises:
        ToolCallError: There are no such pages; says which there are.
    """
    last = first if last is None else last
    numbers = [page.number for page in document.pages]
    if not numbers or first not in numbers or last not in numbers or last < first:
        problem = f"there are no pages {first} to {last} in {document.name}"
        span = f"pages {min(numbers)} to {max(numbers)}" if numbers else "no pages"
        raise ToolCallError(problem, (span,))
    units = list(_read_span(document, first, last))
    arguments = (document.fingerprint, first, last)
    call = Call("read_pages", arguments, cursor, max_tokens, document.count)
    return call.answer(units)


def _read_span(document: OpenDocument, first: int, last: int) -> Iterator[Unit]:
    """Yield the items of a span of pages, and a line for each page without one."""
    silent = {page.number: page for page in document.pages}
    read: list[tuple[int, list[Unit]]] = []
    for section in document.sections:
        for item in section.items:
            for number in item.pages:
                silent.pop(number, None)
            if min(item.pages) <= last and max(item.pages) >= first:
                read.append((min(item.pages), _write(document, section, item)))
    for page in silent.values():
        if first <= page.number <= last:
            state = f"failed: {page.error}" if page.error else "has no text"
            read.append((page.number, [Unit(f"(Page {page.number} {state}.)")]))
    for _, units in sorted(read, key=lambda pair: pair[0]):
        yield from units


def _write(document: OpenDocument, section: SectionItems, item: Item) -> list[Unit]:
    """Write an item; a table row by row, so that it can go on in the next answer."""
    citation = document.cite(item, section)
    if item.table is None or not item.table.rows:
        return [Unit(document.writer.write(item).text, citation)]
    header, rows = document.writer.write_rows(item.table)
    lines = [Unit(row, citation, tight=True, opening=header) for row in rows]
    return [Unit(header, citation), *lines]


def _name_below(
    document: OpenDocument, found: SectionItems, below: list[SectionItems]
) -> list[Unit]:
    """Name the subsections right below a section, for the next call."""
    children = [one for one in below if one.depth == found.depth + 1]
    if not children:
        return []
    lines = [describe_section(document, child) for child in children]
    return [Unit("Subsections:"), *[Unit(line, tight=True) for line in lines]]
