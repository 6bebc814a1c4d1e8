"""The lean pages say what the full models say, and leave the rest to them."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import Raw

import building as b
from parsestrata.api import items, lean, models
from parsestrata.api.stream import open_result
from parsestrata.document.reading import read_items

PAIRS = [
    (lean.Box, items.BBox),
    (lean.Text, items.TextItem),
    (lean.Heading, items.HeadingItem),
    (lean.Code, items.CodeItem),
    (lean.Concern, items.ParseConcern),
    (lean.Table, items.TableItem),
    (lean.Image, items.ImageItem),
    (lean.Link, items.LinkItem),
    (lean.List, items.ListItem),
    (lean.Header, items.HeaderItem),
    (lean.Footer, items.FooterItem),
    (lean.Page, models.StructuredPage),
    (lean.Metadata, models.MetadataPage),
]


def _read(page: Any) -> lean.Page | None:
    return lean.read_page(Raw(json.dumps(page).encode()))


@pytest.mark.parametrize(("small", "full"), PAIRS, ids=lambda kind: kind.__name__)
def test_a_lean_struct_has_fields_of_its_model_and_the_same_defaults(
    small: Any, full: Any
) -> None:
    fields = {field.name: field for field in msgspec.structs.fields(small)}

    assert fields
    assert fields.keys() <= full.model_fields.keys()
    for name, field in fields.items():
        assert field.required == full.model_fields[name].is_required(), name
        if not field.required:
            assert field.default == full.model_fields[name].default, name


def test_every_kind_of_the_wire_has_its_lean_struct() -> None:
    lean_kinds = {small.type for small, _ in PAIRS if hasattr(small, "type")}

    full_kinds = {
        full.model_fields["type"].default
        for _, full in PAIRS
        if full.model_fields.get("type") and full is not items.ParseConcern
    }

    assert {kind for kind in lean_kinds if isinstance(kind, str)} == full_kinds


def test_lean_and_full_pages_are_read_into_equal_items(real_file: Path) -> None:
    result = open_result(real_file)

    small = list(read_items(result.lean_item_pages(), result.lean_metadata()))
    full = list(read_items(result.item_pages(), result.metadata_pages()))

    assert small == full
    assert any(isinstance(page, lean.Page) for page in result.lean_item_pages())


@pytest.mark.parametrize(
    "page",
    [
        b.page(1, {"type": "hologram", "md": "new"}),
        b.page(1, {"md": "without a type"}),
        b.page(1, b.text("x", value=3)),
        b.page(1, b.listing({"type": "sculpture", "md": "new"})),
        b.page(1, b.table([[True]])),
        b.failed_page(1),
        {**b.page(1), "success": False},
        {**b.page(1), "success": None},
        {**b.page(1), "page_number": "1"},
        {**b.page(1), "page_number": True},
        {"page_number": 1},
        [],
        None,
    ],
    ids=lambda page: json.dumps(page)[:60],
)
def test_what_does_not_fit_is_left_to_the_full_models(page: Any) -> None:
    assert _read(page) is None


def test_a_page_of_all_kinds_fits() -> None:
    page = b.page(
        1,
        b.header("Report"),
        b.heading("Title"),
        b.text("A line."),
        b.listing("one", b.listing("nested")),
        b.code("x = 1", "python"),
        b.table([["a", 1, 2.5, None]]),
        b.image("A figure"),
        b.link("words", "https://example.org"),
        b.footer(1),
    )

    found = _read(page)

    assert found is not None
    assert [item.type for item in found.items] == [i["type"] for i in page["items"]]
    assert next(page for page, _ in read_items([found])).number == 1
