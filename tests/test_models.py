"""The wire models hold every field of the contract and give back what came in."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import pydantic
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from llama_cloud.types import ParsingGetResponse

from building import Json, dump, failed_page, heading, page, result, table, text
from conftest import SHARED
from parsestrata.api import forms, items, models
from parsestrata.api.items import BBox, UnknownItem, WireModel
from parsestrata.api.models import ParseResult, UnknownPage, UnknownRevision

SCHEMA_FILE = SHARED / "openapi" / "parse-result-response.schema.json"
SCHEMA: dict[str, Any] = (
    json.loads(SCHEMA_FILE.read_text()) if SCHEMA_FILE.exists() else {}
)
ROOT = "ParseResultResponse"
needs_schema = pytest.mark.skipif(not SCHEMA, reason=f"no schema in {SCHEMA_FILE}")

MODELS: dict[str, type[WireModel]] = {
    "ParseResultResponse": models.ParseResult,
    "ImagesContentMetadata": models.ImagesContentMetadata,
    "ImageMetadata": models.Image,
    "ImageMetadataBBox": models.ImageBBox,
    "FormsResult": models.FormsResult,
    "FailedFormsPage": models.FailedPage,
    "FormsResultPage": models.FormsPage,
    "Form": forms.Form,
    "FormListItem": forms.FormListItem,
    "FormListTextItem": forms.FormListTextItem,
    "FormTable": forms.FormTable,
    "BBox": items.BBox,
    "FormTableCellItems": forms.FormTableCell,
    "FormField": forms.FormField,
    "FormSection": forms.FormSection,
    "MetadataResult": models.MetadataResult,
    "MetadataResultPage": models.MetadataPage,
    "StructuredResult": models.StructuredResult,
    "FailedStructuredPage": models.FailedPage,
    "StructuredResultPage": models.StructuredPage,
    "Revision": models.Revision,
    "RevisionTargetSpan": models.RevisionTargetSpan,
    "RevisionBBox": models.RevisionBBox,
    "FooterItem": items.FooterItem,
    "LinkItem": items.LinkItem,
    "ImageItem": items.ImageItem,
    "TableItem": items.TableItem,
    "ParseConcernItem": items.ParseConcern,
    "CodeItem": items.CodeItem,
    "ListItem": items.ListItem,
    "TextItem": items.TextItem,
    "HeadingItem": items.HeadingItem,
    "HeaderItem": items.HeaderItem,
    "MarkdownResult": models.MarkdownResult,
    "FailedMarkdownPage": models.FailedPage,
    "MarkdownResultPage": models.MarkdownPage,
    "TextResult": models.TextResult,
    "TextResultPage": models.TextPage,
    "ResultTypeMetadata": models.ResultContentMetadata,
    "ParseJobResponse": models.Job,
    "JobUsage": models.JobUsage,
}
"""The model of each object of the vendor's schema."""


# Comparing and walking


def exactly(body: bytes | str) -> Any:
    """Parse JSON so that `1`, `1.0` and `true` are three different values."""
    return json.loads(
        body,
        parse_int=lambda digits: ("integer", int(digits)),
        parse_float=lambda digits: ("number", float(digits)),
    )


def again(model: type[WireModel], body: bytes) -> Any:
    return exactly(model.model_validate_json(body).dump_json())


def parts(value: object) -> Iterator[WireModel]:
    """Yield a model and every model in it, in extra fields too."""
    if isinstance(value, WireModel):
        yield value
        for _, inner in value:
            yield from parts(inner)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from parts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from parts(inner)


def strangers(value: object) -> list[WireModel]:
    unknown = (UnknownItem, UnknownPage, UnknownRevision)
    return [part for part in parts(value) if isinstance(part, unknown)]


def resolve(schema: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    name = schema.get("$ref", "").rpartition("/")[2]
    return (name, SCHEMA[name]) if name else ("", schema)


def alternatives(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [*schema.get("anyOf", ()), *schema.get("oneOf", ())]


def model_paths(
    annotation: Any, above: str = "", around: tuple[Any, ...] = ()
) -> Iterator[str]:
    """Yield `job.usage.credits` and so on: each field that a model declares."""
    annotation = getattr(annotation, "__value__", annotation)
    if not (isinstance(annotation, type) and hasattr(annotation, "model_fields")):
        for inner in get_args(annotation):
            yield from model_paths(inner, above, around)
    elif annotation not in around:
        annotation.model_rebuild()  # one that was never used has not read its types
        for name, field in annotation.model_fields.items():
            path = f"{above}.{field.alias or name}"
            yield path
            yield from model_paths(field.annotation, path, (*around, annotation))


# Every field


@needs_schema
def test_every_object_of_the_schema_has_a_model() -> None:
    assert MODELS.keys() == SCHEMA.keys()


@needs_schema
@pytest.mark.parametrize("name", SCHEMA or ["none"])
def test_every_property_of_the_schema_is_a_declared_field(name: str) -> None:
    declared = {field.alias or key for key, field in MODELS[name].model_fields.items()}

    missing = SCHEMA[name]["properties"].keys() - declared

    assert not missing


def test_every_field_of_the_official_sdk_is_a_declared_field() -> None:
    declared = set(model_paths(ParseResult))

    missing = set(model_paths(ParsingGetResponse)) - declared

    assert ".forms.pages.forms.json.grounding.value.lines.words.span" in declared
    assert not missing


# Every branch, filled, with nulls, and with nothing that may be left out


def example(schema: Mapping[str, Any], style: str, depth: int = 0) -> Any:
    """Make a value of a schema; `style` is filled, nulls or bare."""
    _, schema = resolve(schema)
    if "const" in schema:
        return schema["const"]
    choices = alternatives(schema)
    if choices:
        null = next((one for one in choices if one.get("type") == "null"), None)
        return example(null if style == "nulls" and null else choices[0], style, depth)
    kind = schema["type"]
    if kind == "array":
        inner = alternatives(schema["items"]) or [schema["items"]]
        short = inner if depth < 12 and style == "filled" else inner[:1]
        return [example(one, style, depth + 1) for one in short] if depth < 14 else []
    if kind == "object":
        return example_object(schema, style, depth)
    plain = {"string": schema.get("enum", ["words"])[0], "integer": 3, "number": 4.25}
    return {**plain, "boolean": True, "null": None}[kind]


def example_object(schema: Mapping[str, Any], style: str, depth: int) -> Json:
    more = schema.get("additionalProperties")
    if isinstance(more, dict):
        return {"key": example(more, style, depth + 1)}
    properties = schema.get("properties")
    if properties is None:
        return {"free": [1, 1.0, None, {"deep": "er"}]}
    required = schema.get("required", ())
    return {
        name: example(one, style, depth + 1)
        for name, one in properties.items()
        if style != "bare" or name in required or name == "type"
    }


@needs_schema
@pytest.mark.parametrize("style", ["filled", "nulls", "bare"])
@pytest.mark.parametrize("name", SCHEMA or ["none"])
def test_every_object_comes_back_equal_and_is_known(name: str, style: str) -> None:
    body = json.dumps(example(SCHEMA[name], style)).encode()

    read = MODELS[name].model_validate_json(body)

    assert exactly(read.dump_json()) == exactly(body)
    assert strangers(read) == []


@needs_schema
def test_a_filled_response_uses_every_model() -> None:
    body = json.dumps(example(SCHEMA[ROOT], "filled")).encode()

    used = {type(part) for part in parts(ParseResult.model_validate_json(body))}

    assert used >= set(MODELS.values()) - {models.FailedPage}


def values(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Draw values of a schema, with fields that no schema has."""
    name, schema = resolve(schema)
    if name:
        return objects(name)
    if "const" in schema:
        return st.just(schema["const"])
    choices = alternatives(schema)
    if choices:
        return st.one_of([values(one) for one in choices])
    return plain_values(schema)


def plain_values(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    kind = schema["type"]
    if kind == "array":
        return st.lists(values(schema["items"]), max_size=3)
    if kind == "object":
        more = schema.get("additionalProperties")
        inner = values(more) if isinstance(more, dict) else free_json()
        return st.dictionaries(st.text(max_size=5), inner, max_size=3)
    if "enum" in schema:
        return st.sampled_from(schema["enum"]) | st.text(max_size=5)
    drawn: dict[str, st.SearchStrategy[Any]] = {
        "string": st.text(max_size=10),
        "integer": st.integers(),
        "number": numbers(),
        "boolean": st.booleans(),
        "null": st.none(),
    }
    return drawn[kind]


def numbers() -> st.SearchStrategy[int | float]:
    return st.integers() | st.floats(allow_nan=False, allow_infinity=False)


def free_json() -> st.SearchStrategy[Any]:
    leaves = st.none() | st.booleans() | numbers() | st.text(max_size=5)
    return st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(st.text(max_size=5), inner, max_size=2)
        ),
        max_leaves=4,
    )


def objects(name: str) -> st.SearchStrategy[Any]:
    """Draw objects of one schema; deferred, for some hold themselves."""

    def build() -> st.SearchStrategy[Json]:
        schema = SCHEMA[name]
        required = schema.get("required", ())
        fields = {key: values(one) for key, one in schema["properties"].items()}
        known = st.fixed_dictionaries(
            {key: fields[key] for key in fields if key in required},
            optional={key: fields[key] for key in fields if key not in required},
        )
        new = st.dictionaries(st.sampled_from(["new", "newer"]), free_json())
        return st.builds(lambda one, other: {**other, **one}, known, new)

    if name not in _DRAWN:
        _DRAWN[name] = st.deferred(build)
    return _DRAWN[name]


_DRAWN: dict[str, st.SearchStrategy[Any]] = {}


@needs_schema
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
@pytest.mark.parametrize(
    "name",
    [
        "StructuredResult",
        "FormsResult",
        "MarkdownResult",
        "TextResult",
        "MetadataResult",
        "ImagesContentMetadata",
        "ResultTypeMetadata",
        "ParseJobResponse",
    ],
)
def test_whatever_the_schema_allows_comes_back_equal(
    name: str, data: st.DataObject
) -> None:
    body = json.dumps(data.draw(objects(name))).encode()

    assert again(MODELS[name], body) == exactly(body)


# Real responses, in both null styles


def test_a_real_response_comes_back_equal_and_is_known(real_file: Path) -> None:
    body = real_file.read_bytes()

    read = ParseResult.model_validate_json(body)

    assert exactly(read.dump_json()) == exactly(body)
    assert strangers(read) == []


def test_a_dump_of_the_official_sdk_comes_back_equal(real_file: Path) -> None:
    given_result = json.loads(real_file.read_bytes())
    given_result.setdefault(
        "job", {"id": "pjb-1", "project_id": "p", "status": "COMPLETED"}
    )
    dumped = ParsingGetResponse.model_validate(given_result).model_dump(mode="json")
    body = json.dumps(dumped, sort_keys=True).encode()

    read = ParseResult.model_validate_json(body)

    assert b'"error_message": null' in body
    assert exactly(read.dump_json()) == exactly(body)
    assert strangers(read) == []


# Nothing is added, nothing turns into something else


@pytest.mark.parametrize(
    ("model", "body"),
    [
        (BBox, b'{"x":1,"y":1.0,"w":0,"h":-0.5}'),
        (BBox, b'{"x":1,"y":1,"w":1,"h":1,"r":null,"label":null}'),
        (BBox, b'{"x":1,"y":1,"w":1,"h":1,"confidence":1}'),
        (items.TextItem, b'{"md":"","value":"","type":"text","bbox":null}'),
        (items.CodeItem, b'{"type":"code","md":"","value":"","language":null}'),
        (models.JobUsage, b'{"credits":30}'),
        (models.JobUsage, b'{"credits":30.0}'),
        (models.ResultContentMetadata, b'{"size_bytes":3}'),
        (models.ResultContentMetadata, b'{"size_bytes":3,"exists":null}'),
        (models.LineNumber, b'{"line_number":"12a","start_index":0,"end_index":9}'),
        (models.LineNumber, b'{"line_number":12,"start_index":0,"end_index":9}'),
    ],
    ids=lambda value: value.decode() if isinstance(value, bytes) else value.__name__,
)
def test_numbers_and_nulls_stay_as_they_were_written(
    model: type[WireModel], body: bytes
) -> None:
    assert again(model, body) == exactly(body)


def test_cells_of_a_table_keep_their_kind_of_value() -> None:
    body = dump(table([[1, 1.0, "1", None, ""]]))

    assert again(items.TableItem, body) == exactly(body)


@pytest.mark.parametrize("number", ['"1"', "true", "null", "[]"])
def test_a_box_without_numbers_is_no_box(number: str) -> None:
    body = f'{{"x": {number}, "y": 1, "w": 1, "h": 1}}'

    with pytest.raises(pydantic.ValidationError):
        BBox.model_validate_json(body)


def test_a_model_cannot_be_changed() -> None:
    box = BBox(x=1, y=2, w=3, h=4)

    with pytest.raises(pydantic.ValidationError, match="frozen"):
        box.x = 5  # type: ignore[misc]


# What nobody knew


def read_page(*given_items: Json, **more: Any) -> models.StructuredPage:
    body = dump(page(1, *given_items, place=False, **more))
    read = models.StructuredPage.model_validate_json(body)
    assert exactly(read.dump_json()) == exactly(body)
    return read


@pytest.mark.parametrize(
    "stranger",
    [
        {"type": "formula", "md": "$x$", "latex": "x", "bbox": [{"page": 1}]},
        {"type": None, "md": "x"},
        {"type": ["text"], "md": "x"},
        {"md": "no type", "value": "x"},
        {"type": "heading", "md": "# x", "value": "x", "level": "1"},
        {"type": "text", "md": "x", "value": "x", "bbox": {"x": 1}},
        {"type": "table", "md": "x", "rows": "none", "html": "", "csv": ""},
        {},
    ],
    ids=[
        "new kind",
        "null kind",
        "listed kind",
        "no kind",
        "level as text",
        "one box",
        "rows as text",
        "empty",
    ],
)
def test_an_item_that_fits_nothing_is_kept_and_the_others_stay(stranger: Json) -> None:
    read = read_page(heading("Scope"), stranger, text("words"))

    kinds = [type(item) for item in read.items]
    assert kinds == [items.HeadingItem, UnknownItem, items.TextItem]


@pytest.mark.parametrize("container", ["list", "header", "footer"])
def test_an_unknown_child_is_kept_in_its_container(container: str) -> None:
    stranger = {"type": "stamp", "md": "PAID", "angle": 12.0}
    parent = {"type": container, "md": "", "items": [stranger, text("words")]}
    more = {"ordered": False} if container == "list" else {}

    read = read_page({**parent, **more})

    (item,) = read.items
    assert isinstance(item, items.ListItem | items.HeaderItem | items.FooterItem)
    assert item.type == container
    assert [type(child) for child in item.items] == [UnknownItem, items.TextItem]


def test_new_fields_and_labels_survive_at_every_level() -> None:
    item = text("words", label="seal", colour="red")
    item["bbox"][0]["angle"] = 1.0

    read = read_page(item, revision_count=3)

    (kept,) = read.items
    assert isinstance(kept, items.TextItem)
    assert kept.bbox is not None
    assert kept.bbox[0].label == "seal"
    assert (kept.model_extra, read.model_extra) == (
        {"colour": "red"},
        {"revision_count": 3},
    )


def test_a_revision_nobody_knew_does_not_fail_its_page() -> None:
    read = read_page(text("words"), revisions=[{"type": "split", "at": 3}])

    assert read.revisions is not None
    assert [type(one) for one in read.revisions] == [UnknownRevision]


def test_pages_that_fit_nothing_come_back_equal_beside_the_others() -> None:
    strange: list[Json] = [{"page_number": 2}, {"page_number": "3", "new": [1.0]}]
    body = dump(
        result(
            page(1, text("words")),
            *strange,
            failed_page(4),
            markdown={"pages": strange},
            text={"pages": [{"page_number": 1, "text": "words"}, *strange]},
            metadata={"pages": [{"page_number": 1}, {"page_number": "3"}]},
            forms={"pages": strange},
        )
    )

    read = ParseResult.model_validate_json(body)

    assert exactly(read.dump_json()) == exactly(body)
    assert read.items is not None
    assert [type(one) for one in read.items.pages] == [
        models.StructuredPage,
        UnknownPage,
        UnknownPage,
        models.FailedPage,
    ]


# What came after the reference page


LATER: dict[str, tuple[type[WireModel], Json]] = {
    "line numbers": (
        models.MarkdownPage,
        {
            "page_number": 1,
            "markdown": "1 Whereas",
            "success": True,
            "line_numbers": [{"line_number": "1", "start_index": 0, "end_index": 1}],
        },
    ),
    "watermark": (models.MetadataPage, {"page_number": 1, "watermark": "DRAFT"}),
    "document metadata": (
        models.MetadataResult,
        {
            "pages": [],
            "document": {
                "confidence": 0.5,
                "confidence_breakdown": {
                    "min_page_score": 0,
                    "scored_pages": 2,
                    "total_pages": 3,
                },
            },
        },
    ),
    "rotated box": (BBox, {"x": 1, "y": 2, "w": 3, "h": 4, "r": 90}),
    "usage and user metadata": (
        models.Job,
        {
            "id": "pjb-1",
            "project_id": "p",
            "status": "COMPLETED",
            "usage": {"credits": None},
            "user_metadata": {"team": "research"},
        },
    ),
}


@pytest.mark.parametrize("name", LATER)
def test_later_fields_are_declared_and_come_back_equal(name: str) -> None:
    model, given_value = LATER[name]
    body = dump(given_value)

    read = model.model_validate_json(body)

    assert exactly(read.dump_json()) == exactly(body)
    assert all(part.model_extra == {} for part in parts(read))


def grounded(*spans: tuple[int, int]) -> Json:
    frame = {"x": 1.0, "y": 2.0, "w": 3.0, "h": 4.0, "r": 90.0}
    word = {"bbox": frame, "span": [0, 2]}
    return {
        "lines": [
            {"bbox": frame, "span": list(span), "words": [word]} for span in spans
        ]
    }


def form_nodes() -> list[Json]:
    field = {
        "type": "field",
        "field": "checkbox",
        "id": "1a",
        "label": "Married",
        "value": True,
        "isEmpty": False,
        "valueItems": [{"type": "text", "value": "since"}],
        "grounding": {"id": grounded((0, 2)), "label": grounded((0, 7))},
    }
    note = {
        "type": "text",
        "value": "Print clearly",
        "grounding": {"value": grounded((0, 5), (6, 13))},
    }
    grid = {
        "type": "table",
        "columns": ["a"],
        "rows": [["x"], [None], [{"items": [field]}]],
        "html": "<table></table>",
        "grounding": {
            "columns": [grounded((0, 1))],
            "rows": [[grounded((0, 1))], [grounded()], [grounded()]],
        },
    }
    section = {"type": "section", "label": "Part I", "items": [field, note, grid]}
    return [section, {"type": "barcode", "payload": "0123"}]


def test_forms_come_back_equal_with_all_that_came_later() -> None:
    line = {"type": "text", "value": "x", "md": "x"}
    nested = {"type": "list", "items": [line], "ordered": False, "md": "* x"}
    as_list = {**nested, "items": [line, nested, {"type": "rule"}]}
    body = dump(
        {
            "page_number": 1,
            "page_width": 612,
            "page_height": 792.0,
            "forms": [{"json": form_nodes(), "list": as_list}],
            "detected_form_types": ["W-2"],
            "success": True,
        }
    )

    read = models.FormsPage.model_validate_json(body)

    assert exactly(read.dump_json()) == exactly(body)
    assert [one.type for one in strangers(read) if isinstance(one, UnknownItem)] == [
        "barcode",
        "rule",
    ]
    assert read.detected_form_types == ("W-2",)
    section = read.forms[0].tree[0]
    assert isinstance(section, forms.FormSection)
    assert [type(node) for node in section.items] == [
        forms.FormField,
        forms.FormText,
        forms.FormTable,
    ]


def test_fields_are_named_as_python_names_them() -> None:
    body = b'{"type": "field", "field": "text", "isEmpty": true, "valueItems": []}'

    field = forms.FormField.model_validate_json(body)

    assert (field.is_empty, field.value_items) == (True, ())
