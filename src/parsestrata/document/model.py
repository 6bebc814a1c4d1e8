"""Page, Item, Table, Heading: frozen values.

They are `msgspec.Struct`s and not dataclasses because a document has tens of
thousands of them: a frozen dataclass takes ten times as long to build.
"""

from typing import Literal

from msgspec import Struct

from parsestrata.document.geometry import Region

ItemKind = Literal[
    "text",
    "heading",
    "list",
    "code",
    "table",
    "image",
    "link",
    "header",
    "footer",
    "unknown",
]
"""The nine kinds of the wire, and what is none of them."""

FURNITURE = frozenset({"header", "footer"})
"""Running heads: what is on every page and belongs to no section."""


class Page(Struct, frozen=True, kw_only=True, gc=False):
    """One page of the source document."""

    number: int
    """1-based."""
    width: float = 0.0
    """In points, 0 when not known."""
    height: float = 0.0
    """In points, 0 when not known."""
    label: str = ""
    """The page number as printed, "" when not known."""
    confidence: float = 0.0
    """0 to 1; 0 when not given."""
    error: str = ""
    """Why the page could not be parsed, "" when it could."""


class Heading(Struct, frozen=True, kw_only=True, gc=False):
    """A section title above some item."""

    text: str
    """One line, without Markdown, emphasis tags and footnote marks."""
    level: int
    """1 to 6, as the outline takes it."""
    wire_level: int
    """As the parser gave it; differs from `level` only after a repair. 0: none."""


class Table(Struct, frozen=True, kw_only=True, gc=False):
    """Rows of a table; the first one is its header."""

    rows: tuple[tuple[str, ...], ...]
    """Cell texts, "" for blank ones."""
    csv: str
    """The whole table as the parser wrote it."""
    html: str
    merged_pages: tuple[int, ...] = ()
    """Source pages it was merged from, () when it stands on one."""
    concerns: tuple[str, ...] = ()
    """What the parser doubts, by type."""


class ListEntry(Struct, frozen=True, kw_only=True, gc=False):
    """One entry of a list."""

    text: str
    """Markdown."""
    depth: int
    """0 for the outermost list."""
    marker: str
    """`-` or `1.`, `2.` ..."""


class Image(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A figure."""

    file_name: str
    """Name among the result's image files, "" when no crop was saved."""
    caption: str
    """"" when there is none."""
    region: Region | None = None
    """Where it stands, or the text that it stands in; None when not given."""


class Link(Struct, frozen=True, kw_only=True, gc=False):
    """A link's text and its target."""

    text: str
    url: str


class Item(Struct, frozen=True, kw_only=True, gc=False):
    """One block of a page, in reading order."""

    position: int
    """0-based, counted over the whole document, page furniture included."""
    page: Page
    kind: ItemKind
    text: str = ""
    """Markdown without page number tags, stripped; "" when there is nothing."""
    plain: str = ""
    """The text without Markdown emphasis and escapes."""
    level: int = 0
    """Heading level 1 to 6, 0 for anything else."""
    wire_level: int = 0
    """The parser's own level; differs from `level` only after a repair."""
    label: str = ""
    """Layout class of the first box, "" when not given."""
    regions: tuple[Region, ...] = ()
    confidence: float = 0.0
    """Lowest of the boxes, 0 when not given."""
    language: str = ""
    """Of code."""
    table: Table | None = None
    entries: tuple[ListEntry, ...] = ()
    images: tuple[Image, ...] = ()
    links: tuple[Link, ...] = ()
    merged_into_page: int = 0
    """Set on the stub of a merged table: where the whole table stands."""

    @property
    def pages(self) -> tuple[int, ...]:
        """Numbers of its page, and of those that its table was merged from."""
        return (self.page.number, *(self.table.merged_pages if self.table else ()))
