"""Forms: `expand=forms`, a tree of sections, fields and tables.

Source: the vendor's JSON schema (`FormsResultPage` and below), and its SDK for what
came later: text nodes, grounding, HTML of tables.
"""

from typing import Annotated, Literal

from pydantic import Field

from parsestrata.api.items import BBox, UnknownItem, WireModel


class GroundedWord(WireModel):
    """Where a word stands on the page."""

    bbox: BBox
    span: tuple[int, ...]
    """Half-open offsets into the UTF-8 bytes of the grounded text."""


class GroundedLine(WireModel):
    """Where a line stands on the page, word by word when that was asked for."""

    bbox: BBox
    span: tuple[int, ...]
    """Half-open offsets into the UTF-8 bytes of the grounded text."""
    words: tuple[GroundedWord, ...] | None = None


class GroundedText(WireModel):
    """Where one text stands; a blank one has no lines."""

    lines: tuple[GroundedLine, ...]


class FormGrounding(WireModel):
    """Where the texts of a form node stand, by the field that holds them."""

    id: GroundedText | None = None
    label: GroundedText | None = None
    value: GroundedText | None = None
    columns: tuple[GroundedText, ...] | None = None
    rows: tuple[tuple[GroundedText, ...], ...] | None = None
    """Aligned with the table's rows."""


class FormField(WireModel):
    """One field of a form."""

    type: Literal["field"] = "field"
    field: str
    """text, checkbox, single_select, multi_select, signature."""
    id: str | None = None
    label: str | None = None
    value: str | bool | None = None
    is_empty: bool | None = Field(default=None, alias="isEmpty")
    value_items: tuple["FormNode", ...] | None = Field(default=None, alias="valueItems")
    bbox: tuple[BBox, ...] | None = None
    grounding: FormGrounding | None = None


class FormText(WireModel):
    """A line of text between the fields."""

    type: Literal["text"] = "text"
    value: str | None = None
    bbox: tuple[BBox, ...] | None = None
    grounding: FormGrounding | None = None


class FormSection(WireModel):
    """A titled group of fields."""

    type: Literal["section"] = "section"
    id: str | None = None
    label: str | None = None
    items: tuple["FormNode", ...]
    grounding: FormGrounding | None = None


class FormTableCell(WireModel):
    """A cell that holds fields in place of a text."""

    items: tuple["FormNode", ...]


class FormTable(WireModel):
    """A table of a form."""

    type: Literal["table"] = "table"
    id: str | None = None
    label: str | None = None
    columns: tuple[str, ...] | None = None
    rows: tuple[tuple[str | FormTableCell | None, ...], ...]
    html: str | None = None
    bbox: tuple[BBox, ...] | None = None
    grounding: FormGrounding | None = None


_KnownFormNode = Annotated[
    FormSection | FormField | FormTable | FormText, Field(discriminator="type")
]
FormNode = Annotated[_KnownFormNode | UnknownItem, Field(union_mode="left_to_right")]


class FormListTextItem(WireModel):
    """A line of a form's list form."""

    type: Literal["text"] = "text"
    value: str
    md: str


class FormListItem(WireModel):
    """A form as a nested list."""

    type: Literal["list"] = "list"
    items: tuple[
        Annotated[
            "FormListTextItem | FormListItem | UnknownItem",
            Field(union_mode="left_to_right"),
        ],
        ...,
    ]
    ordered: bool
    md: str


class Form(WireModel):
    """One form of a page, twice: as a tree and as a list."""

    tree: tuple[FormNode, ...] = Field(alias="json")
    as_list: FormListItem = Field(alias="list")
