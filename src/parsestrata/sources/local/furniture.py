"""Running heads and feet: the lines that come back in the margins of many pages.

A line is furniture when one of its runs stands, digits apart, in the same place
on a fifth of the pages (three at least), when a number at its end counts the
pages, or when it is a page number and nothing else. What changes beside them (a
chapter's name) goes with the line.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from parsestrata.sources.local.boxes import Box
from parsestrata.sources.local.runs import Run, line_text, lines

_BAND = 0.12
"""Share of the page's height at its head and at its foot."""
_SIDE = 0.07
"""Share of the page's width at either side."""
_NARROWEST = 4.0
"""A line at the side is taller than it is wide, by this much."""
_FEWEST_PAGES = 3
_SHARE_OF_PAGES = 0.2
_STEP = 4.0
"""Points within which two runs stand in the same place."""
_NUMBER = re.compile(r"\d{1,5}")
_DIGITS = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(
    r"\W*(?:(?:page|seite|p\.)\s*)?(?:\d{1,5}|[ivxlc]{1,7})"
    r"(?:\s*(?:of|/|von)\s*\d{1,4})?\W*",
    re.IGNORECASE,
)

_Key = tuple[str, int, int]


class Habits(NamedTuple):
    """What a document does in its margins."""

    repeated: frozenset[_Key]
    """Text without digits, and its place, of runs that come back."""
    offsets: frozenset[tuple[bool, int]]
    """At the head or not, and by how much the printed number is above the page's."""


class Furniture(NamedTuple):
    """The running heads and feet of one page."""

    header: list[list[Run]]
    """Lines, top to bottom."""
    footer: list[list[Run]]
    runs: frozenset[int]
    """`id` of each run in them."""


def learn_habits(pages: Iterable[tuple[int, Box, Sequence[Run]]]) -> Habits:
    """Find what stands in the same margin place on many pages.

    Args:
        pages: Number, frame and runs of each page.
    """
    keys: Counter[_Key] = Counter()
    offsets: Counter[tuple[bool, int]] = Counter()
    total = 0
    for number, frame, runs in pages:
        total += 1
        margin = [run for run in runs if _in_margin(run.box, frame)]
        keys.update({_key(run) for run in margin})
        found = {o for line in lines(margin) for o in _offsets(line, number, frame)}
        offsets.update(found)
    fewest = max(_FEWEST_PAGES, total * _SHARE_OF_PAGES)
    return Habits(
        frozenset(key for key, count in keys.items() if key[0] and count >= fewest),
        frozenset(offset for offset, count in offsets.items() if count >= fewest),
    )


def find_furniture(
    number: int, frame: Box, runs: Sequence[Run], habits: Habits
) -> Furniture:
    """Find the running heads and feet of a page.

    Args:
        number: Of the page, from 1.
        frame: The page.
        runs: All of the page's.
        habits: Of the document.
    """
    margin = [run for run in runs if _in_margin(run.box, frame)]
    header: list[list[Run]] = []
    footer: list[list[Run]] = []
    for line in lines(margin):
        known = any(_key(run) in habits.repeated for run in line)
        numbered = not habits.offsets.isdisjoint(_offsets(line, number, frame))
        if known or numbered or _is_page_number(line, frame):
            (header if _at_head(line[0].box, frame) else footer).append(line)
    taken = frozenset(id(run) for line in (*header, *footer) for run in line)
    return Furniture(header, footer, taken)


def _key(run: Run) -> _Key:
    text = _DIGITS.sub("", run.letters)
    left = 0 if run.text[:1].isdigit() else round(run.box.x / _STEP)
    return text, left, round(run.box.y / _STEP)


def _offsets(
    line: Sequence[Run], number: int, frame: Box
) -> Iterator[tuple[bool, int]]:
    """Yield how far the numbers at both ends of a line are from the page's own."""
    if not _in_band(line[0].box, frame):
        return
    words = line_text(line).split()
    for word in {words[0], words[-1]}:
        if _NUMBER.fullmatch(word):
            yield _at_head(line[0].box, frame), int(word) - number


def _in_margin(box: Box, frame: Box) -> bool:
    at_side = box.right <= frame.width * _SIDE or box.x >= frame.width * (1 - _SIDE)
    return _in_band(box, frame) or (at_side and box.height >= _NARROWEST * box.width)


def _in_band(box: Box, frame: Box) -> bool:
    return _at_head(box, frame) or box.y >= frame.height * (1 - _BAND)


def _at_head(box: Box, frame: Box) -> bool:
    return box.bottom <= frame.height * _BAND


def _is_page_number(line: Sequence[Run], frame: Box) -> bool:
    in_band = _in_band(line[0].box, frame)
    return in_band and bool(_PAGE_NUMBER.fullmatch(line_text(line)))
