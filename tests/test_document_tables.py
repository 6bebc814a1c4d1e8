"""The tables of a source, whole: what names them, their rows, the chunks they are in."""

import warnings
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import building as b
from conftest import EXAMPLES, needs_real_responses
from parsestrata import (
    DocumentTable,
    ParseStrataWarning,
    chunk,
    cite,
    find_tables,
    rows_of,
    tables,
)
from parsestrata.chunking.metadata import to_metadata
from parsestrata.conversion.conversion import Conversion
from parsestrata.errors import (
    AllPagesFailedError,
    ConfigError,
    MissingContentError,
    PageFailedError,
)
from parsestrata.options import Options, Split
from parsestrata.report import JobReport
from parsestrata.sources.source import open_source
from strategies import MARK, any_options, any_results

ROWS = [["Year", "Sold"], *[[str(year), str(year * 3)] for year in range(1900, 1990)]]
SPLITS: tuple[Split, ...] = ("chunk", "page", "item", "document", "result")
HARBOUR = EXAMPLES / "harbour-water-2025.json"


def only(*items: b.Json, **options: Any) -> DocumentTable:
    """Read the one table of a page."""
    (found,) = tables(b.result(b.page(1, *items)), **options)
    return found


def covered(table: DocumentTable) -> list[int]:
    """List the rows that the parts of a table hold, each once."""
    runs = [range(part.first_row, part.last_row + 1) for part in table.parts]
    return list(dict.fromkeys(row for run in runs for row in run if row))


# What it knows


def test_a_table_knows_its_caption_its_note_and_its_place() -> None:
    page = b.page(
        2,
        b.heading("Sales"),
        b.text("Table 1. Units sold", label="figure_title"),
        b.table(ROWS),
        b.text("Source: own count"),
        b.text("A paragraph that goes on about something else."),
    )

    (found,) = tables(b.result(b.page(1), page))

    assert (found.number, found.title) == (1, "Table 1. Units sold")
    assert (found.caption, found.note) == ("Table 1. Units sold", "Source: own count")
    assert (found.header, len(found.rows)) == (("Year", "Sold"), 90)
    assert (found.page_number, found.heading_path) == (2, ("Sales",))
    assert [region.page_number for region in found.regions] == [2]
    assert str(found) == "1. Table 1. Units sold (p. 2, 90 rows, 2 columns)"


def test_a_table_merged_over_pages_comes_once() -> None:
    whole = b.table(ROWS, merged_from_pages=[1, 2])
    stub = b.table([], merged_into_page=1)

    (found,) = tables(b.result(b.page(1, whole), b.page(2, stub)))

    assert (found.page_number, found.page_end) == (1, 2)
    assert found.merged_pages == (1, 2)


@pytest.mark.parametrize(
    ("rows", "size"),
    [
        ([["Year", "Sold"]], (0, 2)),
        ([["Year"], ["2024", "7", "8"], []], (2, 3)),
        ([[None, None], [1, 2.5]], (1, 2)),
    ],
    ids=["header only", "ragged", "blank header"],
)
def test_an_odd_table_is_a_table(rows: list[list[Any]], size: tuple[int, int]) -> None:
    found = only(b.table(rows))

    assert (len(found.rows), len(found.columns)) == size
    assert covered(found) == list(range(1, size[0] + 1))


def test_a_table_without_a_filled_cell_is_none() -> None:
    result = b.result(b.page(1, b.text("Before"), b.table([["", None], ["", " "]])))

    assert list(tables(result)) == []


# What it is called

UNIT = "(in thousands of crowns)"
TITLES: dict[str, tuple[list[b.Json], str, str]] = {
    "a heading where the line above is only a unit": (
        [b.heading("4 Accounts"), b.text(UNIT)],
        "4 Accounts",
        UNIT,
    ),
    "a heading where a heading above is only a unit": (
        [b.heading("4 Accounts"), b.heading(UNIT, 2)],
        "4 Accounts",
        UNIT,
    ),
    "the title below the company's name": (
        [
            b.text("**Harbour**", label="paragraph_title"),
            b.text("**BALANCE SHEETS**", label="paragraph_title"),
            b.text("(In millions)"),
        ],
        "BALANCE SHEETS",
        "Harbour\nBALANCE SHEETS\n(In millions)",
    ),
    "the last line of a title of two": (
        [b.text("HARBOUR\nSTATEMENTS OF\nOPERATIONS", label="paragraph_title")],
        "STATEMENTS OF OPERATIONS",
        "HARBOUR\nSTATEMENTS OF OPERATIONS",
    ),
    "the table's caption and not a figure's above it": (
        [b.text("Figure 3. A chart"), b.text("Table 2. Zones")],
        "Table 2. Zones",
        "Figure 3. A chart\nTable 2. Zones",
    ),
    "a plain line below a heading": (
        [b.heading("Energy climbs"), b.text("Annual deployment, 2022 and 2023")],
        "Annual deployment, 2022 and 2023",
        "Annual deployment, 2022 and 2023",
    ),
    "a heading where the line above introduces": (
        [b.heading("Glossary"), b.text("The following terms are used:")],
        "Glossary",
        "The following terms are used:",
    ),
    "a heading where the line above is a legend": (
        [b.heading("Use"), b.text("\\* Sold \\* Year")],
        "Use",
        "",
    ),
    "a heading where the line above is a rest of something": (
        [b.heading("Use"), b.text("chart above; but these differ."), b.text("5 5 5")],
        "Use",
        "",
    ),
    "a title however it begins": (
        [b.heading("Use"), b.text("eBooks sold", label="paragraph_title")],
        "eBooks sold",
        "eBooks sold",
    ),
    "without marks of footnotes and emphasis": (
        [b.text("Table 1<sup>1</sup>. <b>Units</b> sold", label="caption")],
        "Table 1¹. Units sold",
        "Table 1¹. Units sold",
    ),
    "nothing where nothing is said": ([], "", ""),
}


@pytest.mark.parametrize(
    ("above", "title", "caption"), TITLES.values(), ids=list(TITLES)
)
def test_a_title_is(above: list[b.Json], title: str, caption: str) -> None:
    found = only(*above, b.table(ROWS[:3]))

    assert (found.title, found.caption) == (title, caption)


def test_a_table_without_any_title_is_called_as_the_header_over_all_columns() -> None:
    header = ["Share of GDP<br/>Year", "Share of GDP<br/>Percent"]

    found = only(b.table([header, ["2024", "18"]]))

    assert found.title == "Share of GDP"
    assert found.columns == ("Share of GDP Year", "Share of GDP Percent")


def test_a_unit_that_came_as_a_heading_is_in_the_caption_and_not_in_the_path() -> None:
    above = [b.heading("Accounts"), b.heading("2025", 2), b.heading(UNIT, 3)]

    found = only(*above, b.text("Audited"), b.table(ROWS[:3]))

    assert found.heading_path == ("Accounts",)
    assert found.caption.splitlines()[-2:] == [UNIT, "Audited"]


def test_a_title_of_many_words_is_cut_at_one() -> None:
    words = f"Table 1. {b.words(80)}"

    found = only(b.text(words, label="caption"), b.table(ROWS[:3]))

    assert len(found.title) <= 161
    assert words.startswith(found.title.removesuffix("…"))
    assert found.caption == words


@needs_real_responses
def test_every_title_of_a_real_table_says_something(real_file: Path) -> None:
    for found in tables(real_file):
        assert any(letter.isalpha() for letter in found.title)
        assert not found.title.startswith(("(", "*"))
        assert "<" not in found.title + found.caption + found.note


# The chunks it is in


def test_the_parts_of_a_table_name_the_chunks_with_its_rows() -> None:
    result = b.result(b.page(1, b.heading("Sales"), b.table(ROWS)))

    (found,) = tables(result, max_tokens=64)

    chunks = {one.id: one for one in chunk(result, max_tokens=64)}
    spans = [(part.first_row, part.last_row) for part in found.parts]
    assert len(spans) > 3
    assert [row for a, z in spans for row in range(a, z + 1)] == list(range(1, 91))
    for part in found.parts:
        (held,) = chunks[part.chunk_id].tables
        assert (held.first_row, held.last_row) == (part.first_row, part.last_row)


@pytest.mark.filterwarnings("ignore::parsestrata.ParseStrataWarning")
@pytest.mark.parametrize("split", SPLITS)
def test_the_parts_are_chunks_of_the_split_that_was_asked_for(split: Split) -> None:
    found = list(tables(HARBOUR, split=split, max_tokens=128))

    along = split if split != "result" else "chunk"
    ids = {one.id for one in chunk(HARBOUR, split=along, max_tokens=128) if one.tables}
    assert {part.chunk_id for one in found for part in one.parts} == ids
    assert [covered(one) for one in found] == [
        list(range(1, len(one.rows) + 1)) for one in found
    ]
    same = tables(HARBOUR, max_tokens=128)
    assert [one.title for one in found] == [one.title for one in same]


# From a hit to its table


def two_tables() -> b.Json:
    page = b.page(
        1,
        b.text("Table 1. Sold"),
        b.table(ROWS[:4]),
        b.text("Table 2. Bought"),
        b.table(ROWS[:3]),
    )
    return b.result(page, b.page(2, b.heading("Later"), b.text(b.words(200))))


def hits(result: b.Json, **options: Any) -> Iterator[dict[str, Any]]:
    made = Options(**options)
    for one in chunk(result, **options):
        yield to_metadata(one, made, JobReport("report.pdf", ""))


@pytest.mark.parametrize(
    "wrap",
    [
        lambda metadata: metadata,
        lambda metadata: SimpleNamespace(metadata=metadata),
        lambda metadata: SimpleNamespace(node=SimpleNamespace(metadata=metadata)),
        lambda metadata: metadata["chunk_id"],
        cite,
    ],
    ids=["metadata", "document", "node with score", "chunk id", "citation"],
)
def test_a_hit_leads_to_all_tables_it_holds(wrap: Any) -> None:
    first, *_ = hits(two_tables())

    found = find_tables(wrap(first), tables(two_tables()))

    assert [one.title for one in found] == ["Table 1. Sold", "Table 2. Bought"]


def test_a_hit_without_a_table_leads_to_none() -> None:
    *_, last = hits(two_tables())

    assert find_tables(last, tables(two_tables())) == ()


def test_a_hit_of_other_options_leads_to_its_table_by_the_box() -> None:
    result = b.result(b.page(1, b.heading("Sales"), b.table(ROWS), b.table(ROWS[:2])))
    first, *_ = hits(result, max_tokens=48)

    found = find_tables(first, tables(result))

    assert [one.number for one in found] == [1]
    with pytest.raises(ConfigError, match="options that the chunks were made with"):
        rows_of(first, found[0])


def test_a_table_of_another_document_is_not_found_by_its_box() -> None:
    pages = [b.page(1, b.heading("Sales"), b.table(ROWS))]
    first, *_ = hits(b.result(*pages), max_tokens=48)

    found = find_tables(first, tables(b.result(*pages, name="other.pdf")))

    assert found == ()


def test_the_rows_of_a_hit_are_a_selection_of_the_table() -> None:
    result = b.result(b.page(1, b.heading("Sales"), b.table(ROWS)))
    (table,) = tables(result, max_tokens=64)

    pieces = [rows_of(hit, table) for hit in hits(result, max_tokens=64)]

    assert len(pieces) > 3
    assert [row for piece in pieces for row in piece.rows] == list(table.rows)
    assert [n for piece in pieces for n in piece.row_numbers] == [*range(1, 91)]
    assert {piece.citation for piece in pieces} == {table.citation}


def test_a_hit_on_a_table_of_a_header_alone_is_all_of_it() -> None:
    result = b.result(b.page(1, b.table([["Year", "Sold"]])))
    (hit,), (table,) = hits(result), tables(result)

    assert find_tables(hit, [table]) == (table,)
    assert rows_of(hit, table) == table


def test_what_cannot_be_looked_up_says_why() -> None:
    with pytest.raises(ConfigError, match="int has no metadata"):
        find_tables(5, [])


# What goes wrong


def test_a_page_that_failed_is_warned_of_once() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")

        found = list(tables(HARBOUR, split="page"))

    assert len(found) == 3
    assert [one.category for one in caught] == [ParseStrataWarning]
    assert "page 5 failed" in str(caught[0].message)


def test_a_failed_page_may_end_it_before_the_first_table() -> None:
    result = b.result(b.page(1, b.table(ROWS)), b.failed_page(2))

    with pytest.raises(PageFailedError):
        next(tables(result, on_failed_page="raise"))


@pytest.mark.filterwarnings("ignore::parsestrata.ParseStrataWarning")
def test_a_document_of_which_every_page_failed_has_not_no_tables() -> None:
    with pytest.raises(AllPagesFailedError):
        list(tables(b.result(b.failed_page(1))))


def test_a_result_without_items_says_what_to_fetch() -> None:
    result = b.result() | {"items": None, "markdown": b.markdown((1, "| a |"))}

    with pytest.raises(MissingContentError, match="expand=items"):
        list(tables(result))


@pytest.mark.needs("local")
def test_a_pdf_has_tables_too(shipped_pdf: Path) -> None:
    found = list(tables(shipped_pdf))

    titles = [one.title for one in found]
    assert "Figure 3-3: MacRoman Encoding" in titles
    assert "Table 11-11 - Pie properties" in titles
    assert all(covered(one) == [*range(1, len(one.rows) + 1)] for one in found)


# Any result


@given(result=any_results(), options=any_options(), split=st.sampled_from(SPLITS))
def test_every_table_comes_once_with_all_its_rows(
    result: b.Json, options: dict[str, Any], split: Split
) -> None:
    made = Options(**options)
    read = Conversion(open_source(result, made), made).items()
    kept = [
        item.table
        for item in read
        if item.table and any(cell.strip() for row in item.table.rows for cell in row)
    ]

    found = list(tables(result, split=split, **options))

    assert [one.number for one in found] == list(range(1, len(found) + 1))
    assert [(one.header, *one.rows) for one in found] == [t.rows for t in kept]
    for one in found:
        assert covered(one) == list(range(1, len(one.rows) + 1))
        assert one.citation.chunk_id == one.parts[0].chunk_id
        assert all(len(row) == len(one.columns) for row in one.cells())
        assert len(set(one.columns)) == len(one.columns)


@given(result=any_results(), options=any_options())
def test_captions_and_notes_are_texts_of_the_document(
    result: b.Json, options: dict[str, Any]
) -> None:
    made = Options(**options)
    items = Conversion(open_source(result, made), made).items()
    texts = [item.text for item in items if item.table is None]

    for one in tables(result, **options):
        for line in f"{one.caption}\n{one.note}".splitlines():
            assert all(any(m in text for text in texts) for m in MARK.findall(line))
            assert not MARK.findall(line) or "<b>" not in line
