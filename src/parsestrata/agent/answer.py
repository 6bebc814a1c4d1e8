"""Answers: passages with their citations, filled to a budget, and a cursor to go on."""

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from parsestrata.chunking.chunk import PATH_SEPARATOR
from parsestrata.chunking.citation import Citation
from parsestrata.chunking.tokens import CountTokens
from parsestrata.document.geometry import Region, hull
from parsestrata.errors import ToolCallError

DEFAULT_BUDGET = 1500
SMALLEST_BUDGET = 300
_LONGEST_NAME = 80
_LONGEST_PATH = 200
_MOST_BOXES = 8
_FIRST_GUESS = 8
"""Units that are tried first."""
_CURSOR = re.compile(r"(\d+)(?:\+(\d+))?-([0-9a-f]{6})")
_LINE_END = re.compile(r"\n")
_SPACE = re.compile(r"\s")


class Unit(Struct, frozen=True):
    """What goes into an answer whole, unless it alone is above the budget."""

    text: str
    citation: Citation | None = None
    tight: bool = False
    """Whether no blank line stands between it and the one above."""
    opening: str = ""
    """What is said again before it where an answer begins with it, if that fits: the
    header of a table."""


class Answer(Struct, frozen=True, kw_only=True):
    """What a tool answers. `str()` is what a model reads.

    Neither `str(answer)` nor the JSON of `answer.to_dict()` has more tokens than the
    call allowed.
    """

    text: str
    """Markdown; `[1]` stands before what the first citation is about."""
    citations: tuple[Citation, ...] = ()
    """In the order of their numbers."""
    next: str = ""
    """Cursor for the same call, to read on; "" at the end."""

    def __str__(self) -> str:
        parts = [self.text]
        if self.citations:
            lines = [
                f"[{number}] {_write_source(citation)}"
                for number, citation in enumerate(self.citations, 1)
            ]
            parts.append("\n".join(["Sources:", *lines]))
        if self.next:
            parts.append(f'More: repeat the call with cursor="{self.next}"')
        return "\n\n".join(parts)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values: `text`, `citations` and `next`.

        A citation has `number`, `document`, `page_number`, `page_end`,
        `heading_path`, `chunk_id` and `boxes`: one `[page, x, y, width, height]` in
        points from the top left for each page, of the first eight pages.
        """
        return {
            "text": self.text,
            "citations": [
                _to_dict(number, citation)
                for number, citation in enumerate(self.citations, 1)
            ],
            "next": self.next,
        }


class Call(Struct, frozen=True):
    """A call of a tool: what its cursors belong to, and how long its answer may be.

    Args:
        tool: Name of the tool.
        arguments: What must be the same for a cursor to fit, the document included.
        cursor: Where to go on, "" at the beginning.
        max_tokens: The budget.
        count: The counter.
    """

    tool: str
    arguments: tuple[Any, ...]
    cursor: str
    max_tokens: int
    count: CountTokens

    def answer(self, units: Sequence[Unit]) -> Answer:
        """Answer with as many of the units as fit, from the cursor on.

        Args:
            units: All that there is to say, the same for every cursor of a call.

        Raises:
            ToolCallError: The cursor is of another call, or the budget too small.
        """
        if self.max_tokens < SMALLEST_BUDGET:
            problem = f"max_tokens is {self.max_tokens}; at least {SMALLEST_BUDGET}"
            raise ToolCallError(problem)
        start, offset = self._read_cursor(len(units))
        rest = list(units[start:])
        if not rest:
            return Answer(text="")
        if offset:
            rest[0] = replace(rest[0], text=rest[0].text[offset:], opening="")
        fitting = self._count_fitting(rest, start)
        if not fitting:
            rest[0] = replace(rest[0], opening="")
            fitting = self._count_fitting(rest, start)
        whole = rest[:fitting]
        if fitting == len(rest) or (whole and self._is_full(whole, rest[fitting])):
            return self._make(whole, start + fitting, len(units))
        return self._cut(whole, rest[fitting], start + fitting, offset)

    def _count_fitting(self, rest: list[Unit], start: int) -> int:
        """Count the units from the first one on that fit together."""
        total = start + len(rest)
        return _find_last(
            len(rest),
            _FIRST_GUESS,
            lambda n: self._fits(self._make(rest[:n], start + n, total)),
        )

    def _is_full(self, units: list[Unit], following: Unit) -> bool:
        """Say whether an answer ends here: half full, or before a row or a line."""
        size = self._measure(_write(units, ""))
        return following.tight or size > self.max_tokens // 2

    def _cut(self, whole: list[Unit], unit: Unit, index: int, offset: int) -> Answer:
        """Add the beginning of a unit that does not fit, up to a line or a word."""
        offset = 0 if whole else offset

        def begin(length: int) -> Answer:
            begun = replace(unit, text=unit.text[:length])
            return _write([*whole, begun], self._cursor(index, offset + length))

        length = _find_last(
            len(unit.text) - 1, self.max_tokens, lambda most: self._fits(begin(most))
        )
        length = _find_break(unit.text, length)
        if length:
            return begin(length)
        if whole:
            return _write(whole, self._cursor(index))
        problem = f"max_tokens={self.max_tokens} is too small for this counter"
        raise ToolCallError(problem)

    def _make(self, units: list[Unit], stop: int, total: int) -> Answer:
        return _write(units, self._cursor(stop) if stop < total else "")

    def _fits(self, answer: Answer) -> bool:
        return self._measure(answer) <= self.max_tokens

    def _measure(self, answer: Answer) -> int:
        """Count the tokens of an answer, as a text or as JSON, whichever has more."""
        written = json.dumps(answer.to_dict(), ensure_ascii=False)
        return max(self.count(written), self.count(str(answer)))

    # Cursors

    def _cursor(self, index: int, offset: int = 0) -> str:
        return f"{index}+{offset}-{self._mark}" if offset else f"{index}-{self._mark}"

    @property
    def _mark(self) -> str:
        """What tells cursors of this call from those of others."""
        told = json.dumps([self.tool, *self.arguments], default=str)
        return hashlib.sha256(told.encode()).hexdigest()[:6]

    def _read_cursor(self, total: int) -> tuple[int, int]:
        if not self.cursor:
            return 0, 0
        match = _CURSOR.fullmatch(self.cursor.strip())
        if match is None or match[3] != self._mark or int(match[1]) >= total:
            problem = (
                f"cursor {self.cursor[:40]!r} belongs to another call. Repeat the call "
                "that gave it with the same arguments, or leave the cursor out to "
                "begin again"
            )
            raise ToolCallError(problem)
        return int(match[1]), int(match[2] or 0)


def shorten(text: str, length: int) -> str:
    """Put a text on one line and take its middle out where it is too long.

    Args:
        text: Any text.
        length: Most characters that stay.
    """
    line = " ".join(text.split())
    if len(line) <= length:
        return line
    half = (length - 1) // 2
    return f"{line[:half].rstrip()}…{line[-half:].lstrip()}"


def _find_last(most: int, guess: int, fits: Callable[[int], bool]) -> int:
    """Find the largest number up to `most` that fits; 0 when none does.

    Doubles from a guess, so that no try is much larger than what fits, then halves.
    """
    fewest, ceiling = 0, min(guess, most)
    while fewest < ceiling < most and fits(ceiling):
        fewest, ceiling = ceiling, min(2 * ceiling, most)
    while fewest < ceiling:
        middle = (fewest + ceiling + 1) // 2
        if fits(middle):
            fewest = middle
        else:
            ceiling = middle - 1
    return fewest


def _find_break(text: str, most: int) -> int:
    """Find the last line's end, else the last word's, in the second half of a cut."""
    for mark in (_LINE_END, _SPACE):
        ends = [found.end() for found in mark.finditer(text, most // 2, most)]
        if ends:
            return ends[-1]
    return most


def _write(units: Sequence[Unit], cursor: str) -> Answer:
    """Put texts one below the other, a number before each change of citation."""
    told = ""
    numbers: dict[tuple[object, ...], int] = {}
    citations: list[Citation] = []
    before = 0
    for unit in units:
        number = 0
        if unit.citation is not None:
            one = unit.citation
            key = (one.chunk_id, one.page_number, one.page_end, one.heading_path)
            number = numbers.setdefault(key, len(numbers) + 1)
            if number > len(citations):
                citations.append(unit.citation)
            else:
                citations[number - 1] = _join(citations[number - 1], unit.citation)
        changed = number != before or not told
        glue = "\n" if unit.tight and not changed else "\n\n"
        mark = f"[{number}]\n" if number and changed else ""
        opening = f"{unit.opening}\n" if unit.opening and not told else ""
        told += f"{glue if told else ''}{mark}{opening}{unit.text}"
        before = number
    return Answer(text=told, citations=tuple(citations), next=cursor)


def _join(one: Citation, other: Citation) -> Citation:
    """Make one citation of two passages of one chunk, page and section."""
    regions = tuple(dict.fromkeys((*one.regions, *other.regions)))
    return replace(one, regions=regions)


def _write_source(citation: Citation) -> str:
    name = shorten(citation.file_name or citation.source, _LONGEST_NAME)
    path = shorten(PATH_SEPARATOR.join(citation.heading_path), _LONGEST_PATH)
    return ", ".join([part for part in (name, citation.pages, path) if part])


def _to_dict(number: int, citation: Citation) -> dict[str, Any]:
    path = PATH_SEPARATOR.join(citation.heading_path)
    return {
        "number": number,
        "document": shorten(citation.file_name or citation.source, _LONGEST_NAME),
        "page_number": citation.page_number,
        "page_end": citation.page_end,
        "heading_path": shorten(path, _LONGEST_PATH),
        "chunk_id": citation.chunk_id,
        "boxes": [_to_list(region) for region in hull(citation.regions)[:_MOST_BOXES]],
    }


def _to_list(region: Region) -> list[int]:
    edges = (region.x, region.y, region.width, region.height)
    return [region.page_number, *[round(edge) for edge in edges]]
