"""Code blocks, with the indentation that the engine's lines have lost."""

from collections.abc import Sequence
from statistics import median
from typing import Any

from parsestrata.sources.local.boxes import Box
from parsestrata.sources.local.markup import letters
from parsestrata.sources.local.runs import Run, lines

_FENCE = "```"
_DEEPEST_INDENT = 80
_NO_GAP = 0.4
"""Characters of space between two runs below which they touch."""


def make_code(
    source: Sequence[str], box: Box, runs: Sequence[Run], language: str = ""
) -> dict[str, Any]:
    """Make a code item.

    Args:
        source: The engine's lines.
        box: Around them.
        runs: Their runs, from whose places the indentation is read; their text
            counts only when it is that of the lines.
        language: The engine's guess, "" for none.
    """
    value = "\n".join(line.rstrip() for line in source)
    placed = _indented(runs)
    if letters(placed) == letters(value):
        value = placed
    fence = _FENCE
    while fence in value:
        fence += "`"
    item = {
        "type": "code",
        "md": f"{fence}{language}\n{value}\n{fence}",
        "bbox": [box.to_wire()],
        "value": value,
    }
    return {**item, "language": language} if language else item


def _indented(runs: Sequence[Run]) -> str:
    """Write runs in a grid of characters as wide as those of the runs."""
    widths = [run.box.width / len(run.text) for run in runs if run.box.width > 0]
    if not widths:
        return ""
    width = median(widths)
    if width <= 0:
        return ""
    left = min(run.box.x for run in runs)
    written = []
    for line in lines(runs):
        text, end = "", left
        for run in line:
            gap = (run.box.x - end) / width
            spaces = 0 if text and gap < _NO_GAP else max(round(gap), 1 if text else 0)
            text += " " * min(spaces, _DEEPEST_INDENT) + run.text
            end = run.box.right
        written.append(text)
    return "\n".join(written)
