"""The sections of a document: their ids, and finding one by what a model calls it."""

import difflib
import re
from collections.abc import Iterable, Sequence

from msgspec import Struct

from parsestrata.chunking.chunk import PATH_SEPARATOR
from parsestrata.document.model import Heading, Item
from parsestrata.errors import ToolCallError

PREAMBLE = "s0"
_PREAMBLE_TITLE = "(before the first heading)"
_ID = re.compile(r"s?(\d+(?:\.\d+)*)\.?", re.IGNORECASE)
_PRINTED_NUMBER = re.compile(
    r"(?:(?:part|chapter|section|article|appendix)\s+)?([0-9]+(?:\.[0-9]+)*)\b",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(r"\s*[>\u203a]\s*")
_MOST_NAMED = 5
_LIKE_ENOUGH = 0.4


class SectionItems(Struct, frozen=True, kw_only=True):
    """A section with the items that are its own: those above its first subsection."""

    id: str
    """`s1`, `s1.2`, ...: its place among its siblings; `s0` is what stands before the
    first heading."""
    title: str
    level: int
    """1 to 6; 0 for `s0`."""
    path: tuple[str, ...]
    """Titles from the root to its own; () for `s0`."""
    items: tuple[Item, ...]
    """In reading order, its heading first."""

    @property
    def depth(self) -> int:
        """1 at the root, and for `s0`."""
        return self.id.count(".") + 1

    def holds(self, other: str) -> bool:
        """Say whether a section id is this one or one below it."""
        return other == self.id or other.startswith(f"{self.id}.")


def divide(
    items: Iterable[tuple[Item, tuple[Heading, ...]]],
) -> list[SectionItems]:
    """Divide items into sections, in reading order; every item is in one.

    Args:
        items: Each with the headings above it, its own included.
    """
    opened: list[tuple[str, Heading | None, tuple[str, ...], list[Item]]] = []
    siblings = [0]
    for item, path in items:
        if item.level:
            del siblings[len(path) :]
            siblings += [0] * (len(path) - len(siblings))
            siblings[-1] += 1
            identity = "s" + ".".join(map(str, siblings))
            titles = tuple([heading.text for heading in path])
            opened.append((identity, path[-1], titles, []))
        elif not opened:
            opened.append((PREAMBLE, None, (), []))
        opened[-1][3].append(item)
    return [
        SectionItems(
            id=identity,
            title=heading.text if heading else _PREAMBLE_TITLE,
            level=heading.level if heading else 0,
            path=titles,
            items=tuple(own),
        )
        for identity, heading, titles, own in opened
    ]


def look_up(sections: Sequence[SectionItems], asked: str) -> SectionItems:
    """Find a section by its id, its title, its printed number or its heading path.

    Args:
        sections: Those of the document.
        asked: `s2.1`; `2.1`, which is the title that begins with that number, else
            the id; `Market risk`; `Risk factors > Market risk`, or the end of it; or a
            part of a title that no other has. Case does not matter.

    Raises:
        ToolCallError: There is none, or there are several; names the nearest.
    """
    asked = " ".join(asked.split())
    for found in _candidates(sections, asked):
        if len(found) == 1:
            return found[0]
        if found:
            problem = f"{len(found)} sections are called {asked[:80]!r}"
            raise ToolCallError(problem, _name(found))
    problem = f"there is no section {asked[:80]!r}"
    raise ToolCallError(problem, _name(_nearest(sections, asked)))


def _candidates(
    sections: Sequence[SectionItems], asked: str
) -> Iterable[list[SectionItems]]:
    """Yield what may be meant, the surest way first."""
    match = _ID.fullmatch(asked)
    if match and not asked[0].isdecimal():
        yield [section for section in sections if section.id == f"s{match[1]}"]
    if match:
        yield [one for one in sections if _printed_number(one.title) == match[1]]
        yield [section for section in sections if section.id == f"s{match[1]}"]
    wanted = _fold(asked)
    yield [section for section in sections if _fold(section.title) == wanted]
    parts = tuple(_fold(part) for part in _SEPARATOR.split(asked))
    folded = [(section, tuple(map(_fold, section.path))) for section in sections]
    yield [section for section, path in folded if path == parts]
    yield [section for section, path in folded if path[-len(parts) :] == parts]
    yield [section for section in sections if wanted and wanted in _fold(section.title)]


def _printed_number(title: str) -> str:
    match = _PRINTED_NUMBER.match(title)
    return match[1] if match else ""


def _fold(text: str) -> str:
    return " ".join(text.casefold().split())


def _nearest(sections: Sequence[SectionItems], asked: str) -> list[SectionItems]:
    titles = {_fold(section.title): section for section in reversed(sections)}
    last = _fold(_SEPARATOR.split(asked)[-1])
    near = difflib.get_close_matches(last, titles, _MOST_NAMED, _LIKE_ENOUGH)
    return [titles[title] for title in near] or list(sections[:_MOST_NAMED])


def _name(sections: Sequence[SectionItems]) -> tuple[str, ...]:
    named = sections[:_MOST_NAMED]
    return tuple([f"{s.id} {PATH_SEPARATOR.join(s.path) or s.title}" for s in named])
