"""Results in the shape of the real ones, built from a few words."""

import json
from collections.abc import Sequence
from typing import Any

Json = dict[str, Any]

PAGE_WIDTH, PAGE_HEIGHT = 612.0, 792.0
_LINE = 20.0


def box(
    y: float = 100.0,
    *,
    x: float = 72.0,
    w: float = 468.0,
    h: float = 18.0,
    **more: Any,
) -> Json:
    return {"x": x, "y": y, "w": w, "h": h, "confidence": 0.9, **more}


def text(words: str, *, label: str = "text", **more: Any) -> Json:
    boxes = [box(label=label)]
    return {"type": "text", "md": words, "value": words, "bbox": boxes, **more}


def heading(words: str, level: int = 1, **more: Any) -> Json:
    return {
        "type": "heading",
        "md": f"{'#' * level} {words}",
        "level": level,
        "value": words,
        "bbox": [box(label="paragraph_title")],
        **more,
    }


def table(rows: Sequence[Sequence[Any]], **more: Any) -> Json:
    written = [["" if cell is None else str(cell) for cell in row] for row in rows]
    lines = ["| " + " | ".join(row) + " |" for row in written]
    if lines:
        lines.insert(1, "|" + " --- |" * len(written[0]))
    cells = ["".join(f"<td>{cell}</td>" for cell in row) for row in written]
    return {
        "type": "table",
        "md": "\n".join(lines),
        "rows": [list(row) for row in rows],
        "html": f"<table>{''.join(f'<tr>{row}</tr>' for row in cells)}</table>",
        "csv": "\n".join(",".join(_quoted(cell) for cell in row) for row in written),
        "bbox": [box(label="table", h=200.0)],
        **more,
    }


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if cell else ""


def listing(*entries: str | Json, ordered: bool = False, **more: Any) -> Json:
    items = [entry if isinstance(entry, dict) else text(entry) for entry in entries]
    lines = [
        item["md"] if item["type"] == "list" else f"* {item['md']}" for item in items
    ]
    return {
        "type": "list",
        "md": "\n".join(lines),
        "ordered": ordered,
        "items": items,
        "bbox": [box(label="list", h=60.0)],
        **more,
    }


def code(source: str, language: str | None = None, **more: Any) -> Json:
    return {
        "type": "code",
        "md": f"```{language or ''}\n{source}\n```",
        "value": source,
        "language": language,
        "bbox": [box(label="code", h=80.0)],
        **more,
    }


def image(caption: str = "", url: str = "page_1_image_1_v2.jpg", **more: Any) -> Json:
    return {
        "type": "image",
        "md": f"![{caption}]({url})",
        "caption": caption,
        "url": url,
        "bbox": [box(label="image", h=120.0)],
        **more,
    }


def link(words: str, url: str, **more: Any) -> Json:
    return {
        "type": "link",
        "md": f"[{words}]({url})",
        "url": url,
        "text": words,
        "bbox": [box(label="text")],
        **more,
    }


def header(words: str) -> Json:
    frame = {"x": 72.0, "y": 24.0, "w": 468.0, "h": 14.0}
    return {"type": "header", "md": words, "items": [text(words)], "bbox": [frame]}


def footer(page_number: int) -> Json:
    words = f"<page_number>{page_number}</page_number>"
    frame = {"x": 72.0, "y": 760.0, "w": 468.0, "h": 14.0}
    child = text(f"\\<page_number>{page_number}\\</page_number>")
    return {"type": "footer", "md": words, "items": [child], "bbox": [frame]}


def page(number: int, *items: Json, place: bool = True, **more: Any) -> Json:
    """Make a page; `place` moves the boxes down the page, one below the other."""
    if place:
        _place(items)
    return {
        "page_number": number,
        "items": list(items),
        "page_width": PAGE_WIDTH,
        "page_height": PAGE_HEIGHT,
        "success": True,
        **more,
    }


def _place(items: Sequence[Json]) -> None:
    y = 60.0
    for item in items:
        if item.get("type") in {"header", "footer"}:
            continue
        for one in item.get("bbox") or ():
            one["y"] = round(min(y, PAGE_HEIGHT - one["h"]), 2)
        y += _LINE


def failed_page(number: int, error: str = "worker timed out") -> Json:
    return {"page_number": number, "error": error, "success": False}


def result(*pages: Json, name: str | None = "report.pdf", **more: Any) -> Json:
    """Make a whole answer, as the API gives it with expand=items,metadata."""
    numbers = [one["page_number"] for one in pages if "page_number" in one]
    return {
        "job": {
            "id": "pjb-testtesttesttesttesttesttest",
            "project_id": "11111111-2222-4333-8444-555555555555",
            "status": "COMPLETED",
            "created_at": "2026-08-13T14:31:28.997366Z",
            "updated_at": "2026-08-13T14:32:01.114210Z",
            "error_message": None,
            "name": name,
            "tier": "agentic",
        },
        "result_content_metadata": None,
        "text": None,
        "markdown": None,
        "items": {"pages": list(pages)},
        "metadata": {
            "pages": [
                {
                    "page_number": number,
                    "confidence": 0.97,
                    "printed_page_number": str(number),
                }
                for number in numbers
            ]
        },
        "images_content_metadata": None,
        "job_metadata": None,
        **more,
    }


def markdown(*pages: tuple[int, str]) -> Json:
    """Make what `expand=markdown` adds to a result."""
    return {
        "pages": [
            {"page_number": number, "markdown": words, "success": True}
            for number, words in pages
        ]
    }


def dump(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def words(number: int, word: str = "water") -> str:
    """Make a sentence of so many words."""
    return " ".join([word] * (number - 1)) + f" {word}."
