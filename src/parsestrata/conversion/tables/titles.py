"""The texts around a table: which of them name it, which of them are notes."""

import html
import re
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from parsestrata.chunking.binding import CAPTION_LABELS, Block
from parsestrata.document.model import Item
from parsestrata.document.outline import heading_text, is_false_heading

_SUPERSCRIPT = re.compile(r"<sup>\s*([0-9,+\-()]+)\s*</sup>", re.IGNORECASE)
_RAISED = str.maketrans("0123456789+-()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾")
_TAG = re.compile(
    r"</?(?:sup|sub|b|i|u|s|em|strong|small|mark|span|font)\b[^<>]*>", re.IGNORECASE
)
_BREAK = re.compile(r"\s*<br\s*/?>\s*", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\w+|\w+);")
_EMPHASIS = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
_TITLE_LABELS = frozenset({"paragraph_title", "doc_title"})
_LETTERS = re.compile(r"[^\W\d_]{2}")
_WORD = re.compile(r"\w+")
_UNIT = re.compile(r"\W*(?:in|per|as|for|at|by|from|of which|%)\b", re.IGNORECASE)
_NUMBERED = re.compile(
    r"(?P<table>tables?|tab\.|tabelle|tableau|tabla|tabella|exhibit|schedule|appendix"
    r"|annex)?(?P<figure>fig(?:ure|\.)|chart|graph|abbildung|abb\.|figura|graphique)?"
    r"\s*(?:\d|(?-i:[A-Z]\b|[IVX]+\b))",
    re.IGNORECASE,
)
_RUNS_ON = re.compile(
    r"(?:\b(?:a|an|and|by|for|from|in|of|on|or|the|to|with)|[,&\u2013-])$",
    re.IGNORECASE,
)
_SENTENCE_ENDS = (".", ":", ";", ",")
_MOST_WORDS = 15
"""Of a line that nothing but its place makes a title; more are a sentence."""
_LONGEST_TITLE = 160
"""Characters."""


class TableTexts(Struct, frozen=True, kw_only=True):
    """What is said around a table."""

    title: str
    """One line that names it, "" when nothing does."""
    caption: str
    """Title, unit and caption, a line each; "" when there are none."""
    note: str
    """Footnotes and sources below it, a line each; "" when there are none."""


class _Line(Struct, frozen=True):
    """One line above or below a table."""

    text: str
    label: str

    @property
    def is_unit(self) -> bool:
        """Whether it is only a unit, a date or a period."""
        return is_false_heading(self.text) or _is_in_brackets(self.text)

    @property
    def number(self) -> str:
        """Whether it opens with "Table 1" (then "table") or "Figure 1"; or ""."""
        found = _NUMBERED.match(self.text)
        return (found and found.lastgroup) or ""


def read_texts(block: Block, header: Sequence[str]) -> TableTexts:
    """Read the texts that are bound to a table.

    Args:
        block: The table with its lines, captions and notes.
        header: Its first row.
    """
    below = [piece.item for piece in block.trail]
    above = [piece.item for piece in block.lead]
    captions = [item for item in below if item.label in CAPTION_LABELS]
    notes = [item for item in below if item.label not in CAPTION_LABELS]
    lines = [
        line for line in _lines([*above, *captions]) if not _is_stray(line, header)
    ]
    return TableTexts(
        title=_find_title(lines, block, header),
        caption="\n".join([line.text for line in lines]),
        note="\n".join([line.text for line in _lines(notes)]),
    )


def plain_text(text: str) -> str:
    """Take the inline tags out of a text; footnote marks become superscripts."""
    if "<" in text:
        text = _SUPERSCRIPT.sub(lambda found: found[1].translate(_RAISED), text)
        text = _TAG.sub("", _BREAK.sub(" ", text))
    return _ENTITY.sub(lambda found: html.unescape(found[0]), text).strip()


def _lines(items: Iterable[Item]) -> Iterator[_Line]:
    for item in items:
        text = _EMPHASIS.sub(r"\1", item.plain or item.text)
        text = plain_text(_BREAK.sub("\n", text))
        for line in _join_run_on(text.splitlines()):
            yield _Line(line, item.label)


def _join_run_on(lines: Iterable[str]) -> list[str]:
    """Put a line that goes on in the next one together with it."""
    joined: list[str] = []
    for line in filter(None, (" ".join(line.split()) for line in lines)):
        if joined and (_RUNS_ON.search(joined[-1]) or line[0].islower()):
            joined[-1] = f"{joined[-1]} {line}"
        else:
            joined.append(line)
    return joined


def _is_stray(line: _Line, header: Sequence[str]) -> bool:
    """Say whether a line only happens to stand above: a rest, a legend, a label.

    Rests are what is left of a drawing ("5 5 5") or of a sentence that goes on from
    another place ("chart above; but ..."); a legend says the header once more.
    """
    if line.label in CAPTION_LABELS | _TITLE_LABELS or line.number:
        return False
    if not _LETTERS.search(line.text):
        return not _is_in_brackets(line.text)
    if line.is_unit:
        return False
    opens_low = line.text[0].islower() or line.text[0] in ".,;:)*"
    return (opens_low and not _UNIT.match(line.text)) or _is_legend(line, header)


def _is_legend(line: _Line, header: Sequence[str]) -> bool:
    words = {word.lower() for word in _WORD.findall(line.text)}
    named = {word.lower() for cell in header for word in _WORD.findall(cell)}
    return len(words) > 1 and words <= named


def _is_sentence(text: str) -> bool:
    return text.endswith(_SENTENCE_ENDS) or len(text.split()) > _MOST_WORDS


def _is_in_brackets(text: str) -> bool:
    return text.startswith(("(", "[")) and text.endswith((")", "]"))


def _find_title(lines: Sequence[_Line], block: Block, header: Sequence[str]) -> str:
    """Find the line that says what the table is, from the surest to the last resort."""
    named = [line for line in lines if not line.is_unit]
    titles = [line for line in named if line.label in _TITLE_LABELS]
    plain = [line for line in named if not _is_sentence(line.text)]
    headings = [heading.text for heading in reversed(block.path)]
    candidates = [
        *[line.text for line in reversed(named) if line.number == "table"],
        *[line.text for line in named if line.number == "figure"],
        *[line.text for line in named if line.label in CAPTION_LABELS],
        *[line.text for line in reversed(titles)],
        *[line.text for line in plain],
        *_shared_group(header),
        *[heading for heading in headings if not is_false_heading(heading)],
        *[line.text for line in (*named, *lines)],
    ]
    return _shorten(heading_text(candidates[0])) if candidates else ""


def _shared_group(header: Sequence[str]) -> list[str]:
    """Return what all columns are headed by: a row of the header that spans them."""
    groups = [_BREAK.split(cell.strip()) for cell in header]
    shared = {group[0] for group in groups if len(group) > 1}
    if len(groups) < 2 or len(shared) != 1:  # noqa: PLR2004 - of one column it is its name
        return []
    return [*shared] if all(len(group) > 1 for group in groups) else []


def _shorten(text: str) -> str:
    if len(text) <= _LONGEST_TITLE:
        return text
    return f"{text[:_LONGEST_TITLE].rsplit(' ', 1)[0].rstrip()}…"
