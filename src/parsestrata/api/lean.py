"""Pages of items as plain structs: what a conversion reads of them, and no more.

The same fields under the same names as in `api.items`, decoded in a quarter of the
time; fields that a chunk does not need are passed over. A page with anything but the
nine kinds does not fit, nor does a failed one: `api.models` has the forms for those.
"""

from typing import ClassVar, Literal

import msgspec
from msgspec import Raw, Struct


class Box(Struct, frozen=True, gc=False):
    """As `items.BBox`."""

    x: float
    y: float
    w: float
    h: float
    confidence: float | None = None
    label: str | None = None


class _Item(Struct, frozen=True, kw_only=True, gc=False, tag_field="type"):
    md: str
    bbox: tuple[Box, ...] | None = None


class Text(_Item, frozen=True, kw_only=True, gc=False, tag="text"):
    """As `items.TextItem`."""

    type: ClassVar[Literal["text"]] = "text"
    value: str


class Heading(_Item, frozen=True, kw_only=True, gc=False, tag="heading"):
    """As `items.HeadingItem`."""

    type: ClassVar[Literal["heading"]] = "heading"
    level: int
    value: str


class Code(_Item, frozen=True, kw_only=True, gc=False, tag="code"):
    """As `items.CodeItem`."""

    type: ClassVar[Literal["code"]] = "code"
    value: str
    language: str | None = None


class Concern(Struct, frozen=True, gc=False):
    """As `items.ParseConcern`."""

    type: str
    details: str


class Table(_Item, frozen=True, kw_only=True, gc=False, tag="table"):
    """As `items.TableItem`."""

    type: ClassVar[Literal["table"]] = "table"
    rows: tuple[tuple[str | int | float | None, ...], ...]
    html: str
    csv: str
    merged_from_pages: tuple[int, ...] | None = None
    merged_into_page: int | None = None
    parse_concerns: tuple[Concern, ...] | None = None


class Image(_Item, frozen=True, kw_only=True, gc=False, tag="image"):
    """As `items.ImageItem`."""

    type: ClassVar[Literal["image"]] = "image"
    caption: str
    url: str


class Link(_Item, frozen=True, kw_only=True, gc=False, tag="link"):
    """As `items.LinkItem`."""

    type: ClassVar[Literal["link"]] = "link"
    url: str
    text: str


class List(_Item, frozen=True, kw_only=True, gc=False, tag="list"):
    """As `items.ListItem`."""

    type: ClassVar[Literal["list"]] = "list"
    ordered: bool
    items: tuple["Text | List", ...]


_Child = Text | Heading | List | Code | Table | Image | Link


class Header(_Item, frozen=True, kw_only=True, gc=False, tag="header"):
    """As `items.HeaderItem`."""

    type: ClassVar[Literal["header"]] = "header"
    items: tuple[_Child, ...]


class Footer(_Item, frozen=True, kw_only=True, gc=False, tag="footer"):
    """As `items.FooterItem`."""

    type: ClassVar[Literal["footer"]] = "footer"
    items: tuple[_Child, ...]


Item = _Child | Header | Footer


class Page(Struct, frozen=True, kw_only=True, gc=False):
    """As `models.StructuredPage`."""

    page_number: int
    items: tuple[Item, ...]
    page_width: int | float
    page_height: int | float
    success: bool = True


class Metadata(Struct, frozen=True, gc=False):
    """As `models.MetadataPage`."""

    page_number: int
    confidence: float | None = None
    printed_page_number: str | None = None


_decode_page = msgspec.json.Decoder(Page).decode
_decode_metadata = msgspec.json.Decoder(Metadata).decode


def read_page(raw: Raw) -> Page | None:
    """Decode a page of items; None when it fits only a form of `api.models`."""
    try:
        page = _decode_page(raw)
    except msgspec.MsgspecError:
        return None
    return page if page.success else None


def read_metadata(raw: Raw) -> Metadata | None:
    """Decode a page of metadata; None when it does not fit."""
    try:
        return _decode_metadata(raw)
    except msgspec.MsgspecError:
        return None
