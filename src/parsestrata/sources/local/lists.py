"""Runs of list entries -> nested v2 lists."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from parsestrata.sources.local.boxes import Box, hull
from parsestrata.sources.local.markup import escape, letters, plain
from parsestrata.sources.local.runs import Run, line_text
from parsestrata.sources.local.tags import Role

_MARKER = re.compile(r"(?:\(?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,5})[.)]|[•◦▪●○‣\u2013*-])")
_NUMBERED = re.compile(r"\d{1,9}[.)]")
_INDENT = 6.0
"""Points by which a nested marker stands further in."""
_ONE_COLUMN = 130.0
"""Points within which markers belong to one column of text."""


class Entry(NamedTuple):
    """One entry of a list."""

    markdown: str
    marker: str
    """`1.` or `1)`, "" in a bulleted list."""
    box: Box
    left: float
    """Left edge of its marker, in points."""
    depth: int | None
    """0 for the outermost list; None when only its place can tell."""

    @property
    def ordered(self) -> bool:
        """Whether it is numbered."""
        return bool(self.marker)


def read_entries(
    text: str, marker: str, level: int, runs: Sequence[Run], roles: Mapping[int, Role]
) -> list[Entry]:
    """Read the entries of one block: more than one where the tags say so.

    Args:
        text: Markdown of the block, which joins nested entries it does not see.
        marker: As on the page.
        level: How deep the engine says that it is.
        runs: Its own, at least one.
        roles: Tags of the page.
    """
    by_entry: dict[int, list[Run]] = {}
    for run in runs:
        by_entry.setdefault(_role(run, roles).entry, []).append(run)
    if len(by_entry) > 1 and 0 not in by_entry:
        return [_tagged_entry(part, roles) for part in by_entry.values()]
    depth = None if 0 in by_entry else _role(runs[0], roles).depth
    box = hull(run.box for run in runs)
    return [_entry(text, marker, box, runs[0].box.x, level or depth)]


def _role(run: Run, roles: Mapping[int, Role]) -> Role:
    return roles.get(-1 if run.mcid is None else run.mcid, Role())


def _entry(text: str, marker: str, box: Box, left: float, depth: int | None) -> Entry:
    """Make an entry; a marker that counts in letters stays in its text."""
    if _NUMBERED.fullmatch(marker):
        return Entry(text, marker, box, left, depth)
    if letters(marker):
        text = f"{marker} {text}"
    return Entry(text, "", box, left, depth)


def _tagged_entry(runs: Sequence[Run], roles: Mapping[int, Role]) -> Entry:
    marker, rest = "", runs
    if len(runs) > 1 and _MARKER.fullmatch(runs[0].text):
        marker, rest = runs[0].text, runs[1:]
    box, first = hull(run.box for run in runs), runs[0]
    depth = _role(first, roles).depth
    return _entry(escape(line_text(rest)), marker, box, first.box.x, depth)


def make_lists(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Nest entries in reading order; a bulleted list ends where a numbered begins."""
    depths = _depths(entries)
    made: list[dict[str, Any]] = []
    start = 0
    for n in range(1, len(entries) + 1):
        if n == len(entries) or _begins_list(entries, depths, start, n):
            made.append(_nest(entries[start:n], depths[start:n]))
            start = n
    return made


def _begins_list(
    entries: Sequence[Entry], depths: Sequence[int], start: int, n: int
) -> bool:
    same_depth = depths[n] <= depths[start]
    return same_depth and entries[n].ordered != entries[start].ordered


def _depths(entries: Sequence[Entry]) -> list[int]:
    """Tell how deep each entry is: by tags or engine, else by its marker's place."""
    if any(entry.depth for entry in entries):
        return [entry.depth or 0 for entry in entries]
    lefts = [entry.left for entry in entries]
    if max(lefts) - min(lefts) > _ONE_COLUMN:
        return [0] * len(entries)
    depths: list[int] = []
    open_lefts: list[float] = []
    for left in lefts:
        while open_lefts and left < open_lefts[-1] - _INDENT:
            open_lefts.pop()
        if not open_lefts or left > open_lefts[-1] + _INDENT:
            open_lefts.append(left)
        depths.append(len(open_lefts) - 1)
    return depths


def _nest(entries: Sequence[Entry], depths: Sequence[int]) -> dict[str, Any]:
    """Make one list; what is deeper than its first entry becomes a list within."""
    items: list[dict[str, Any]] = []
    lines: list[str] = []
    ordered, top = entries[0].ordered, depths[0]
    n = 0
    while n < len(entries):
        if depths[n] > top:
            end = n
            while end < len(entries) and depths[end] > top:
                end += 1
            inner = _nest(entries[n:end], depths[n:end])
            items.append(inner)
            lines += [f"   {line}" for line in inner["md"].split("\n")]
            n = end
            continue
        items.append(_text(entries[n]))
        lines.append(f"{entries[n].marker or '*'} {entries[n].markdown}")
        n += 1
    return {
        "type": "list",
        "md": "\n".join(lines),
        "bbox": [hull(entry.box for entry in entries).to_wire()],
        "ordered": ordered,
        "items": items,
    }


def _text(entry: Entry) -> dict[str, Any]:
    return {
        "type": "text",
        "md": entry.markdown,
        "bbox": [entry.box.to_wire()],
        "value": plain(entry.markdown),
    }
