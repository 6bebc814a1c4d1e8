"""The tag tree of a page: what its author called each stretch of text."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from parsestrata.sources.local.runs import Run

if TYPE_CHECKING:
    from liteparse.types import StructureTreeElement

_HEADING = re.compile(r"H([1-6])")
_BODY = frozenset(
    {"P", "LI", "LBody", "Lbl", "TD", "TH", "TOCI", "Caption", "Note", "BlockQuote"}
)


class Role(NamedTuple):
    """What the tags say about one piece of marked content."""

    level: int = 0
    """1 to 6 in a heading, else 0."""
    body: bool = False
    """In a paragraph, a list, a cell, a caption or a note."""
    entry: int = 0
    """Which list entry it is in, counted over the page; 0: none."""
    depth: int = 0
    """How many lists are around that entry's own."""


_NONE = Role()


def read_roles(roots: "Iterable[StructureTreeElement]") -> dict[int, Role]:
    """Read the role of each marked content id of a page."""
    roles: dict[int, Role] = {}
    entries = 0

    def walk(element: "StructureTreeElement", role: Role, lists: int) -> None:
        nonlocal entries
        if match := _HEADING.fullmatch(element.type):
            role = role._replace(level=int(match[1]))
        if element.type in _BODY:
            role = role._replace(body=True)
        if element.type == "L":
            lists += 1
        if element.type == "LI":
            entries += 1
            role = role._replace(entry=entries, depth=max(lists - 1, 0))
        roles.update(dict.fromkeys(element.marked_content_ids, role))
        for child in element.children:
            walk(child, role, lists)

    for root in roots:
        walk(root, _NONE, 0)
    return roles


def heading_level(runs: Sequence[Run], roles: Mapping[int, Role], level: int) -> int:
    """Return the level of a block: what its tags say, else what the engine says.

    A heading that the author tagged as a paragraph, a list or a cell is none.

    Args:
        runs: Of the block.
        roles: Of the page, {} when it has no tags.
        level: The engine's own, 0 for no heading.
    """
    ids = [run.mcid for run in runs if run.mcid is not None]
    known = [roles[mcid] for mcid in ids if mcid in roles]
    if not known:
        return level
    levels = {role.level for role in known}
    if levels.isdisjoint({0}):
        return min(levels)
    return 0 if all(role.body and not role.level for role in known) else level
