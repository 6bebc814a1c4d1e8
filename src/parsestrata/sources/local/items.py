"""A block of the engine's -> v2 items."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from parsestrata.sources.local.boxes import Box
from parsestrata.sources.local.links import Anchor, anchor_text, target
from parsestrata.sources.local.listings import make_code
from parsestrata.sources.local.markup import escape, plain
from parsestrata.sources.local.runs import Run, lines, regions
from parsestrata.sources.local.tables import make_table

if TYPE_CHECKING:
    from liteparse.types import LayoutBlock

Item = dict[str, Any]

_CAPTION = re.compile(
    r"(?:figure|fig\.|table|listing|chart|exhibit)\s+[A-Z]?\d[\d.\-]*\b", re.IGNORECASE
)
_FEWEST_CODE_LINES = 2
_MOSTLY = 0.5


class Block(NamedTuple):
    """A block of the engine's with what belongs to it."""

    source: "LayoutBlock"
    text: str
    """Inline Markdown, its links written in."""
    box: Box
    runs: list[Run]
    crossed: bool
    """Runs of other blocks lie within its box, so that it has several."""
    links: list[Anchor]
    """Links that could not be written into the text."""


def make_items(block: Block, level: int) -> list[Item]:
    """Make the items of a block that is no list entry.

    Args:
        block: The block.
        level: Its level as a heading, 0 when it is none.
    """
    source = block.source
    if source.kind == "table":
        return make_table(source, block.box, block.runs)
    if source.kind == "figure":
        return [_image(source, block.box)]
    if source.kind in {"code", "grid_fallback"}:
        return [_code(block)]
    if level:
        return [_heading(block, level)]
    if _is_code(block):
        return [make_code([block.text], block.box, block.runs)]
    return [_text(block)] if block.text.strip() else []


def _code(block: Block) -> Item:
    if block.source.kind == "code" and _is_prose(block):
        return _prose(block)
    code, language = block.source.lines or [], block.source.lang or ""
    return make_code(code, block.box, block.runs, language)


def links_apart(block: Block) -> list[Item]:
    """Make items of the links that stand in no text; a list's are in its entries."""
    return [
        {
            "type": "link",
            "md": f"[{escape(anchor_text(anchor))}]({target(anchor.url)})",
            "bbox": [anchor.box.to_wire()],
            "url": anchor.url,
            "text": anchor_text(anchor),
        }
        for anchor in block.links
    ]


def _is_code(block: Block) -> bool:
    """Tell a paragraph in a typewriter face, which the engine takes for prose."""
    typed = bool(block.runs) and all(run.monospace for run in block.runs)
    return typed and len(lines(block.runs)) >= _FEWEST_CODE_LINES


def _is_prose(block: Block) -> bool:
    """Tell prose that the engine takes for code by a line's first word."""
    typed = sum(len(run.text) for run in block.runs if run.monospace)
    short = len(block.source.lines or ()) <= _FEWEST_CODE_LINES
    return short and typed < _MOSTLY * sum(len(run.text) for run in block.runs)


def _prose(block: Block) -> Item:
    text = " ".join(line.strip() for line in block.source.lines or ())
    md = escape(text)
    return {"type": "text", "md": md, "bbox": _boxes(block, md), "value": text}


# Items


def _boxes(block: Block, markdown: str) -> list[dict[str, float]]:
    """Write the boxes of a block; the offsets are known where there is but one."""
    found = regions(block.runs) if block.crossed and block.runs else [block.box]
    return boxes_of(found, markdown)


def boxes_of(boxes: Sequence[Box], markdown: str) -> list[dict[str, float]]:
    """Write boxes, the offsets into `md` (inclusive) on one that has no other."""
    written = [box.to_wire() for box in boxes]
    if len(written) == 1 and markdown and markdown.isascii():
        written[0] |= {"start_index": 0, "end_index": len(markdown) - 1}
    return written


def _heading(block: Block, level: int) -> Item:
    text = " ".join(f"{block.source.marker or ''} {block.text}".split())
    md = f"{'#' * level} {text}"
    return {
        "type": "heading",
        "md": md,
        "bbox": _boxes(block, md),
        "level": level,
        "value": plain(text),
    }


def _text(block: Block) -> Item:
    md = block.text.strip()
    boxes = _boxes(block, md)
    return {"type": "text", "md": md, "bbox": boxes, "value": plain(md)}


def _image(block: "LayoutBlock", box: Box) -> Item:
    name = image_name(block) if block.id else ""
    return {
        "type": "image",
        "md": f"![]({name})" if name else "",
        "bbox": [box.to_wire()],
        "caption": "",
        "url": name,
    }


def image_name(block: "LayoutBlock") -> str:
    """Return the file name of a figure, as the engine names extracted images.

    Its format is what images are stored as, and else `png`.
    """
    return f"img_{block.id}.{block.format or 'png'}"


def label_captions(items: list[Item]) -> list[Item]:
    """Label the text beside a figure or a table that calls itself its caption."""
    for above, below in pairwise(items):
        for text, other in ((above, below), (below, above)):
            near = other["type"] in {"image", "table", "code"}
            if near and text["type"] == "text" and _CAPTION.match(text["value"]):
                text["bbox"][0]["label"] = "caption"
    return items
