"""Metadata: the contract, its two profiles, the budget and the way back."""

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest

import building as b
from parsestrata import Provenance, Report, chunk, to_flat, to_rich
from parsestrata.chunking.metadata import KEYS
from parsestrata.conversion.loading import Loading
from parsestrata.errors import ConfigError
from parsestrata.options import Options, Split

SPLITS = get_args(Split)
BULKY = (
    "table_csv",
    "table_rows",
    "bbox",
    "images",
    "links",
    "heading",
    "heading_path",
)


def describe(source: Any, report: Report | None = None, **options: Any) -> list[Any]:
    """Return the metadata of every chunk."""
    loading = Loading(Options(**options), report)
    return [loading.metadata(one, job) for one, job in loading.chunks([source])]


def bulky_result() -> dict[str, Any]:
    """Make a result of one chunk whose every bulky value is above any small budget."""
    links = " ".join(f"[lënk {n}](https://example.org/{n})" for n in range(60))
    rows = [["Year", "Ünits"], *([year, "x" * 20] for year in range(1900, 2000))]
    title = "Ein sehr länger Titel " * 20
    return b.result(
        b.page(
            1,
            b.heading(title),
            b.text(links),
            *[b.image(f"Bild {n}", f"{n}.jpg") for n in range(60)],
            *[b.table(rows) for _ in range(60)],
        )
    )


BIG = {"max_tokens": 10**6, "min_tokens": 0}


def test_keys_are_short_plain_words() -> None:
    assert all(re.fullmatch("[a-z_]{1,36}", key) for key in KEYS)
    assert len(set(KEYS)) == len(KEYS) <= 32
    assert not {"doc_id", "document_id", "ref_doc_id"} & set(KEYS)


@pytest.mark.parametrize("split", SPLITS)
def test_rich_and_flat_are_two_forms_of_the_same(real_file: Path, split: Split) -> None:
    flat = describe(real_file, split=split)
    rich = describe(real_file, split=split, metadata="rich")

    assert [to_rich(one) for one in flat] == rich
    assert [to_flat(one) for one in rich] == flat
    assert [to_flat(one) for one in flat] == flat
    assert [to_rich(one) for one in rich] == rich
    assert all(tuple(one) == KEYS for one in rich)
    assert json.loads(json.dumps(rich)) == rich


def test_a_profile_is_changed_without_touching_what_was_given() -> None:
    [flat] = describe(b.result(b.page(1, b.heading("Water"), b.text("Wet."))))
    before = dict(flat)

    rich = to_rich(flat)

    assert flat == before
    assert rich["heading_path"] == ["Water"]
    assert to_flat(rich) == flat


@pytest.mark.parametrize("profile", ["flat", "rich"])
def test_provenance_has_what_the_chunk_has(real_file: Path, profile: Any) -> None:
    chunks = list(chunk(real_file))

    described = describe(real_file, metadata=profile, metadata_budget=0)
    read = [Provenance.from_metadata(one) for one in described]

    assert [p.chunk_id for p in read] == [c.id for c in chunks]
    assert [p.regions for p in read] == [c.regions for c in chunks]
    assert [p.images for p in read] == [c.images for c in chunks]
    assert [p.links for p in read] == [c.links for c in chunks]
    assert [p.item_types for p in read] == [c.item_types for c in chunks]
    assert [p.parse_concerns for p in read] == [c.concerns for c in chunks]
    assert [(p.page_number, p.page_end) for p in read] == [
        (c.page_number, c.page_end) for c in chunks
    ]
    assert [len(p.heading_path) for p in read] == [len(c.headings) for c in chunks]
    assert [(p.part, p.parts) for p in read] == [(c.part, c.parts) for c in chunks]


def test_boxes_are_fractions_of_the_page_too(real_file: Path) -> None:
    for metadata in describe(real_file):
        for region in Provenance.from_metadata(metadata).regions:
            left, top, right, bottom = region.fraction
            assert 0 <= left <= right <= 1.000001
            assert 0 <= top <= bottom <= 1.000001


def test_a_store_that_returns_floats_and_strings_is_understood() -> None:
    [metadata] = describe(b.result(b.page(3, b.heading("Water"), b.text("Wet."))))
    stored = {k: float(v) if type(v) is int else v for k, v in metadata.items()}

    read = Provenance.from_metadata({**stored, "score": 0.5})

    assert read == Provenance.from_metadata(metadata)
    assert read.page_number == 3


def test_a_title_with_a_separator_stays_one_title() -> None:
    result = b.result(b.page(1, b.heading("A > B"), b.heading("C", 2), b.text("x")))

    [metadata] = describe(result)

    assert metadata["heading_path"] == "A \u203a B > C"
    assert Provenance.from_metadata(metadata).heading_path == ("A \u203a B", "C")


def test_missing_keys_are_named() -> None:
    [metadata] = describe(b.result(b.page(1, b.text("Water."))))
    del metadata["bbox"], metadata["parts"]

    with pytest.raises(ConfigError, match="this metadata lacks bbox, parts"):
        Provenance.from_metadata(metadata)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"bbox": '[{"page": 1, "x'}, "'bbox' is no JSON any more"),
        ({"bbox": '{"page": 1}'}, "not what a chunk has"),
        ({"page_number": "one"}, "not what a chunk has.*page_number"),
        ({"page_number": None}, "not what a chunk has.*page_number"),
        ({"links": [{"href": "x"}]}, "not what a chunk has.*links"),
        ({"table_rows": None}, "not what a chunk has"),
        ({"table_rows": 5}, "not what a chunk has"),
    ],
    ids=str,
)
def test_metadata_that_were_damaged_are_told(change: Any, says: str) -> None:
    [metadata] = describe(b.result(b.page(1, b.text("Water."))))

    with pytest.raises(ConfigError, match=says):
        Provenance.from_metadata({**metadata, **change})


@pytest.mark.parametrize("budget", [1, 2, 3, 7, 50, 300, 1500])
def test_bulky_values_keep_to_the_budget_and_are_reported(budget: int) -> None:
    report = Report()

    [metadata] = describe(bulky_result(), report, metadata_budget=budget, **BIG)

    sizes = {key: len(metadata[key].encode()) for key in BULKY}
    assert {key: size for key, size in sizes.items() if size > budget} == {}
    [whole] = describe(bulky_result(), metadata_budget=0, **BIG)
    cut = {key for key in BULKY if metadata[key] != whole[key]}
    noted = report.jobs[0].cut_values
    assert {key for _, key, _ in noted} == cut
    assert {one for one, _, _ in noted} == {metadata["chunk_id"]}
    assert {size for _, key, size in noted if key == "bbox"} == {
        len(whole["bbox"].encode())
    }
    read = Provenance.from_metadata(metadata)
    assert set(read.table_rows) <= set(Provenance.from_metadata(whole).table_rows)
    assert tuple(metadata) == KEYS


def test_half_a_table_is_never_kept() -> None:
    rows = [["Year", "Use"], *([year, "x" * 40] for year in range(1900, 2000))]
    result = b.result(b.page(1, b.table(rows)))

    [metadata] = describe(result, metadata_budget=1000, **BIG)

    assert metadata["has_table"] is True
    assert metadata["table_csv"] == ""
    assert metadata["table_rows"] == "1-100"


def test_boxes_over_the_budget_become_one_a_page() -> None:
    pages = [b.page(n, *[b.text(f"Line {i}.") for i in range(30)]) for n in (1, 2)]

    [metadata] = describe(b.result(*pages), metadata_budget=500, **BIG)

    regions = Provenance.from_metadata(metadata).regions
    assert [region.page_number for region in regions] == [1, 2]
    assert regions[0].y == 60.0
    assert regions[0].height > 400


def test_without_a_budget_nothing_is_cut() -> None:
    report = Report()

    [metadata] = describe(bulky_result(), report, metadata_budget=0, **BIG)

    assert report.jobs[0].cut_values == []
    assert len(metadata["table_csv"]) > 100_000


def test_default_budget_cuts_nothing_of_real_results_but_tables(
    real_file: Path,
) -> None:
    report = Report()

    describe(real_file, report)

    assert {key for _, key, _ in report.jobs[0].cut_values} <= {"table_csv", "bbox"}


def test_extra_metadata_come_last() -> None:
    [metadata] = describe(
        b.result(b.page(1, b.text("Water."))), extra_metadata={"b": 1, "a": "x"}
    )

    assert tuple(metadata) == (*KEYS, "b", "a")


def test_nothing_volatile_is_in_them() -> None:
    first = b.result(b.page(1, b.text("Water.")))
    second = json.loads(b.dump(first))
    second["job"] |= {"updated_at": "2027-01-01T00:00:00Z", "credits": 5}
    second["images_content_metadata"] = None

    assert describe(first) == describe(second)


def test_defaults_are_typed_and_never_none() -> None:
    [metadata] = describe(
        {"items": {"pages": [b.page(1, {"type": "text", "md": "x", "value": "x"})]}}
    )

    assert all(type(v) in (str, int, float, bool) for v in metadata.values())
    assert metadata["job_id"] == metadata["file_name"] == metadata["bbox"] == ""
    assert metadata["confidence"] == 0.0
    assert metadata["has_table"] is False
    assert metadata["source"].startswith("result-")
