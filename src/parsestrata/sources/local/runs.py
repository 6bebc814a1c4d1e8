"""Text runs of a page: which block holds each, and the lines and columns they form.

The engine gives blocks and runs without a link between them, so a run belongs
to the block that lies around it and has its letters.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from parsestrata.sources.local.boxes import Box, hull, to_box
from parsestrata.sources.local.markup import letters

if TYPE_CHECKING:
    from liteparse.types import TextItem, WordBox

_MONOSPACE = re.compile(
    r"mono|courier|consol|typewriter|cmtt|t1xtt|lmtt|ectt|inconsolata|menlo|nimbusmon",
    re.IGNORECASE,
)
_MOSTLY = 0.5
_NEAR = 2.5
"""Line heights from a block within which a run of its may stand."""
_SAME_LINE = 0.5
_COLUMN_GAP = 3.0
_LINE_GAP = 2.5


class Run(NamedTuple):
    """A stretch of text in one line."""

    text: str
    box: Box
    letters: str
    """Letters and digits alone, "" for a bullet or a rule of dots."""
    rotation: int
    """Degrees, 0 to 359."""
    monospace: bool
    mcid: int | None
    """Marked content it belongs to in the tag tree of its page."""
    confidence: float | None
    """Of OCR, 0 to 1; None for text of the PDF's own."""
    words: "Sequence[WordBox]"


class Frame(NamedTuple):
    """What of a block tells its runs."""

    box: Box
    text: str
    """All that it shows."""
    letters: str
    """The letters and digits of it."""


class Placement(NamedTuple):
    """The runs of each block, and those of none."""

    by_block: list[list[Run]]
    left_over: list[Run]


def read_runs(items: "Iterable[TextItem]") -> list[Run]:
    """Read the runs of a page, blank ones left out."""
    return [
        Run(
            text=item.text.strip(),
            box=to_box(item),
            letters=letters(item.text),
            rotation=round(item.rotation) % 360,
            monospace=_is_typed(item),
            mcid=item.mcid,
            confidence=item.confidence,
            words=item.words,
        )
        for item in items
        if item.text.strip()
    ]


def _is_typed(item: "TextItem") -> bool:
    """Tell a run in a typewriter face.

    The engine names the font that a run begins with, and says how wide that
    beginning is: prose goes on in another after a typewritten word.
    """
    if not _MONOSPACE.search(item.font_name or ""):
        return False
    return item.text_width is None or item.text_width >= _MOSTLY * item.width


def place(runs: Iterable[Run], blocks: Sequence[Frame]) -> Placement:
    """Find the block of each run.

    Boxes overlap where a paragraph runs on in the next column, and leave out a line
    of the block now and then, which is why the letters decide.
    """
    by_block: list[list[Run]] = [[] for _ in blocks]
    strays = []
    for run in runs:
        around = [n for n, block in enumerate(blocks) if block.box.holds(run.box)]
        found = [n for n in around if run.letters in blocks[n].letters]
        if not found and around:
            found = [n for n in around if _mostly_in(run, blocks[n].letters)]
        if found:
            by_block[min(found, key=lambda n: _area(blocks[n].box))].append(run)
        else:
            strays.append(run)
    return Placement(by_block, [s for s in strays if not _adopt(s, blocks, by_block)])


def _adopt(run: Run, blocks: Sequence[Frame], by_block: Sequence[list[Run]]) -> bool:
    """Give a run to the nearest block that has its letters and no run for them."""
    best, least = None, _NEAR * run.box.height
    for n, block in enumerate(blocks):
        box = block.box
        distance = max(box.y - run.box.bottom, run.box.y - box.bottom, 0.0)
        if distance < least and _has_room(run, block, by_block[n]):
            best, least = n, distance
    if best is None:
        return False
    by_block[best].append(run)
    return True


def _has_room(run: Run, block: Frame, own: Iterable[Run]) -> bool:
    """Tell whether a block shows a text besides that of its runs."""
    if not run.letters:
        return run.text in block.text and block.box.x <= run.box.x <= block.box.right
    if run.letters not in block.letters:
        return False
    taken = sum(len(other.letters) for other in own)
    return len(block.letters) - taken >= len(run.letters)


def _mostly_in(run: Run, block: str) -> bool:
    """Tell whether every word of a run is in a block that joins them otherwise."""
    words = [letters(word) for word in run.text.split()]
    return all(word in block for word in words)


def _area(box: Box) -> float:
    return box.width * box.height


def lines(runs: Iterable[Run]) -> list[list[Run]]:
    """Group runs that stand beside each other, top to bottom, left to right."""
    grouped: list[list[Run]] = []
    for run in sorted(runs, key=lambda one: one.box.y + one.box.height / 2):
        middle = run.box.y + run.box.height / 2
        last = grouped[-1][-1] if grouped else None
        if (
            last
            and last.rotation == run.rotation
            and (
                abs(last.box.y + last.box.height / 2 - middle)
                <= _SAME_LINE * last.box.height
            )
        ):
            grouped[-1].append(run)
        else:
            grouped.append([run])
    return [sorted(line, key=lambda one: one.box.x) for line in grouped]


def line_text(line: Iterable[Run]) -> str:
    """Join the runs of a line."""
    return " ".join(run.text for run in line)


def regions(runs: Sequence[Run]) -> list[Box]:
    """Cut the runs of one block into the rectangles they fill, in reading order.

    A run that stands above the one before, or far to its right, begins a new
    column.
    """
    return [hull(run.box for run in part) for part in _columns(runs)]


def _columns(runs: Sequence[Run]) -> Iterator[list[Run]]:
    part: list[Run] = []
    column = last = None
    for run in runs:
        if column and last and _begins_column(column, last, run.box):
            yield part
            part, column = [], None
        part.append(run)
        column = hull((column, run.box)) if column else run.box
        last = run.box
    if part:
        yield part


def _begins_column(column: Box, last: Box, box: Box) -> bool:
    height = max(box.height, last.height)
    apart = box.x > column.right + _COLUMN_GAP * height or box.right < column.x
    below = box.y > column.bottom + _LINE_GAP * height
    return apart or below or box.bottom < column.y - _LINE_GAP * height
