"""A chunk -> flat or rich metadata, and typed values back from either.

The flat profile is what every vector store takes unchanged: str, int, float and
bool only, every key on every chunk in the same order, a typed default in place
of None, and nothing that changes from one run to the next.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from parsestrata.chunking.chunk import PATH_SEPARATOR, Chunk
from parsestrata.document.geometry import Region, hull
from parsestrata.document.model import Image, Link
from parsestrata.errors import ConfigError
from parsestrata.options import METADATA_KEYS, Options
from parsestrata.report import JobReport

_JSON_KEYS: dict[str, Any] = {
    "bbox": tuple[Region, ...],
    "images": tuple[Image, ...],
    "links": tuple[Link, ...],
}
_JOINED_KEYS = {
    "heading_path": PATH_SEPARATOR,
    "item_types": ",",
    "parse_concerns": ",",
}
_TABLE_SEPARATOR = "\n\n"
_BYTES_PER_CHARACTER = 4
_encode = msgspec.json.Encoder().encode

KEYS = METADATA_KEYS
"""The keys of the contract, in the order in which every chunk has them."""


class Provenance(Struct, frozen=True, kw_only=True):
    """What the metadata of a chunk says, with its types restored."""

    chunk_id: str
    source: str
    job_id: str
    file_name: str
    page_number: int
    page_end: int
    page_label: str
    heading: str
    heading_level: int
    heading_path: tuple[str, ...]
    """Root first."""
    regions: tuple[Region, ...]
    """Boxes in points from the top left; `.fraction` gives them in 0..1."""
    item_types: tuple[str, ...]
    has_table: bool
    table_csv: str
    table_rows: tuple[str, ...]
    """One range as "1-20" for each table or part of one."""
    parse_concerns: tuple[str, ...]
    confidence: float
    images: tuple[Image, ...]
    links: tuple[Link, ...]
    chunk_index: int
    part: int
    parts: int

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, Any]) -> "Provenance":
        """Read flat or rich metadata, as they came back from a store.

        Args:
            metadata: Of a LangChain Document or a LlamaIndex node; further keys
                are left alone.

        Raises:
            ConfigError: A key of the contract is missing or is not what it was.
        """
        rich = to_rich(metadata)
        missing = [key for key in KEYS if key not in rich]
        if missing:
            message = (
                f"this metadata lacks {', '.join(missing)}: it is not a chunk's, "
                "or the store keeps only some of the keys"
            )
            raise ConfigError(message)
        values = {key: rich[key] for key in KEYS}
        values["regions"] = values.pop("bbox")
        rows = values["table_rows"]
        if isinstance(rows, str):
            values["table_rows"] = [one for one in rows.split(",") if one]
        try:
            return msgspec.convert(values, cls, strict=False)
        except msgspec.ValidationError as error:
            message = f"this metadata is not what a chunk has: {error}"
            raise ConfigError(message) from None


def to_metadata(chunk: Chunk, options: Options, report: JobReport) -> dict[str, Any]:
    """Describe a chunk.

    Args:
        chunk: The chunk.
        options: Profile, budget and what to add.
        report: Takes the values that the budget cut.

    Returns:
        The keys of the contract in their order, then `extra_metadata`.
    """
    origin, headings, tables = chunk.origin, chunk.headings, chunk.tables
    deepest = headings[-1] if headings else None
    metadata: dict[str, Any] = {
        "chunk_id": chunk.id,
        "source": origin.source,
        "job_id": origin.job_id,
        "file_name": origin.file_name,
        "page_number": chunk.page_number,
        "page_end": chunk.page_end,
        "page_label": chunk.page_label,
        "heading": deepest.text if deepest else "",
        "heading_level": deepest.wire_level or deepest.level if deepest else 0,
        "heading_path": chunk.heading_path,
        "bbox": _dump(chunk.regions),
        "item_types": ",".join(chunk.item_types),
        "has_table": bool(tables),
        "table_csv": _TABLE_SEPARATOR.join([part.csv for part in tables]),
        "table_rows": ",".join([p.row_range for p in tables if p.last_row]),
        "parse_concerns": ",".join(chunk.concerns),
        "confidence": chunk.confidence,
        "images": _dump(chunk.images),
        "links": _dump(chunk.links),
        "chunk_index": chunk.index,
        "part": chunk.part,
        "parts": chunk.parts,
    }
    if options.metadata_budget:
        _keep_to_budget(metadata, chunk, options.metadata_budget, report)
    if options.metadata == "rich":
        metadata = to_rich(metadata)
    return (
        {**metadata, **options.extra_metadata} if options.extra_metadata else metadata
    )


def to_rich(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Turn flat metadata into lists and dicts; rich ones come back as they are."""
    rich = dict(metadata)
    for key in _JSON_KEYS:
        if isinstance(rich.get(key), str):
            rich[key] = _load(key, rich[key])
    for key, separator in _JOINED_KEYS.items():
        value = rich.get(key)
        if isinstance(value, str):
            rich[key] = value.split(separator) if value else []
    return rich


def to_flat(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Turn rich metadata into flat ones; flat ones come back as they are."""
    flat = dict(metadata)
    for key in _JSON_KEYS:
        if not isinstance(flat.get(key, ""), str):
            flat[key] = _dump(flat[key])
    for key, separator in _JOINED_KEYS.items():
        if not isinstance(flat.get(key, ""), str):
            flat[key] = separator.join(flat[key])
    return flat


def _dump(values: Sequence[Any]) -> str:
    return _encode(values).decode() if values else ""


def _load(key: str, text: str) -> Any:
    if not text:
        return []
    try:
        return json.loads(text)
    except ValueError:
        message = f"metadata {key!r} is no JSON any more: was it cut by the store?"
        raise ConfigError(message) from None


def _keep_to_budget(
    metadata: dict[str, Any], chunk: Chunk, budget: int, report: JobReport
) -> None:
    """Cut bulky values to the budget, and report each."""
    for key, shorten in _BULKY.items():
        value = metadata[key]
        if len(value) * _BYTES_PER_CHARACTER <= budget:
            continue
        size = len(value.encode())
        if size > budget:
            metadata[key] = shorten(chunk, value, budget)
            report.cut_values.append((chunk.id, key, size))


def _no_csv(_chunk: Chunk, _value: str, _budget: int) -> str:
    """Drop the CSV: half a table would pass for a whole one."""
    return ""


def _fewer_boxes(chunk: Chunk, _value: str, budget: int) -> str:
    """Put one box around all of a page."""
    return _first_that_fit(hull(chunk.regions), budget)


def _fewer_images(chunk: Chunk, _value: str, budget: int) -> str:
    """Keep the names and captions that fit: the boxes are in `bbox` too."""
    bare = [msgspec.structs.replace(image, region=None) for image in chunk.images]
    return _first_that_fit(bare, budget)


def _fewer_links(chunk: Chunk, _value: str, budget: int) -> str:
    return _first_that_fit(chunk.links, budget)


def _fewer_rows(_chunk: Chunk, value: str, budget: int) -> str:
    """Keep the ranges that fit whole."""
    head = value.encode()[: budget + 1].decode(errors="ignore")
    return head.rpartition(",")[0]


def _first_that_fit(values: Sequence[Any], budget: int) -> str:
    room = budget - len("[]")
    kept = []
    for value in values:
        room -= len(_encode(value)) + len(",")
        if room < 0:
            break
        kept.append(value)
    return _dump(kept)


def _shorter_text(_chunk: Chunk, value: str, budget: int) -> str:
    """Take the middle out of a text."""
    data = value.encode()
    half = max(budget - len("…".encode()), 0) // 2
    head = data[:half].decode(errors="ignore")
    tail = data[len(data) - half :].decode(errors="ignore")
    return f"{head}…{tail}" if half else ""


_BULKY: dict[str, Any] = {
    "table_csv": _no_csv,
    "table_rows": _fewer_rows,
    "bbox": _fewer_boxes,
    "images": _fewer_images,
    "links": _fewer_links,
    "heading": _shorter_text,
    "heading_path": _shorter_text,
}
"""What to do with a value above the budget, in order of how little it is missed."""
