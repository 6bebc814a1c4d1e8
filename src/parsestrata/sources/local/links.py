"""Link annotations -> Markdown links around just the words that they cover."""

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from parsestrata.sources.local.boxes import Box, to_box
from parsestrata.sources.local.markup import letters, unemphasised
from parsestrata.sources.local.runs import Run

if TYPE_CHECKING:
    from liteparse.types import DocumentAnnotation

_ANYTHING_ELSE = r"[\W_]*"
_NEAREST_LINE, _NEXT_LINE = 0.3, 1.7
"""Line heights from one line of a link to the next."""
_UNSAFE = re.compile(r"[\s<>()]")


class Anchor(NamedTuple):
    """A link and the words it stands on."""

    url: str
    words: list[str]
    runs: frozenset[int]
    """`id` of the runs that have these words."""
    box: Box


def read_anchors(
    annotations: "Iterable[DocumentAnnotation]", runs: Sequence[Run]
) -> list[Anchor]:
    """Find the words under each link with a URL; a link in two lines is one."""
    anchors: list[Anchor] = []
    for annotation in annotations:
        if not annotation.uri or annotation.rect is None:
            continue
        rects = [to_box(rect) for rect in annotation.quadpoint_rects]
        anchor = _read_anchor(annotation.uri, rects or [to_box(annotation.rect)], runs)
        if anchor.words:
            _append(anchors, anchor)
    return anchors


def _read_anchor(url: str, rects: Sequence[Box], runs: Sequence[Run]) -> Anchor:
    words, found = [], set()
    for run in runs:
        if not any(_overlap(rect, run.box) for rect in rects):
            continue
        for word in run.words:
            if any(_covers(rect, to_box(word)) for rect in rects):
                words.append(word.text)
                found.add(id(run))
    return Anchor(url, words, frozenset(found), rects[0])


def _covers(rect: Box, word: Box) -> bool:
    """Tell whether the middle of a word is within a link."""
    x, y = word.x + word.width / 2, word.y + word.height / 2
    return rect.x <= x <= rect.right and rect.y <= y <= rect.bottom


def _overlap(one: Box, other: Box) -> bool:
    return (
        one.x < other.right
        and other.x < one.right
        and one.y < other.bottom
        and other.y < one.bottom
    )


def _append(anchors: list[Anchor], anchor: Anchor) -> None:
    """Add a link, joined with the last one where it goes on in the next line."""
    last = anchors[-1] if anchors else None
    if last is None or last.url != anchor.url or not _is_below(anchor.box, last.box):
        anchors.append(anchor)
        return
    joined = [*last.words, *anchor.words]
    anchors[-1] = anchor._replace(words=joined, runs=last.runs | anchor.runs)


def _is_below(box: Box, above: Box) -> bool:
    step = (box.y - above.y) / max(above.height, 1.0)
    return _NEAREST_LINE < step < _NEXT_LINE


def anchor_text(anchor: Anchor) -> str:
    """Join the words of a link."""
    return " ".join(anchor.words)


def target(url: str) -> str:
    """Write a URL as the target of a Markdown link."""
    return f"<{url}>" if _UNSAFE.search(url) else url


def put_link(markdown: str, anchor: Anchor) -> str | None:
    """Write the link into a block's Markdown.

    Words are found by their letters, since the engine undoes hyphens. A link that
    begins or ends within an emphasis takes the emphasis off the whole block.

    Args:
        markdown: Of the block.
        anchor: The link.

    Returns:
        The Markdown with it; None when its words are not in it, or in another link.
    """
    known = letters(anchor_text(anchor))
    if not known:
        return None
    between = _ANYTHING_ELSE.join(re.escape(letter) for letter in known)
    pattern = re.compile(rf"(?<![^\W_]){between}(?![^\W_])")
    for match in pattern.finditer(markdown):
        start, end = match.span()
        if markdown.rfind("[", 0, start) > markdown.rfind("](", 0, start):
            if "](" in markdown[end:].partition("[")[0]:
                continue
        elif markdown.rfind("](", 0, start) > markdown.rfind(")", 0, start):
            continue
        if _cuts_emphasis(match[0]):
            return put_link(unemphasised(markdown), anchor)
        link = f"[{match[0]}]({target(anchor.url)})"
        return markdown[:start] + link + markdown[end:]
    return None


def _cuts_emphasis(text: str) -> bool:
    """Tell whether a stretch holds only one side of an emphasis."""
    return len(re.findall(r"(?<!\\)\*+", text)) % 2 == 1
