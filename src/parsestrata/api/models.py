"""The answer of `GET /api/v2/parse/{job_id}`, field by field.

As lenient as `api.items`: what came in goes out equal, and a page that fits no
form is kept as it came.

Source: the reference page of "Get Parse Job" and the vendor's JSON schema.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from parsestrata.api.forms import Form
from parsestrata.api.items import Item, Number, WireModel

# Pages of items


class RevisionBBox(WireModel):
    """A rectangle without label or offsets, in points."""

    x: Number
    y: Number
    w: Number
    h: Number


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


class UnknownRevision(WireModel):
    """A revision that does not fit; kept as it came."""


class StructuredPage(WireModel):
    """One page as items in reading order."""

    page_number: int
    """1-based page of the source document: a key, never an index."""
    items: tuple[Item, ...]
    page_width: Number
    """In points; pixels when the source is an image."""
    page_height: Number
    revisions: (
        tuple[
            Annotated[Revision | UnknownRevision, Field(union_mode="left_to_right")],
            ...,
        ]
        | None
    ) = None
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

    line_number: str | int
    """As printed."""
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

    pages: tuple[
        Annotated[TextPage | UnknownPage, Field(union_mode="left_to_right")], ...
    ]


class MetadataPage(WireModel):
    """What is known about one page."""

    page_number: int
    confidence: Number | None = None
    """0 to 1."""
    cost_optimized: bool | None = None
    original_orientation_angle: int | None = None
    """Degrees the page was turned before parsing."""
    printed_page_number: str | None = None
    slide_section_name: str | None = None
    speaker_notes: str | None = None
    triggered_auto_mode: bool | None = None
    watermark: Any = None
    """The text of the watermark, from version 2026-09-28 on."""


class ConfidenceBreakdown(WireModel):
    """How the document's confidence came about."""

    min_page_score: Number | None = None
    scored_pages: int | None = None
    total_pages: int | None = None


class DocumentMetadata(WireModel):
    """What is known about the document as a whole."""

    confidence: Number | None = None
    confidence_breakdown: ConfidenceBreakdown | None = None


class MetadataResult(WireModel):
    """`expand=metadata`."""

    pages: tuple[
        Annotated[MetadataPage | UnknownPage, Field(union_mode="left_to_right")], ...
    ]
    document: DocumentMetadata | None = None


# Pages of forms


class FormsPage(WireModel):
    """The forms of one page."""

    page_number: int
    forms: tuple[Form, ...]
    page_width: Number | None = None
    page_height: Number | None = None
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
    exists: bool | None = True
    presigned_url: str | None = None


# The job and the whole answer


class JobUsage(WireModel):
    """`expand=usage`."""

    credits: Number | None = None


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


class JobPage(WireModel):
    """One answer of the list of jobs."""

    items: tuple[Job, ...]
    next_page_token: str | None = None
    """None or "" on the last page."""
    total_size: int | None = None


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
