"""Boxes and items: the nine kinds of `expand=items`, and what is none of them.

The models are lenient on purpose: a field nobody knew is kept, an item kind
nobody knew (or a known one with a field of another type) becomes an
`UnknownItem`, and whatever came in goes out equal by `dump_json`. Values are
checked strictly, so that neither `"3"` nor `3.0` ever turns into `3` on the way.

Source: the reference page of "Get Parse Job" and the vendor's JSON schema.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class WireModel(BaseModel):
    """A frozen JSON object that keeps the fields it does not know."""

    model_config = ConfigDict(
        frozen=True,
        extra="allow",
        strict=True,
        protected_namespaces=(),
        populate_by_name=True,
        defer_build=True,
        cache_strings="keys",
    )

    def dump_json(self) -> bytes:
        """Serialise to the JSON that came in: no default is added, no null lost."""
        return self.model_dump_json(exclude_unset=True, by_alias=True).encode()


Number = Annotated[int | float, Field(union_mode="left_to_right")]
"""A JSON number as it was written: `1` stays `1`, `1.0` stays `1.0`."""


# Boxes


class BBox(WireModel):
    """One rectangle of an item, in points, origin top left, y downward."""

    x: Number
    y: Number
    w: Number
    h: Number
    r: Number | None = None
    """Rotation of the text in degrees, left out when 0."""
    confidence: Number | None = None
    """0 to 1."""
    start_index: int | None = None
    """First character of the item's `md` that the box covers."""
    end_index: int | None = None
    """Last character of the item's `md` that the box covers, inclusive."""
    label: str | None = None
    """Layout class. An open vocabulary that often disagrees with the item kind."""


# Items


class _Item(WireModel):
    md: str
    """Markdown, escaped and formatted."""
    bbox: tuple[BBox, ...] | None = None


class TextItem(_Item):
    """A paragraph or a line."""

    type: Literal["text"] = "text"
    value: str
    """The text without emphasis and escapes; inline HTML stays."""


class HeadingItem(_Item):
    """A section title."""

    type: Literal["heading"] = "heading"
    level: int
    """1 to 6."""
    value: str


class CodeItem(_Item):
    """A code block; flowcharts come as code in the language `mermaid`."""

    type: Literal["code"] = "code"
    value: str
    language: str | None = None


class ParseConcern(WireModel):
    """What the parser doubts about a table."""

    type: str
    details: str


class TableItem(_Item):
    """A table; charts come as tables whose box is labelled `chart`."""

    type: Literal["table"] = "table"
    rows: tuple[tuple[str | int | float | None, ...], ...]
    """Row by row, header rows collapsed into the first."""
    html: str
    csv: str
    merged_from_pages: tuple[int, ...] | None = None
    """Source pages whose tables were merged into this one."""
    merged_into_page: int | None = None
    """Set on the emptied table that is left where a merged part stood."""
    parse_concerns: tuple[ParseConcern, ...] | None = None


class ImageItem(_Item):
    """A figure. All three texts are empty when no crop was saved."""

    type: Literal["image"] = "image"
    caption: str
    url: str
    """A bare file name equal to `images[].filename`, or a placeholder."""


class LinkItem(_Item):
    """A link that stands alone; links in a paragraph stay in its `md`."""

    type: Literal["link"] = "link"
    url: str
    text: str


class UnknownItem(WireModel):
    """An item that fits none of the nine kinds; its fields are all kept."""

    type: Any = None


class ListItem(_Item):
    """A list. A nested list is the sibling that follows its parent's text."""

    type: Literal["list"] = "list"
    ordered: bool
    items: tuple["ListChild", ...]


class HeaderItem(_Item):
    """A page header."""

    type: Literal["header"] = "header"
    items: tuple["ContainerChild", ...]


class FooterItem(_Item):
    """A page footer."""

    type: Literal["footer"] = "footer"
    items: tuple["ContainerChild", ...]


_KnownListChild = Annotated[TextItem | ListItem, Field(discriminator="type")]
ListChild = Annotated[_KnownListChild | UnknownItem, Field(union_mode="left_to_right")]
_KnownContainerChild = Annotated[
    TextItem | HeadingItem | ListItem | CodeItem | TableItem | ImageItem | LinkItem,
    Field(discriminator="type"),
]
ContainerChild = Annotated[
    _KnownContainerChild | UnknownItem, Field(union_mode="left_to_right")
]
_KnownItem = Annotated[
    TextItem
    | HeadingItem
    | ListItem
    | CodeItem
    | TableItem
    | ImageItem
    | LinkItem
    | HeaderItem
    | FooterItem,
    Field(discriminator="type"),
]
Item = Annotated[_KnownItem | UnknownItem, Field(union_mode="left_to_right")]
