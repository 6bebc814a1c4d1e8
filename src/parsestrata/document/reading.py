"""Api pages -> items; the only room that knows both."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from parsestrata.api import items as wire
from parsestrata.api import lean
from parsestrata.api.models import FailedPage, MetadataPage, StructuredPage
from parsestrata.document.geometry import Region, hull, make_region, page_side
from parsestrata.document.model import (
    FURNITURE,
    Image,
    Item,
    Link,
    ListEntry,
    Page,
    Table,
)

_Metadata = MetadataPage | lean.Metadata

_PAGE_NUMBER_TAG = re.compile(r"\\?</?\s*page\\?_number\s*\\?>")
_WORD = re.compile(r"\w")
_FIRST_NUMBER = re.compile(r"\s*(\d{1,9})[.)]\s")
_LINK = re.compile(r"(!?)\[([^\[\]]*)\]\(<?([^\s()<>]*(?:\([^\s()]*\))?[^\s()<>]*)>?")
_PLACEHOLDERS = frozenset({"image", "image_url_placeholder"})
_TEXT_FIELDS = ("md", "value", "text", "caption", "html")
_LAYOUT_FIELDS = frozenset({"type", "bbox"})


def read_items(
    pages: Iterable[lean.Page | StructuredPage | FailedPage],
    metadata: Mapping[int, _Metadata] | None = None,
    *,
    placeholders: bool = False,
    furniture: bool = True,
) -> Iterator[tuple[Page, list[Item]]]:
    """Turn wire pages into pages and their items.

    Units are settled here: points from the top left, boxes clipped to their
    page, page numbers as the wire gives them. `<page_number>` tags go.

    Args:
        pages: In the order of the answer, which is kept.
        metadata: Pages of `expand=metadata`, by page number.
        placeholders: Put a text that says so on each failed page.
        furniture: Read what page headers and footers hold; else they are only named.

    Yields:
        `(page, items)`; a failed page has an `error`, a blank one has neither
        error nor items.
    """
    known = metadata or {}
    position = 0
    for wire_page in pages:
        page = _read_page(wire_page, known.get(wire_page.page_number))
        items = []
        if not isinstance(wire_page, FailedPage):
            for wire_item in wire_page.items:
                items.append(_read_item(wire_item, page, position, furniture))
                position += 1
        elif placeholders:
            items.append(placeholder(page, position))
            position += 1
        yield page, items


def placeholder(page: Page, position: int) -> Item:
    """Make a text that stands for a page that could not be parsed."""
    text = f"[Page {page.number} could not be parsed: {page.error}]"
    return Item(position=position, page=page, kind="text", text=text, plain=text)


def clean_markdown(text: str) -> str:
    """Strip `<page_number>` tags, escaped ones too, and the space around."""
    return _without_tags(text).strip()


def _without_tags(text: str) -> str:
    return _PAGE_NUMBER_TAG.sub("", text) if "_number" in text else text


def read_page(page_number: int, metadata: _Metadata | None, error: str = "") -> Page:
    """Make a page whose size is not known, as in markdown and text results.

    Args:
        page_number: 1-based source page.
        metadata: Its page of `expand=metadata`, None without one.
        error: Why the page failed, "" when it did not.
    """
    return Page(
        number=page_number,
        label=(metadata and metadata.printed_page_number) or "",
        confidence=(metadata and metadata.confidence) or 0.0,
        error=error,
    )


def _read_page(
    page: lean.Page | StructuredPage | FailedPage, metadata: _Metadata | None
) -> Page:
    if isinstance(page, FailedPage):
        return read_page(page.page_number, metadata, page.error or "no reason given")
    return Page(
        number=page.page_number,
        width=page_side(page.page_width),
        height=page_side(page.page_height),
        label=(metadata and metadata.printed_page_number) or "",
        confidence=(metadata and metadata.confidence) or 0.0,
    )


def _read_item(
    item: wire.Item | lean.Item,
    page: Page,
    position: int,
    furniture: bool,  # noqa: FBT001 - named by its caller
) -> Item:
    if isinstance(item, wire.UnknownItem):
        return _read_unknown(item, page, position)
    if not furniture and item.type in FURNITURE:
        return Item(position=position, page=page, kind=item.type)
    text = clean_markdown(item.md)
    read_fields = _FIELDS.get(item.type)
    fields: dict[str, Any] = read_fields(item) if read_fields else {}
    plain = fields.pop("plain", text)
    boxes = item.bbox or ()
    regions = _read_regions(boxes, page)
    if "](" in text and item.type != "image":
        images, links = _find_links(text)
        fields.setdefault("links", links)
        fields.setdefault("images", images)
    if fields.get("images") and regions:
        fields["images"] = _place(fields["images"], hull(regions)[0])
    return Item(
        position=position,
        page=page,
        kind=item.type,
        text=fields.pop("text", text or plain),
        plain=plain,
        label=(boxes[0].label or "") if boxes else "",
        regions=regions,
        confidence=_lowest(boxes),
        **fields,
    )


def _read_regions(
    boxes: Sequence[wire.BBox | lean.Box], page: Page
) -> tuple[Region, ...]:
    number, size = page.number, (page.width, page.height)
    if len(boxes) == 1:
        box = boxes[0]
        return (make_region(number, size, (box.x, box.y, box.w, box.h)),)
    return tuple([make_region(number, size, (b.x, b.y, b.w, b.h)) for b in boxes])


def _place(images: tuple[Image, ...], region: Region) -> tuple[Image, ...]:
    return tuple([msgspec.structs.replace(one, region=region) for one in images])


def _lowest(boxes: Sequence[wire.BBox | lean.Box]) -> float:
    if len(boxes) == 1:
        return boxes[0].confidence or 0.0
    return min([b.confidence for b in boxes if b.confidence is not None], default=0.0)


# What each kind has of its own


def _text_fields(item: wire.TextItem | lean.Text) -> dict[str, Any]:
    value = item.value
    return {} if value == item.md else {"plain": clean_markdown(value)}


def _heading_fields(item: wire.HeadingItem | lean.Heading) -> dict[str, Any]:
    """Read a title; one without any words is no heading, and empty."""
    plain = clean_markdown(item.value) or clean_markdown(item.md).lstrip("# ")
    if not plain:
        return {"plain": "", "text": ""}
    return {
        "plain": plain,
        "level": item.level,
        "wire_level": item.level,
    }


def _code_fields(item: wire.CodeItem | lean.Code) -> dict[str, Any]:
    source = _without_tags(item.value).strip("\n")
    return {"plain": source, "language": item.language or ""}


def _table_fields(item: wire.TableItem | lean.Table) -> dict[str, Any]:
    """Read rows and all; without a cell the Markdown is what there is."""
    rows = tuple([_cells(row) for row in item.rows])
    stub = item.merged_into_page or not _WORD.search(item.md)
    if not stub and not any("".join(row).strip() for row in rows):
        return {}
    concerns = dict.fromkeys(c.type for c in item.parse_concerns or ())
    table = Table(
        rows=rows,
        csv=_without_tags(item.csv),
        html=_without_tags(item.html),
        merged_pages=item.merged_from_pages or (),
        concerns=tuple(concerns),
    )
    return {"table": table, "merged_into_page": item.merged_into_page or 0}


def _cells(row: tuple[str | float | None, ...]) -> tuple[str, ...]:
    cells = [c if type(c) is str else "" if c is None else str(c) for c in row]
    if "_number" in "|".join(cells):
        cells = [_without_tags(cell) for cell in cells]
    return tuple(cells)


def _image_fields(item: wire.ImageItem | lean.Image) -> dict[str, Any]:
    """Read a figure; one whose image was not saved is its caption."""
    caption = clean_markdown(item.caption)
    name = "" if item.url in _PLACEHOLDERS else item.url
    images = (Image(file_name=name, caption=caption),) if name or caption else ()
    if name:
        return {"plain": caption, "images": images}
    return {"plain": caption, "text": caption, "images": images}


def _link_fields(item: wire.LinkItem | lean.Link) -> dict[str, Any]:
    text = clean_markdown(item.text)
    return {"plain": text or item.url, "links": (Link(text=text, url=item.url),)}


def _list_fields(item: wire.ListItem | lean.List) -> dict[str, Any]:
    """Read the entries that have words; a list of none is empty."""
    entries = tuple([entry for entry in _entries(item, 0) if entry.text])
    return {"entries": entries} if entries or not item.items else {"text": ""}


_FIELDS: dict[str, Any] = {
    "text": _text_fields,
    "heading": _heading_fields,
    "code": _code_fields,
    "table": _table_fields,
    "image": _image_fields,
    "link": _link_fields,
    "list": _list_fields,
}


def _entries(item: wire.ListItem | lean.List, depth: int) -> Iterator[ListEntry]:
    """Flatten a list; a nested one follows its parent's text as a sibling."""
    number = _first_number(item)
    for child in item.items:
        if isinstance(child, wire.ListItem | lean.List):
            yield from _entries(child, depth + 1)
            continue
        text = (
            _unknown_text(child)
            if isinstance(child, wire.UnknownItem)
            else clean_markdown(child.md) or clean_markdown(child.value)
        )
        marker = f"{number}." if item.ordered else "-"
        yield ListEntry(text=text, depth=depth, marker=marker)
        number += 1


def _first_number(item: wire.ListItem | lean.List) -> int:
    match = _FIRST_NUMBER.match(item.md) if item.ordered else None
    return int(match[1]) if match else 1


def _find_links(text: str) -> tuple[tuple[Image, ...], tuple[Link, ...]]:
    images, links = [], []
    for bang, label, url in _LINK.findall(text):
        if bang:
            name = "" if url in _PLACEHOLDERS else url
            images.append(Image(file_name=name, caption=label))
        elif url:
            links.append(Link(text=label, url=url))
    return tuple(images), tuple(links)


# What is none of the nine kinds


def _read_unknown(item: wire.UnknownItem, page: Page, position: int) -> Item:
    """Keep the text of an item nobody knows, and its boxes where they are boxes."""
    text = _unknown_text(item)
    boxes = _unknown_boxes((item.model_extra or {}).get("bbox"))
    return Item(
        position=position,
        page=page,
        kind="unknown",
        text=text,
        plain=text,
        label=(boxes and boxes[0].label) or "",
        regions=_read_regions(boxes, page),
        confidence=_lowest(boxes),
    )


def _unknown_text(item: wire.UnknownItem) -> str:
    fields = item.model_extra or {}
    for name in _TEXT_FIELDS:
        value = fields.get(name)
        if isinstance(value, str) and value.strip():
            return clean_markdown(value)
    rest = {k: v for k, v in fields.items() if k not in _LAYOUT_FIELDS and v}
    return clean_markdown(json.dumps(rest, ensure_ascii=False)) if rest else ""


def _unknown_boxes(value: object) -> list[wire.BBox]:
    boxes = value if isinstance(value, list) else []
    found = []
    for box in boxes:
        try:
            found.append(wire.BBox.model_validate(box))
        except ValueError:
            continue
    return found
