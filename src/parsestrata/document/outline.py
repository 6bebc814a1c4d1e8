"""Flat items -> heading paths and the section tree; the repair of headings."""

import re
from collections.abc import Callable, Iterable, Iterator

import msgspec
from msgspec import Struct

from parsestrata.document.model import FURNITURE, Heading, Item

_TAG = re.compile(
    r"</?(?:u|b|i|em|strong|s|del|ins|mark|small|span|font|sub)\b[^>]*>", re.IGNORECASE
)
_FOOTNOTE_MARK = re.compile(r"<sup>[^<]*</sup>", re.IGNORECASE)
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
_EMPHASIS = re.compile(r"(\*\*|__|~~|`)")

_TITLE_LABELS = frozenset({"paragraph_title", "doc_title"})
_LONGEST_TITLE = 200
_NUMBER = re.compile(
    r"(?:(?:part|chapter|section|article|appendix)\s+)?(\d{1,3}(?:\.\d{1,3}){0,5})\.?\)?\s+[^\W\d]",
    re.IGNORECASE,
)
_DEEPEST = 6


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WORD = re.compile(r"[^\W\d_]+|\d+")
_MONTHS = _words(
    """
    january february march april may june july august september october
    november december jan feb mar apr jun jul aug sep sept oct nov dec
    """
)
_UNITS = _words(
    """
    thousand thousands million millions billion billions trillion trillions
    percent percentage dollar dollars euro euros usd eur gbp jpy yen unaudited
    audited continued cont
    """
)
_FILLERS = _words(
    """
    a and are as at amount amounts calendar data d date ended ending except
    expressed figures first fiscal for fourth fy in month months nine number of
    par per period periods q quarter quarters reflected s second share shares
    six st nd rd th the third three through to twelve u unit units value week
    weeks which year years
    """
)
_COLUMN_WORDS = _MONTHS | _UNITS | _FILLERS
_YEAR_DIGITS = 4
_UNIT_LINE = re.compile(r"\(in\b[^()]*\)", re.IGNORECASE)


def heading_text(value: str) -> str:
    """Make a title one line for a path: no emphasis, no footnote marks."""
    text = _SPACE.sub(" ", value).strip()
    if "<" in text:
        text = _BREAK.sub(" ", text)
        bare = _TAG.sub("", _FOOTNOTE_MARK.sub("", text)).strip()
        text = bare or _TAG.sub("", text.replace("<sup>", "").replace("</sup>", ""))
    return _SPACE.sub(" ", _EMPHASIS.sub("", text)).strip() or text


def is_false_heading(text: str) -> bool:
    """Say whether a title is only a date, a unit or a number.

    Such a line ("(in millions)", "December 31, 2024") names the columns of a
    table, not a section.
    """
    if _UNIT_LINE.fullmatch(text.strip()):
        return True
    words = [word.lower() for word in _WORD.findall(text)]
    letters = [word for word in words if not word.isdecimal()]
    if not letters:
        return bool(words)
    if not all(word in _COLUMN_WORDS for word in letters):
        return False
    year = any(word.isdecimal() and len(word) == _YEAR_DIGITS for word in words)
    return year or any(word in _MONTHS or word in _UNITS for word in letters)


def heading_paths(
    items: Iterable[Item],
) -> Iterator[tuple[Item, tuple[Heading, ...]]]:
    """Pair each item with the headings above it.

    A heading closes every open heading of the same or a deeper level, so a
    skipped level (1, then 3) is kept as it is and never invented.

    Args:
        items: Items in reading order, length n.

    Yields:
        n pairs `(item, open headings)`, root first; a heading is the last of its
        own path. Items of one section get the same tuple.
    """
    path: tuple[Heading, ...] = ()
    for item in items:
        if item.level:
            path = next_path(path, item)
        yield item, path


def next_path(path: tuple[Heading, ...], item: Item) -> tuple[Heading, ...]:
    """Return the path at an item, given the path before it; the same for a text."""
    if not item.level:
        return path
    above = [heading for heading in path if heading.level < item.level]
    text = heading_text(item.plain)
    heading = Heading(text=text, level=item.level, wire_level=item.wire_level)
    return (*above, heading)


def repair_headings(
    items: Iterable[Item], count: Callable[[str], None]
) -> Iterator[Item]:
    """Mend what parsers get wrong about headings.

    A text whose box is labelled `paragraph_title` or `doc_title` becomes a
    heading, a numbered heading ("2.3 Scope") takes the level its number says,
    counted from the title that stands above the first numbered one, and a heading
    that is only a date, a unit or a number becomes text, so that it never takes a
    true ancestor's place in the path.

    Args:
        items: In reading order.
        count: Called with `promoted`, `releveled` or `demoted` for each repair.

    Yields:
        The same items; a repaired one keeps its `wire_level`.
    """
    return HeadingRepair(count).repair(items)


class HeadingRepair:
    """What `repair_headings` does, for items that come page by page.

    It remembers the levels above, for headings that have none of their own.

    Args:
        count: As for `repair_headings`.
    """

    def __init__(self, count: Callable[[str], None]) -> None:
        self._count = count
        self._last_level = 0
        self._above_numbers: int | None = None
        """Level of the title above the numbered headings; 0 for none."""

    def repair(self, items: Iterable[Item]) -> Iterator[Item]:
        """Mend the headings among the next items of the document."""
        for item in items:
            if item.kind == "text" and item.label in _TITLE_LABELS:
                repaired = self._promote(item)
            elif item.kind == "heading":
                repaired = self._mend(item)
            else:
                repaired = item
            if repaired is not item:
                self._count(_repair_name(item, repaired))
            if repaired.level and repaired.label != "doc_title":
                self._last_level = repaired.level
            yield repaired

    def _promote(self, item: Item) -> Item:
        """Make a title of a text, on the level of its number or of its neighbours."""
        line = heading_text(item.plain)
        if not line or len(line) > _LONGEST_TITLE or is_false_heading(line):
            return item
        level = 1 if item.label == "doc_title" else self._last_level or 1
        level = self._numbered_level(line, level) or level
        text = f"{'#' * level} {' '.join(item.text.split())}"
        return _replace(item, kind="heading", level=level, text=text)

    def _mend(self, item: Item) -> Item:
        if is_false_heading(item.plain):
            return _replace(item, kind="text", level=0, text=item.plain)
        level = self._numbered_level(heading_text(item.plain), item.level)
        return _replace(item, level=level) if level and level != item.level else item

    def _numbered_level(self, line: str, level: int) -> int:
        """Read the level off "2.3 Scope" or "Article 4 Terms"; 0 without a number."""
        match = _NUMBER.match(line)
        if match is None:
            return 0
        depth = match[1].count(".") + 1
        if self._above_numbers is None:
            above = self._last_level if self._last_level < level else 0
            self._above_numbers = max(min(above, level - depth), 0)
        return min(self._above_numbers + depth, _DEEPEST)


def _replace(item: Item, **changes: object) -> Item:
    return msgspec.structs.replace(item, **changes)


def _repair_name(before: Item, after: Item) -> str:
    if before.kind == after.kind:
        return "releveled"
    return "promoted" if after.kind == "heading" else "demoted"


class Section(Struct, frozen=True, kw_only=True):
    """One section of the outline, and those below it."""

    heading: Heading
    page_number: int
    """Page of its title."""
    page_end: int
    """Last page with something of the section or of one below it."""
    sections: tuple["Section", ...]


def outline(items: Iterable[Item]) -> tuple[Section, ...]:
    """Fold flat items into the tree of sections.

    Args:
        items: In reading order. What stands before the first heading is in no
            section.

    Returns:
        The sections at the root, each with those below it.
    """
    open_sections: list[tuple[Heading, int, list[Section]]] = []
    roots: list[Section] = []
    page = 1

    def close(last_page: int) -> None:
        heading, first, below = open_sections.pop()
        end = max([last_page, first, *(s.page_end for s in below)])
        section = Section(
            heading=heading, page_number=first, page_end=end, sections=tuple(below)
        )
        (open_sections[-1][2] if open_sections else roots).append(section)

    for item, path in heading_paths(items):
        if item.kind in FURNITURE:
            continue
        if item.level:
            while len(open_sections) >= len(path):
                close(page)
            open_sections.append((path[-1], item.page.number, []))
        page = max(item.pages)
    while open_sections:
        close(page)
    return tuple(roots)
