"""A table block -> a v2 table; one of a single column -> code or texts."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from parsestrata.sources.local.boxes import Box, hull, to_box
from parsestrata.sources.local.listings import make_code
from parsestrata.sources.local.markup import (
    escape,
    letters,
    table_csv,
    table_html,
    table_markdown,
)
from parsestrata.sources.local.runs import Run, line_text, lines

if TYPE_CHECKING:
    from liteparse.types import LayoutBlock, LayoutCell


def cells(block: "LayoutBlock") -> "list[list[LayoutCell]]":
    """Return the rows of a block, its header first."""
    return [*([block.header] if block.header else []), *(block.rows or [])]


def make_table(
    block: "LayoutBlock", box: Box, runs: Sequence[Run]
) -> list[dict[str, Any]]:
    """Make the items of a table block.

    Args:
        block: Of kind `table`.
        box: Around it.
        runs: Its own.

    Returns:
        A table; or, when it has but one column, one code block, or a text for each
        cell, since a column alone is no table.
    """
    found = cells(block)
    columns = max((len(row) for row in found), default=0)
    if columns > 1:
        return [_table(_split_rows(found, box, runs), columns, box)]
    if sum(run.monospace for run in runs) * 2 > len(runs):
        return [make_code([row[0].text for row in found if row], box, runs)]
    return [_cell_text(row[0], box) for row in found if row and row[0].text.strip()]


def _split_rows(
    rows: "Sequence[Sequence[LayoutCell]]", box: Box, runs: Sequence[Run]
) -> list[list[str]]:
    """Part rows of figures that the engine has put into one."""
    tops = [min((c.bbox.y for c in row if c.bbox), default=None) for row in rows]
    parted: list[list[str]] = []
    for n, row in enumerate(rows):
        top = tops[n]
        below = next((y for y in tops[n + 1 :] if y is not None), box.bottom)
        inside = [] if top is None else _between(runs, top, below)
        parted += _split_row(row, inside)
    return parted


def _between(runs: Sequence[Run], top: float, bottom: float) -> list[Run]:
    middles = [(run.box.y + run.box.height / 2, run) for run in runs]
    return [run for middle, run in middles if top <= middle < bottom]


def _split_row(row: "Sequence[LayoutCell]", runs: Sequence[Run]) -> list[list[str]]:
    """Part one row whose cells hold lines that are rows of their own.

    Each line has to fill half of the filled cells, and all lines but at most one
    have to be figures for the most part: a header in two lines is one row.
    """
    texts = [cell.text.strip() for cell in row]
    found = lines(runs)
    if len(found) == 1:
        return [texts]
    parts = [[line_text(_in_column(line, cell)) for cell in row] for line in found]
    whole = all(
        letters("".join(part[n] for part in parts)) == letters(text)
        for n, text in enumerate(texts)
    )
    filled = sum(bool(text) for text in texts)
    full = all(2 * sum(bool(cell) for cell in part) >= filled for part in parts)
    words = sum(not _is_figures(part) for part in parts)
    return parts if whole and full and words <= 1 else [texts]


def _in_column(line: Sequence[Run], cell: "LayoutCell") -> list[Run]:
    if cell.bbox is None:
        return []
    left, right = cell.bbox.x, cell.bbox.x + cell.bbox.width
    return [run for run in line if run.box.x < right and left < run.box.right]


def _is_figures(row: Sequence[str]) -> bool:
    filled = [cell for cell in row if cell]
    return sum(any(c.isdigit() for c in cell) for cell in filled) * 2 > len(filled)


def _table(found: Sequence[Sequence[str]], columns: int, box: Box) -> dict[str, Any]:
    rows = [[*row, *[""] * (columns - len(row))] for row in found]
    return {
        "type": "table",
        "md": table_markdown(rows),
        "bbox": [box.to_wire()],
        "rows": rows,
        "html": table_html(rows),
        "csv": table_csv(rows),
    }


def _cell_text(cell: "LayoutCell", box: Box) -> dict[str, Any]:
    text = cell.text.strip()
    around = hull([to_box(cell.bbox)]) if cell.bbox else box
    return {
        "type": "text",
        "md": escape(text),
        "bbox": [around.to_wire()],
        "value": text,
    }
