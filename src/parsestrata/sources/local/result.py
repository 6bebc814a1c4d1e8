"""What the engine read -> a whole v2 result as JSON.

Nothing in it depends on when or where it was made: the same bytes give the same
result.
"""

import json
from importlib.metadata import version
from statistics import fmean
from typing import TYPE_CHECKING, Any

from parsestrata.sources.local.engine import Reading
from parsestrata.sources.local.furniture import learn_habits
from parsestrata.sources.local.items import image_name
from parsestrata.sources.local.page import Page, build_page, page_frame
from parsestrata.sources.local.runs import Run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from liteparse.types import LayoutBlock, ParsedPage

PROJECT = "local"
_DIGEST_LENGTH = 28


def job_id(digest: str) -> str:
    """Make the id of a job of the hexadecimal SHA-256 of its file."""
    return f"pjb-local-{digest[:_DIGEST_LENGTH]}"


def build_result(reading: Reading, digest: str, name: str | None) -> bytes:
    """Write a v2 result.

    Args:
        reading: The document.
        digest: Hexadecimal SHA-256 of the file.
        name: File name, None for bytes without one.
    """
    read = list(zip(reading.pages, reading.runs, strict=True))
    habits = learn_habits((p.page_num, page_frame(p), runs) for p, runs in read)
    built = [(page, runs, build_page(page, runs, habits)) for page, runs in read]
    result = {
        "job": _job(digest, name),
        "result_content_metadata": None,
        "text": {"pages": [_text_page(page) for page in reading.pages]},
        "markdown": {
            "pages": _in_order(reading, [_markdown_page(p, b) for p, _, b in built])
        },
        "items": {
            "pages": _in_order(reading, [_items_page(p, b) for p, _, b in built])
        },
        "metadata": {"pages": [_metadata_page(p, r, reading) for p, r, _ in built]},
        "images_content_metadata": _images(reading),
        "job_metadata": {"engine": f"liteparse {version('liteparse')}"},
    }
    return json.dumps(result, ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "replace"
    )


def _job(digest: str, name: str | None) -> dict[str, Any]:
    return {
        "id": job_id(digest),
        "project_id": PROJECT,
        "status": "COMPLETED",
        "created_at": None,
        "updated_at": None,
        "error_message": None,
        "name": name,
        "tier": None,
    }


def _in_order(reading: Reading, pages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put the failed pages in their places."""
    failed = [
        {"page_number": number, "error": reason, "success": False}
        for number, reason in reading.failed.items()
    ]
    return sorted([*pages, *failed], key=lambda page: page["page_number"])


def _items_page(page: "ParsedPage", built: Page) -> dict[str, Any]:
    return {
        "page_number": page.page_num,
        "items": built.items,
        "page_width": round(page.width, 2),
        "page_height": round(page.height, 2),
        "success": True,
    }


def _markdown_page(page: "ParsedPage", built: Page) -> dict[str, Any]:
    written: dict[str, Any] = {"page_number": page.page_num, "markdown": built.body}
    if built.header:
        written["header"] = built.header
    if built.footer:
        written["footer"] = built.footer
    return {**written, "success": True}


def _text_page(page: "ParsedPage") -> dict[str, Any]:
    return {"page_number": page.page_num, "text": page.text}


def _metadata_page(
    page: "ParsedPage", runs: list[Run], reading: Reading
) -> dict[str, Any]:
    written: dict[str, Any] = {"page_number": page.page_num}
    confidences = [run.confidence for run in runs if run.confidence is not None]
    if confidences:
        written["confidence"] = round(fmean(confidences), 4)
    written["original_orientation_angle"] = reading.angles.get(page.page_num, 0)
    if page.page_label:
        written["printed_page_number"] = page.page_label
    return written


def _images(reading: Reading) -> dict[str, Any]:
    images = [
        _image(index, block)
        for index, block in enumerate(
            block for page in reading.pages for block in figures(page)
        )
    ]
    return {"images": images, "total_count": len(images)}


def figures(page: "ParsedPage") -> "Iterator[LayoutBlock]":
    """Yield the blocks of a page that are images of the PDF."""
    return (b for b in page.blocks or () if b.kind == "figure" and b.id and b.bbox)


def _image(index: int, block: "LayoutBlock") -> dict[str, Any]:
    box, kind = block.bbox, block.format or "png"
    return {
        "filename": image_name(block),
        "index": index,
        "bbox": box
        and {
            "x": round(box.x),
            "y": round(box.y),
            "w": round(box.width),
            "h": round(box.height),
        },
        "category": "embedded",
        "content_type": f"image/{'jpeg' if kind in {'jpg', 'jpeg'} else kind}",
    }
