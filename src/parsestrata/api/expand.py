"""The values of `expand`: what each asks for, and where its answer lands."""

import difflib
from collections.abc import Iterable

from parsestrata.errors import ConfigError

GROUNDED_ITEMS = "grounded_items"
"""A file that no `expand` asks for: it is listed when the job made one."""

SECTIONS = ("text", "markdown", "items", "metadata", "forms")
"""Content that comes inline, by page."""

FULL = ("markdown_full", "text_full")
"""Content that comes inline, as one text."""

FILES: dict[str, tuple[str, ...]] = {
    "text": ("text", "fullText", "text_full", "txt"),
    "markdown": ("markdown", "md", "markdown_full"),
    "items": ("items", "json"),
    "metadata": ("metadata",),
    "forms": ("forms",),
    "raw_words": ("raw_words", "rawWords", "words"),
    "xlsx": ("xlsx",),
    "output_pdf": ("output_pdf", "outputPDF", "pdf"),
    "markdown_full": ("markdown_full", "markdown", "md"),
    "text_full": ("text_full", "fullText", "text"),
    "stripped_markdown": ("stripped_markdown", "strippedMarkdown", "stripped_md"),
    "concatenated_stripped_markdown": (
        "concatenated_stripped_markdown",
        "concatenatedStrippedMarkdown",
    ),
    GROUNDED_ITEMS: ("grounded_items", "groundedItems"),
}
"""Kind of a result file -> the keys under which the API has been seen to list it.

The keys are not stable: they are looked up, never derived."""

_METADATA = "_content_metadata"
IMAGES = "images_content_metadata"
JOB_CONTENT = ("job_metadata", "usage")
EXPAND = (
    *SECTIONS,
    *FULL,
    *JOB_CONTENT,
    *(f"{kind}{_METADATA}" for kind in FILES if kind != GROUNDED_ITEMS),
    IMAGES,
)
"""Every value, in the order of the answer."""


def check_expand(values: Iterable[str]) -> tuple[str, ...]:
    """Return the values, each once; `a,b` counts as two.

    Raises:
        ConfigError: A value does not exist; says which ones do.
    """
    given = [values] if isinstance(values, str) else list(values)
    names = [name.strip() for value in given for name in str(value).split(",")]
    for name in names:
        if name not in EXPAND:
            near = difflib.get_close_matches(name, EXPAND, n=1)
            hint = f"did you mean {near[0]}?" if near else ", ".join(EXPAND)
            message = f"expand={name[:80]!r} does not exist: {hint}"
            raise ConfigError(message)
    return tuple(dict.fromkeys(names))


def file_kind(value: str) -> str | None:
    """Return the kind of file that an `expand` value asks the link of, if it does."""
    kind = value.removesuffix(_METADATA)
    return kind if value in EXPAND and kind in FILES and kind != value else None


def check_file_kind(kind: str) -> str:
    """Return the kind of a result file.

    Raises:
        ConfigError: There is no such kind; says which there are.
    """
    if kind not in FILES:
        message = f"kind={kind[:80]!r}: expected one of {', '.join(FILES)}"
        raise ConfigError(message)
    return kind


def link_to(kind: str) -> str:
    """Return the `expand` value that asks for the link of a kind of file."""
    return f"{'items' if kind == GROUNDED_ITEMS else kind}{_METADATA}"


def wants_content(values: Iterable[str]) -> bool:
    """Say whether any value asks for what only a finished job has."""
    return any(value not in JOB_CONTENT for value in values)
