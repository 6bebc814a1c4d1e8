"""The answer of `GET /api/v2/parse/{job_id}`, field by field.

The models are lenient on purpose: a field nobody knew is kept, an item kind
nobody knew (or a known one with a field of another type) becomes an
`UnknownItem`, and whatever came in goes out equal by `dump_json`. Values are
checked strictly, so that `"3"` never turns into `3` on the way.

Source: the reference page of "Get Parse Job" and the vendor's JSON schema.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Number = int | float


class WireModel(BaseModel):
    """A frozen JSON object that keeps the fields it does not know."""

    model_config = ConfigDict(
        frozen=True,
        extra="allow",
        strict=True,
        protected_namespaces=(),
        populate_by_name=True,
    )

    def dump_json(self) -> bytes:
        """Serialise to the JSON that came in: no default is added, no null lost."""
        return self.model_dump_json(exclude_unset=True, by_alias=True).encode()


# Boxes


class BBox(WireModel):
    """One rectangle of an item, in points, origin top left, y downward."""

    x: float
    y: float
    w: float
    h: float
    r: float | None = None
    """Rotation of the text in degrees, left out when 0."""
    confidence: float | None = None
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


# Pages of items


class RevisionBBox(WireModel):
    """A rectangle without label or offsets, in points."""

    x: float
    y: float
    w: float
    h: float


class RevisionTargetSpan(WireModel):
    """One stretch of text that a revision touches."""

    target: str
    target_bbox: RevisionBBox
    start_index: int | None = None
    """Half-open offset into the page's final markdown."""
    end_index: int | None = None


class Revision(WireModel):
    """A tracked change or a comment of a Word document."""

    type: str
    """comment, deleted, inserted, formatted, moved_from, moved_to."""
    target: str
    content: str
    author: str | None = None
    target_bbox: RevisionBBox
    revision_bbox: RevisionBBox
    target_spans: tuple[RevisionTargetSpan, ...] | None = None
    start_index: int | None = None
    end_index: int | None = None


class StructuredPage(WireModel):
    """One page as items in reading order."""

    page_number: int
    """1-based page of the source document: a key, never an index."""
    items: tuple[Item, ...]
    page_width: float
    """In points; pixels when the source is an image."""
    page_height: float
    revisions: tuple[Revision, ...] | None = None
    success: Literal[True] = True


class FailedPage(WireModel):
    """A page that could not be parsed, in items, markdown and forms alike."""

    page_number: int
    error: str
    success: Literal[False] = False


class UnknownPage(WireModel):
    """A page that fits neither form; kept as it came."""


class StructuredResult(WireModel):
    """`expand=items`."""

    pages: tuple[
        Annotated[
            StructuredPage | FailedPage | UnknownPage,
            Field(union_mode="left_to_right"),
        ],
        ...,
    ]


# Pages of markdown, text and metadata


class LineNumber(WireModel):
    """Where a printed line number stands in the page's markdown (UTF-16 units)."""

    line_number: int
    start_index: int
    end_index: int


class MarkdownPage(WireModel):
    """One page as Markdown, header and footer apart."""

    page_number: int
    markdown: str
    header: str | None = None
    footer: str | None = None
    line_numbers: tuple[LineNumber, ...] | None = None
    success: Literal[True] = True


class MarkdownResult(WireModel):
    """`expand=markdown`."""

    pages: tuple[
        Annotated[
            MarkdownPage | FailedPage | UnknownPage,
            Field(union_mode="left_to_right"),
        ],
        ...,
    ]


class TextPage(WireModel):
    """One page as plain text; it has no failure form."""

    page_number: int
    text: str


class TextResult(WireModel):
    """`expand=text`."""

    pages: tuple[TextPage, ...]


class MetadataPage(WireModel):
    """What is known about one page."""

    page_number: int
    confidence: float | None = None
    """0 to 1."""
    cost_optimized: bool | None = None
    original_orientation_angle: int | None = None
    """Degrees the page was turned before parsing."""
    printed_page_number: str | None = None
    slide_section_name: str | None = None
    speaker_notes: str | None = None
    triggered_auto_mode: bool | None = None
    watermark: Any = None


class ConfidenceBreakdown(WireModel):
    """How the document's confidence came about."""

    min_page_score: float | None = None
    scored_pages: int | None = None
    total_pages: int | None = None


class DocumentMetadata(WireModel):
    """What is known about the document as a whole."""

    confidence: float | None = None
    confidence_breakdown: ConfidenceBreakdown | None = None


class MetadataResult(WireModel):
    """`expand=metadata`."""

    pages: tuple[MetadataPage, ...]
    document: DocumentMetadata | None = None


# Forms


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


class FormText(WireModel):
    """A line of text between the fields."""

    type: Literal["text"] = "text"
    value: str | None = None


class FormSection(WireModel):
    """A titled group of fields."""

    type: Literal["section"] = "section"
    id: str | None = None
    label: str | None = None
    items: tuple["FormNode", ...]


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


class FormsPage(WireModel):
    """The forms of one page."""

    page_number: int
    forms: tuple[Form, ...]
    page_width: float | None = None
    page_height: float | None = None
    detected_form_types: tuple[str, ...] | None = None
    success: Literal[True] = True


class FormsResult(WireModel):
    """`expand=forms`."""

    pages: tuple[
        Annotated[
            FormsPage | FailedPage | UnknownPage,
            Field(union_mode="left_to_right"),
        ],
        ...,
    ]


# Images and files


class ImageBBox(WireModel):
    """Whole points."""

    x: Number
    y: Number
    w: Number
    h: Number


class Image(WireModel):
    """One image file of the result."""

    filename: str
    index: int
    """0-based; the list is not in this order."""
    bbox: ImageBBox | None = None
    category: str | None = None
    """screenshot, embedded or layout."""
    content_type: str | None = None
    presigned_url: str | None = None
    size_bytes: int | None = None


class ImagesContentMetadata(WireModel):
    """`expand=images_content_metadata`."""

    images: tuple[Image, ...]
    total_count: int


class ResultContentMetadata(WireModel):
    """One result file. The dictionary's keys are not stable."""

    size_bytes: int
    exists: bool = True
    presigned_url: str | None = None


# The job and the whole answer


class JobUsage(WireModel):
    """`expand=usage`."""

    credits: float | None = None


class Job(WireModel):
    """The parse job."""

    id: str
    project_id: str | None = None
    status: str
    """PENDING, RUNNING, COMPLETED, FAILED or CANCELLED."""
    created_at: str | None = None
    """ISO 8601, UTC, as the server wrote it."""
    updated_at: str | None = None
    error_message: str | None = None
    name: str | None = None
    tier: str | None = None
    user_metadata: Mapping[str, Any] | None = None
    usage: JobUsage | None = None


class ParseResult(WireModel):
    """The whole answer; what was not asked for is None.

    A result saved from the vendor's playground has no `job`.
    """

    job: Job | None = None
    result_content_metadata: Mapping[str, ResultContentMetadata | None] | None = None
    text: TextResult | None = None
    markdown: MarkdownResult | None = None
    items: StructuredResult | None = None
    metadata: MetadataResult | None = None
    forms: FormsResult | None = None
    markdown_full: str | None = None
    text_full: str | None = None
    images_content_metadata: ImagesContentMetadata | None = None
    job_metadata: Mapping[str, Any] | None = None
    raw_parameters: Mapping[str, Any] | None = None
