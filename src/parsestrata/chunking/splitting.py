"""A text too long for a chunk -> parts that fit: paragraphs, sentences, words."""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate

from parsestrata.chunking.tokens import CountTokens
from parsestrata.errors import ConfigError

_BOUNDARIES = (
    re.compile(r"\n\s*\n"),
    re.compile(r"\n+"),
    re.compile(r"[.!?…؟۔][\"'”’)\]]*\s+|[。！？]+"),  # noqa: RUF001 - CJK punctuation
    re.compile(r"[;:,؛،]\s+|[、，；]"),  # noqa: RUF001 - CJK punctuation
    re.compile(r"(?<!\S)(?:\S++\s++){8}"),
    re.compile(r"\s+"),
)
"""Where a text may be cut, best first; the boundary stays with what is before."""

_JOINER = "\u200d"
_CHARACTERS_PER_TOKEN = 16


def cut_text(text: str, limit: int, count: CountTokens) -> list[str]:
    """Cut a text into segments of at most `limit` tokens each.

    A segment is as long as its boundary allows: a paragraph that fits is never
    cut into sentences, a sentence that fits never into words.

    Args:
        text: Any text.
        limit: Most tokens of a segment, at least 1.
        count: The counter.

    Returns:
        Segments with their trailing white space; joined they are the text.

    Raises:
        ConfigError: One character alone has more than `limit` tokens.
    """
    return _cut(text, limit, count, 0)


def _cut(text: str, limit: int, count: CountTokens, level: int) -> list[str]:
    if count(text) <= limit:
        return [text]
    while level < len(_BOUNDARIES):
        pieces = _pieces(text, _BOUNDARIES[level])
        level += 1
        if len(pieces) > 1:
            return [s for piece in pieces for s in _cut(piece, limit, count, level)]
    return _cut_characters(text, limit, count)


def _pieces(text: str, boundary: re.Pattern[str]) -> list[str]:
    ends = [match.end() for match in boundary.finditer(text)]
    starts = [0, *ends]
    return [text[a:b] for a, b in zip(starts, [*ends, len(text)], strict=True) if a < b]


def _cut_characters(text: str, limit: int, count: CountTokens) -> list[str]:
    """Cut what has no boundary: a long word, a text without spaces."""
    parts = []
    start = 0
    while start < len(text):
        stop = _longest_prefix(text, start, limit, count)
        parts.append(text[start:stop])
        start = stop
    return parts


def _longest_prefix(text: str, start: int, limit: int, count: CountTokens) -> int:
    """Find how far from `start` the text fits; never between a letter and its mark."""
    reach = min(len(text) - start, limit * _CHARACTERS_PER_TOKEN)
    length = bisect_left(
        range(1, reach + 1),
        x=True,
        key=lambda n: count(text[start : start + n]) > limit,
    )
    while length > 1 and count(text[start : start + length]) > limit:
        length -= 1
    if length == 0:
        message = (
            f"max_tokens leaves {limit} tokens for a text, and count_tokens gives "
            f"{count(text[start])} for {text[start]!r} alone: raise max_tokens"
        )
        raise ConfigError(message)
    whole = length
    while length > 1 and start + length < len(text) and _joins(text, start + length):
        length -= 1
    return start + (length if length > 1 else whole)


def _joins(text: str, index: int) -> bool:
    """Say whether the character at `index` belongs to the one before it."""
    return (
        text[index] == _JOINER
        or text[index - 1] == _JOINER
        or unicodedata.category(text[index]) in {"Mn", "Mc", "Me", "Sk"}
    )


def partition(sizes: Sequence[int], first: int, rest: int) -> list[tuple[int, int]]:
    """Group segments into runs that fit, as evenly as the fewest runs allow.

    Args:
        sizes: Tokens of each segment, none above `rest`.
        first: Room of the first run, at most `rest`.
        rest: Room of every other run.

    Returns:
        Half-open ranges that cover the segments in order. The first range is
        `(0, 0)` when not even one segment fits into the first run.
    """
    greedy = _group(sizes, first, rest)
    target = -(-sum(sizes) // len(greedy)) if greedy else 0
    for soft in (target, target + target // 8, target + target // 3):
        even = _group(sizes, min(first, soft), min(rest, soft))
        if len(even) == len(greedy) and all(a < b for a, b in even):
            return even
    return greedy


def _group(sizes: Sequence[int], first: int, rest: int) -> list[tuple[int, int]]:
    sums = [0, *accumulate(sizes)]
    ranges: list[tuple[int, int]] = []
    start, room = 0, first
    while start < len(sizes):
        stop = bisect_left(sums, sums[start] + room + 1, lo=start) - 1
        if stop == start and ranges:
            stop = start + 1
        ranges.append((start, stop))
        start, room = stop, rest
    return ranges
