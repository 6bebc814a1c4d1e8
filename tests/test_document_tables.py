"""The tables of a source, whole: caption, place, rows and the chunks they are in."""

import building as b
from parsestrata import chunk, tables

ROWS = [["Year", "Sold"], *[[str(year), str(year * 3)] for year in range(1900, 1990)]]


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


def test_a_table_merged_over_pages_comes_once() -> None:
    whole = b.table(ROWS, merged_from_pages=[1, 2])
    stub = b.table([], merged_into_page=1)

    (found,) = tables(b.result(b.page(1, whole), b.page(2, stub)))

    assert (found.page_number, found.page_end) == (1, 2)
    assert found.merged_pages == (1, 2)
