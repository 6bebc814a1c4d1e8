"""What there is: the tree of sections, and the document as a whole."""

from parsestrata.agent.answer import DEFAULT_BUDGET, Answer, Call, Unit, shorten
from parsestrata.agent.opened import OpenDocument
from parsestrata.agent.sections import SectionItems, look_up
from parsestrata.chunking.citation import write_pages
from parsestrata.errors import ToolCallError

_LONGEST_TITLE = 120
_MOST_PAGES = 20


def outline(
    document: OpenDocument,
    depth: int = 2,
    *,
    section: str = "",
    cursor: str = "",
    max_tokens: int = DEFAULT_BUDGET,
) -> Answer:
    """List the sections: id, title, pages, size, and how many tables and figures.

    Args:
        document: The document.
        depth: How many levels are listed, 1 or more.
        section: Below which the list begins, by id or title; "" for all.
        cursor: Of the answer before, to read on.
        max_tokens: Most tokens of the answer, at least 300.

    Raises:
        ToolCallError: There is no such section or depth.
    """
    if depth < 1:
        problem = f"depth is {depth}; at least 1"
        raise ToolCallError(problem)
    sections = document.sections
    above = 0
    if section:
        root = look_up(document.sections, section)
        sections, above = document.below(root), root.depth - 1
    units = [
        Unit(_indent(one.depth - above) + describe_section(document, one), tight=True)
        for one in sections
        if one.depth - above <= depth
    ]
    if not any(one.level for one in document.sections):
        units.append(Unit(_why_flat(document)))
    arguments = (document.fingerprint, depth, section)
    call = Call("outline", arguments, cursor, max_tokens, document.count)
    return call.answer(units)


def describe_section(document: OpenDocument, section: SectionItems) -> str:
    """Write a section in one line; what is below it counts as its own."""
    facts = document.facts[section.id]
    title = shorten(section.title, _LONGEST_TITLE)
    size = f"{facts.tokens} tokens"
    if facts.own_tokens < facts.tokens:
        size += f", {facts.own_tokens} above its subsections"
    told = [write_pages(facts.page_number, facts.page_end), size]
    told += [_several(facts.tables, "table"), _several(facts.figures, "figure")]
    return f"{section.id}: {title} ({', '.join([one for one in told if one])})"


def _why_flat(document: OpenDocument) -> str:
    if document.sections:
        return "(The document has no headings: read_pages or search.)"
    failed = len(document.report.failed_pages)
    why = f"{failed} of {len(document.pages)} pages failed" if failed else "it is empty"
    return f"(Nothing of the document could be read: {why}. Ask describe.)"


def _indent(depth: int) -> str:
    return "  " * (depth - 1)


def describe(
    document: OpenDocument, *, cursor: str = "", max_tokens: int = DEFAULT_BUDGET
) -> Answer:
    """Describe a document: title, pages, job, size, and what is missing.

    Args:
        document: The document.
        cursor: Of the answer before, to read on.
        max_tokens: Most tokens of the answer, at least 300.
    """
    units = [
        Unit(line, tight=True) for line in (*_facts(document), *_missing(document))
    ]
    call = Call("describe", (document.fingerprint,), cursor, max_tokens, document.count)
    return call.answer(units)


def _facts(document: OpenDocument) -> list[str]:
    origin, sections = document.origin, document.sections
    title = next((one.title for one in sections if one.level), "")
    figures = sum(facts.own_figures for facts in document.facts.values())
    size = sum(facts.own_tokens for facts in document.facts.values())
    count = _several(len(sections), "section") or "no section"
    lines = [
        f"Document: {shorten(document.name, _LONGEST_TITLE)}",
        f"Title: {shorten(title, _LONGEST_TITLE)}" if title else "",
        f"Job: {origin.job_id}" if origin.job_id else "",
        f"Pages: {len(document.pages)}",
        f"Size: {size} tokens in {count}",
        f"Tables: {len(document.tables)}",
        f"Figures: {figures}",
    ]
    return [line for line in lines if line]


def _missing(document: OpenDocument) -> list[str]:
    """Say what is not there, or not sure."""
    report = document.report
    lines = [
        f"Page {number} failed: {shorten(reason, _LONGEST_TITLE)}"
        for number, reason in report.failed_pages.items()
    ]
    if report.blank_pages:
        lines.append(f"Pages without text: {_list_pages(report.blank_pages)}")
    doubts = [
        f"t{table.number} ({', '.join(table.concerns)})"
        for table in document.tables
        if table.concerns
    ]
    if doubts:
        lines.append(f"The parser doubts: {', '.join(doubts)}")
    if "metadata" not in document.content:
        lines.append("No printed page numbers and no confidence: the result lacks them")
    return [*lines, *report.notes] or ["Nothing is missing."]


def _list_pages(numbers: list[int]) -> str:
    listed = ", ".join(map(str, numbers[:_MOST_PAGES]))
    more = len(numbers) - _MOST_PAGES
    return f"{listed} and {more} more" if more > 0 else listed


def _several(number: int, name: str) -> str:
    return f"{number} {name}{'s' if number > 1 else ''}" if number else ""
