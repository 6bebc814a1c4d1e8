"""Sections, whole: what a hit in a chunk is a part of."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

import building as b
from parsestrata import (
    Chunk,
    DocumentSection,
    ParseStrataWarning,
    chunk,
    cite,
    find_section,
    find_tables,
    sections,
    tables,
)
from parsestrata.errors import ConfigError
from strategies import any_options, any_results

ROWS = [["Year", "Sold"], *[[str(year), str(year * 3)] for year in range(1900, 1990)]]
LINES = [f"{row[0]} | {row[1]}" for row in ROWS]


def read(result: Any, **options: Any) -> tuple[list[Chunk], list[DocumentSection]]:
    """Return chunks and sections."""
    largest = options.pop("max_section_tokens", None)
    held = sections(result, max_section_tokens=largest, **options)
    return list(chunk(result, **options)), held


def parents(result: b.Json, **options: Any) -> list[tuple[str, ...]]:
    """Return the heading path of the section around each chunk."""
    chunks, held = read(result, **options)
    return [find_section(one, held).heading_path for one in chunks]


def test_a_section_is_whole_over_its_pages() -> None:
    first, second = b.words(300, "water"), b.words(300, "rain")
    pages = [
        b.page(1, b.header("Annual report"), b.heading("Water"), b.text(first)),
        b.page(2, b.header("Annual report"), b.text(second), b.footer(2)),
        b.page(3, b.heading("Air"), b.text(b.words(200, "air"))),
    ]

    chunks, (water, air) = read(b.result(*pages))

    assert water.text == f"# Water\n\n{first}\n\n{second}"
    assert str(water.citation) == "report.pdf, p. 1-2, Water"
    assert [region.page_number for region in water.whole.regions] == [1, 1, 2]
    assert [c.id for c in chunks] == [*water.chunk_ids, *air.chunk_ids]
    assert (len(water.chunk_ids), len(air.chunk_ids)) == (2, 1)


def test_a_table_that_was_split_is_whole_again() -> None:
    lead = b.text("Table 1. Units sold", label="figure_title")
    page = b.page(1, b.heading("Sales"), lead, b.table(ROWS), b.text("Source: own"))
    result = b.result(page)

    chunks, (section,) = read(result, max_tokens=64)

    assert len(chunks) > 3
    assert section.text.split("\n\n") == [
        "# Sales",
        "Table 1. Units sold",
        "\n".join(LINES),
        "Source: own",
    ]
    assert [part.row_range for part in section.whole.tables] == ["1-90"]
    assert section.whole.tables[0].csv == next(tables(result)).csv


def test_a_table_merged_over_pages_spans_them() -> None:
    whole = b.table(ROWS, merged_from_pages=[1, 2])
    stub = b.table([], merged_into_page=1)
    pages = [b.page(1, b.heading("Sales"), whole), b.page(2, stub)]

    (section,) = sections(b.result(*pages))

    assert (section.page_number, section.page_end) == (1, 2)
    assert section.text.count("Year | Sold") == 1


def test_the_parent_of_merged_sections_is_the_section_above_them() -> None:
    page = b.page(
        1,
        b.heading("Risk"),
        b.text(b.words(200, "risk")),
        b.heading("Market", 2),
        b.text(b.words(40, "market")),
        b.heading("Credit", 2),
        b.text(b.words(40, "credit")),
    )

    chunks, (risk,) = read(b.result(page), max_tokens=256)

    assert [c.heading_path for c in chunks] == ["Risk", "Risk"]
    assert "## Market" in chunks[1].body
    assert "## Credit" in chunks[1].body
    assert risk.heading_path == ("Risk",)
    assert risk.chunk_ids == risk.child_ids == tuple([c.id for c in chunks])
    assert risk.text == "\n\n".join([c.body for c in chunks])


def test_a_section_has_its_end_though_that_went_to_another_chunk() -> None:
    page = b.page(
        1,
        b.heading("Risk"),
        b.heading("Market", 2),
        b.text(b.words(220, "market")),
        b.text(b.words(50, "tail")),
        b.heading("Credit", 2),
        b.text(b.words(40, "credit")),
    )

    chunks, (risk, market) = read(b.result(page), max_tokens=256)

    assert [c.heading_path for c in chunks] == ["Risk > Market", "Risk"]
    assert market.heading_path == ("Risk", "Market")
    assert market.text.endswith(b.words(50, "tail"))
    assert "credit" not in market.text
    assert (market.chunk_ids, market.parent_id) == ((chunks[0].id,), risk.id)
    assert risk.child_ids == (market.id, chunks[1].id)


def test_sections_are_in_sections() -> None:
    page = b.page(
        1,
        b.heading("One"),
        b.text(b.words(120, "one")),
        b.heading("Two", 2),
        b.text(b.words(120, "two")),
        b.heading("Three", 3),
        b.text(b.words(120, "three")),
        b.heading("Four", 2),
        b.text(b.words(120, "four")),
    )

    chunks, held = read(b.result(page))

    one, two, three, four = held
    assert one.text == "\n\n".join([c.body for c in chunks])
    assert two.text == f"{chunks[1].body}\n\n{chunks[2].body}"
    assert [s.parent_id for s in held] == ["", one.id, two.id, one.id]
    assert one.child_ids == (chunks[0].id, two.id, four.id)
    assert two.child_ids == (chunks[1].id, three.id)
    assert [s.chunk_ids for s in held] == [(c.id,) for c in chunks]
    assert [s.whole.index for s in held] == [0, 1, 2, 3]


def test_what_stands_before_the_first_heading_is_a_section() -> None:
    before = [b.text(b.words(300, "preface")), b.text(b.words(300, "letter"))]
    page = b.page(1, *before, b.heading("Water"), b.text(b.words(200)))

    chunks, (preface, water) = read(b.result(page))

    assert preface.heading_path == ()
    assert preface.text == f"{before[0]['md']}\n\n{before[1]['md']}"
    assert str(preface.citation) == "report.pdf, p. 1"
    assert [*preface.chunk_ids, *water.chunk_ids] == [c.id for c in chunks]


def test_two_sections_of_one_title_are_two() -> None:
    pages = [
        b.page(number, b.heading("Notes"), b.text(b.words(200, word)))
        for number, word in enumerate(("first", "second"), 1)
    ]

    chunks, (first, second) = read(b.result(*pages))

    assert first.heading_path == second.heading_path == ("Notes",)
    assert first.id != second.id
    assert (first.chunk_ids, second.chunk_ids) == ((chunks[0].id,), (chunks[1].id,))
    assert "second" not in first.text


def test_two_small_sections_of_one_title_have_no_section_around_them() -> None:
    page = b.page(
        1,
        *[b.heading("Notes"), b.text(b.words(40, "first"))],
        *[b.heading("Notes"), b.text(b.words(40, "second"))],
    )

    (merged,), (alone,) = read(b.result(page))

    assert merged.heading_path == "Notes"
    assert (alone.chunk_ids, alone.parent_id) == ((merged.id,), "")
    assert alone.text == merged.body
    assert alone.id != merged.id


def test_a_chunk_over_sections_at_the_root_stands_alone() -> None:
    page = b.page(
        1,
        *[b.heading("Water"), b.text(b.words(40))],
        *[b.heading("Air"), b.text(b.words(40, "air"))],
        *[b.heading("Soil"), b.text(b.words(200, "soil"))],
    )

    chunks, (alone, soil) = read(b.result(page))

    assert [c.heading_path for c in chunks] == ["", "Soil"]
    assert (alone.text, alone.heading_path) == (chunks[0].body, ())
    assert alone.child_ids == (chunks[0].id,)
    assert soil.chunk_ids == (chunks[1].id,)


def test_a_title_with_nothing_of_its_own_takes_no_chunk_from_the_section_below() -> (
    None
):
    page = b.page(1, b.heading("One"), b.heading("Two", 2), b.text(b.words(120)))

    assert parents(b.result(page)) == [("One", "Two")]


def test_a_section_that_is_too_large_is_left_out() -> None:
    page = b.page(
        1,
        b.heading("One"),
        b.text(b.words(120, "one")),
        b.heading("Two", 2),
        b.text(b.words(120, "two")),
        b.text(b.words(120, "more")),
    )
    result = b.result(page)

    chunks, (alone, two) = read(result, max_section_tokens=250, max_tokens=160)

    assert alone.text == chunks[0].body
    assert (alone.parent_id, two.parent_id) == ("", "")
    assert two.heading_path == ("One", "Two")
    assert two.chunk_ids == tuple([c.id for c in chunks[1:]])
    assert [s.heading_path for s in sections(result, max_tokens=160)] == [
        ("One",),
        ("One", "Two"),
    ]


def test_a_limit_below_one_is_refused() -> None:
    with pytest.raises(ConfigError, match="max_section_tokens=0: expected 1 or more"):
        sections(b.result(b.page(1, b.text("Water."))), max_section_tokens=0)


def test_a_section_that_changed_keeps_its_id_and_another_document_has_others() -> None:
    def ids(words: str, name: str = "a.pdf", **options: Any) -> list[str]:
        page = b.page(1, b.heading("Water"), b.text(words))
        return [s.id for s in sections(b.result(page, name=name), **options)]

    assert ids("Rain.") == ids("Snow.")
    assert ids("Rain.") != ids("Rain.", "b.pdf")
    assert ids("Rain.") != ids("Rain.", id_namespace="other")


def test_a_failed_page_warns_as_it_does_for_chunks() -> None:
    pages = [b.page(1, b.heading("Water"), b.text("Rain.")), b.failed_page(2)]

    with pytest.warns(ParseStrataWarning, match="page 2 failed"):
        (section,) = sections(b.result(*pages))

    assert section.text == "# Water\n\nRain."


def test_sections_cost_no_more_than_their_text() -> None:
    """The counter sees nothing twice, and a text is there once a level."""
    items = [
        item
        for number in range(60)
        for item in (b.heading(f"T{number}", 1 + number % 3), b.text(b.words(120)))
    ]
    result = b.result(b.page(1, *items))
    counted: list[int] = []

    def count(text: str) -> int:
        counted.append(len(text))
        return len(text.split())

    chunks = list(chunk(result, count_tokens=count))
    alone = sum(counted)
    counted.clear()
    held = sections(result, count_tokens=count)

    assert sum(counted) < 1.5 * alone
    assert len(held) == len(chunks) == 60
    assert sum(len(s.text) for s in held) <= 3 * sum(len(c.body) + 2 for c in chunks)


@pytest.mark.parametrize(
    "given", [lambda c: c, cite, lambda c: c.id], ids=["chunk", "citation", "id"]
)
def test_a_hit_leads_to_its_section_and_its_table(given: Any) -> None:
    page = b.page(1, b.heading("Sales"), b.table(ROWS), b.text(b.words(90)))
    result = b.result(page)
    chunks, held = read(result, max_tokens=64)

    section = find_section(given(chunks[2]), held)
    (table,) = find_tables(given(chunks[2]), tables(result, max_tokens=64))

    assert (table.header, len(table.rows)) == (("Year", "Sold"), 90)
    assert section.heading_path == table.heading_path == ("Sales",)
    assert section.whole.regions[1:2] == table.regions


def test_a_hit_of_other_options_has_no_section() -> None:
    page = b.page(1, b.heading("Sales"), b.table(ROWS), b.text(b.words(90)))
    result = b.result(page)
    hit = next(chunk(result, max_tokens=64))

    with pytest.raises(ConfigError, match=f"{hit.id} is in none.*the options that"):
        find_section(hit, sections(result))
    with pytest.raises(ConfigError, match="without an id"):
        find_section({"source": "a", "page_number": 1, "page_end": 1}, sections(result))


@pytest.mark.filterwarnings("ignore::parsestrata.ParseStrataWarning")
def test_sections_of_real_results_hold_what_their_chunks_say(real_file: Path) -> None:
    chunks, held = read(real_file)

    compared = 0
    for one in chunks:
        section = find_section(one, held)
        holds_it(section, one)
        if one.parts == 1 and set(one.items) <= set(section.whole.items):
            assert one.body in section.text
            compared += 1
    assert compared


@pytest.mark.filterwarnings("ignore::parsestrata.ParseStrataWarning")
def test_no_item_of_a_real_result_is_in_two_sections_at_the_root(
    real_file: Path,
) -> None:
    held = sections(real_file)

    paths = [s for s in held if s.heading_path and not s.parent_id]
    positions = [position for s in paths for position in s.whole.items]
    assert positions == sorted(set(positions))


@given(any_results(), any_options())
def test_each_chunk_is_in_one_section_that_holds_it(
    answer: b.Json, options: dict[str, Any]
) -> None:
    options |= {"on_failed_page": "skip"}

    chunks, held = read(answer, **options)

    by_id = {c.id: c for c in chunks}
    assert sorted(i for s in held for i in s.chunk_ids) == sorted(by_id)
    assert len({s.id for s in held}) == len(held)
    for section in held:
        for name in section.chunk_ids:
            holds_it(section, by_id[name])


def holds_it(section: DocumentSection, held: Chunk) -> None:
    """Check that a section has the items of a chunk, headings above it aside."""
    missing = [p for p in held.items if p not in section.whole.items]
    assert missing == list(held.items[: len(missing)])
    assert section.page_number <= held.page_end
    assert held.page_number <= section.page_end


@given(any_results(), any_options())
def test_sections_form_a_tree(answer: b.Json, options: dict[str, Any]) -> None:
    options |= {"on_failed_page": "skip"}

    chunks, held = read(answer, **options)

    by_id = {s.id: s for s in held}
    children = [child for s in held for child in s.child_ids]
    inner = [s.id for s in held if s.parent_id]
    assert sorted(children) == sorted([*[c.id for c in chunks], *inner])
    for section in held:
        if section.parent_id:
            around = by_id[section.parent_id]
            assert section.id in around.child_ids
            assert set(section.whole.items) < set(around.whole.items)
            assert section.text in around.text
