"""The twelve rules of chunking, each on results small enough to see through."""

import csv
import io
import uuid
from typing import Any

import pytest

from building import (
    Json,
    code,
    failed_page,
    footer,
    header,
    heading,
    image,
    listing,
    page,
    result,
    table,
    text,
    words,
)
from parsestrata import Report, chunk
from parsestrata.chunking.chunk import Chunk, contextualize
from parsestrata.chunking.tokens import approximate_tokens

ROWS = [["Year", "Sales"], *[[str(2000 + n), str(100 * n)] for n in range(60)]]


def cut(*items: Json, **options: Any) -> list[Chunk]:
    """Cut one page of items."""
    return cut_pages(page(1, *items), **options)


def cut_pages(*pages: Json, **options: Any) -> list[Chunk]:
    report = Report()
    chunks = list(chunk(result(*pages), report=report, **options))
    report.verify()
    return chunks


def report_of(*pages: Json, **options: Any) -> Report:
    report = Report()
    list(chunk(result(*pages), report=report, **options))
    return report


def bodies(chunks: list[Chunk]) -> list[str]:
    return [one.body for one in chunks]


class TestRule1NothingIsLost:
    @pytest.mark.parametrize(
        ("item", "reason"),
        [
            pytest.param(header("Annual report"), "page_header", id="page header"),
            pytest.param(footer(7), "page_footer", id="page footer"),
            pytest.param(
                {**table([]), "md": "", "merged_into_page": 1},
                "merged_into_page",
                id="stub without rows",
            ),
            pytest.param(
                {**table([[]]), "md": "", "merged_into_page": 1},
                "merged_into_page",
                id="stub with an empty row",
            ),
            pytest.param(table([["", None]]), "empty", id="table of blanks"),
            pytest.param(
                {**image(), "md": "", "caption": "", "url": ""}, "empty", id="image"
            ),
            pytest.param(text(" \n "), "empty", id="white space"),
            pytest.param(
                text("<page_number></page_number>"), "empty", id="tag without number"
            ),
            pytest.param(heading(""), "empty", id="heading without words"),
            pytest.param(listing("", ""), "empty", id="list without words"),
        ],
    )
    def test_what_is_left_out_has_its_reason(self, item: Json, reason: str) -> None:
        report = report_of(page(1, text(words(5)), item))

        assert report.jobs[0].dropped == {1: reason}

    def test_a_document_of_furniture_gives_no_chunk_and_says_why(self) -> None:
        pages = [page(n, header("Annual report"), footer(n)) for n in (1, 2)]

        report = report_of(*pages)

        assert report.jobs[0].chunks == 0
        assert sorted(report.jobs[0].dropped) == [0, 1, 2, 3]

    def test_failed_and_blank_pages_are_in_the_report(self) -> None:
        pages = [page(1, text("Here.")), failed_page(2, "out of memory"), page(3)]

        report = report_of(*pages, on_failed_page="skip")

        assert report.jobs[0].failed_pages == {2: "out of memory"}
        assert report.jobs[0].blank_pages == [3]

    def test_code_whose_value_is_empty_keeps_its_markdown(self) -> None:
        item = {**code(""), "md": "```\n" + "x = 1\n" * 60 + "```"}

        chunks = cut(item, max_tokens=32, min_tokens=0)

        assert "".join(bodies(chunks)).count("x = 1") == 60

    def test_names_of_columns_without_a_value_are_kept(self) -> None:
        names = [f"Column{n} of the very wide table" for n in range(50)]
        row = [str(n) if n % 2 else "" for n in range(50)]

        chunks = cut(table([names, row]), max_tokens=64, min_tokens=0)

        together = "\n".join(bodies(chunks))
        assert all(name in together for name in names)


class TestRule2HeadingsCut:
    def test_sections_are_apart(self) -> None:
        chunks = cut(heading("One"), text(words(150)), heading("Two"), text(words(150)))

        assert [c.heading_path for c in chunks] == ["One", "Two"]

    def test_a_section_runs_on_over_pages(self) -> None:
        chunks = cut_pages(
            page(1, heading("One"), text(words(60))), page(2, text(words(60)))
        )

        assert [(c.page_number, c.page_end) for c in chunks] == [(1, 2)]

    def test_what_stands_before_the_first_heading_has_no_path(self) -> None:
        first, second = cut(text(words(150)), heading("One"), text(words(150)))

        assert (first.heading_path, second.heading_path) == ("", "One")

    def test_pages_out_of_order_keep_the_order_of_the_answer(self) -> None:
        chunks = cut_pages(page(9, text("Nine.")), page(3, text("Three.")))

        assert bodies(chunks) == ["Nine.\n\nThree."]
        assert (chunks[0].page_number, chunks[0].page_end) == (3, 9)


class TestRule3AHeadingStandsWithWhatFollows:
    def test_its_text_opens_the_first_chunk_of_its_section(self) -> None:
        first, *more = cut(heading("Scope", 2), text(words(400)), max_tokens=128)

        assert first.body.startswith("## Scope\n\nwater")
        assert all("Scope" not in c.body for c in more)
        assert {c.heading_path for c in more} == {"Scope"}

    def test_one_with_nothing_of_its_own_joins_its_first_child(self) -> None:
        chunks = cut(heading("Part"), heading("Child", 2), text(words(150)))

        assert [c.heading_path for c in chunks] == ["Part > Child"]
        assert chunks[0].body.startswith("# Part\n\n## Child\n\nwater")

    def test_it_never_ends_a_chunk_that_has_no_room_left(self) -> None:
        chunks = cut(
            text(words(110)), heading("Next"), text(words(110)), max_tokens=120
        )

        assert [c.body.startswith("# Next") for c in chunks] == [False, True]

    def test_it_moves_with_the_table_below_it(self) -> None:
        chunks = cut(text(words(80)), heading("Sales"), table(ROWS), max_tokens=128)

        assert not any(c.body.endswith("# Sales") for c in chunks)
        assert "# Sales\n\nYear | Sales\n2000 | 0" in "\n".join(bodies(chunks))

    @pytest.mark.parametrize(
        "core", [table(ROWS), code("x = 1\n" * 200)], ids=["table", "code"]
    )
    def test_a_stack_of_long_ones_takes_a_first_part_along(self, core: Json) -> None:
        titles = [heading(words(20, f"title{n}"), n) for n in (1, 2, 3)]

        first, *_ = cut(*titles, core, max_tokens=128)

        assert first.items == (0, 1, 2, 3)

    def test_the_last_one_of_a_document_may_stand_at_its_end(self) -> None:
        chunks = cut(text(words(150)), heading("The end"))

        assert chunks[-1].body.endswith("# The end")

    def test_one_longer_than_the_cap_is_split_and_nothing_of_it_lost(self) -> None:
        chunks = cut(heading(words(100)), text("Body."), max_tokens=32, min_tokens=0)

        assert sum(c.body.count("water") for c in chunks) == 100
        assert "Body." in chunks[-1].body


class TestRule4SmallNeighboursMerge:
    def test_under_their_common_path_with_their_headings_in_the_body(self) -> None:
        chunks = cut(
            heading("Part"),
            heading("A", 2),
            text("Small."),
            heading("B", 2),
            text("Small too."),
        )

        assert [c.heading_path for c in chunks] == ["Part"]
        assert chunks[0].body == "# Part\n\n## A\n\nSmall.\n\n## B\n\nSmall too."

    def test_not_when_both_are_large_enough(self) -> None:
        chunks = cut(heading("A"), text(words(120)), heading("B"), text(words(120)))

        assert len(chunks) == 2

    def test_not_when_the_result_would_not_fit(self) -> None:
        chunks = cut(
            heading("A"), text("Small."), heading("B"), text(words(125)), max_tokens=132
        )

        assert len(chunks) == 2

    def test_never_with_min_tokens_of_0(self) -> None:
        chunks = cut(
            heading("A"), text("Small."), heading("B"), text("Small."), min_tokens=0
        )

        assert len(chunks) == 2

    def test_as_far_as_it_fits_with_min_tokens_at_the_cap(self) -> None:
        sections = [i for n in range(8) for i in (heading(f"S{n}"), text(words(30)))]

        chunks = cut(*sections, max_tokens=128, min_tokens=128)

        assert [c.body.count("#") for c in chunks] == [3, 3, 2]

    def test_with_the_neighbour_that_shares_the_deeper_path(self) -> None:
        chunks = cut(
            heading("One"),
            heading("A", 2),
            text(words(150)),
            heading("B", 2),
            text("Small."),
            heading("Two"),
            text(words(150)),
        )

        assert [c.heading_path for c in chunks] == ["One", "Two"]

    def test_a_large_section_keeps_its_path_beside_a_small_one_of_another(self) -> None:
        chunks = cut(heading("A"), text(words(60)), heading("B"), text(words(300)))

        assert [c.heading_path for c in chunks] == ["A", "B"]

    def test_a_scrap_merges_even_at_the_cost_of_a_path(self) -> None:
        chunks = cut(heading("A"), text("Tiny."), heading("B"), text(words(300)))

        assert [c.heading_path for c in chunks] == [""]

    def test_a_small_section_with_a_large_one_on_either_side_is_not_left(self) -> None:
        chunks = cut(
            heading("A"),
            text(words(300)),
            heading("B"),
            text("Small."),
            heading("C"),
            text(words(300)),
        )

        assert len(chunks) == 2


class TestRule5TheCapHolds:
    @pytest.mark.parametrize("max_tokens", [16, 17, 32, 100])
    @pytest.mark.parametrize(
        "item",
        [
            pytest.param(text(words(500)), id="words"),
            pytest.param(text("水" * 500), id="chinese"),
            pytest.param(text("x" * 5000), id="no space"),
            pytest.param(text("\U0001f30a" * 200), id="emoji"),
            pytest.param(listing(*[words(20)] * 20), id="list"),
            pytest.param(code("x = 1\n" * 200, "python"), id="code"),
            pytest.param(table(ROWS), id="table"),
            pytest.param(table([["水" * 60] * 3] * 5), id="chinese table"),
            pytest.param(table([["x" * 900] * 3] * 3), id="table of long words"),
        ],
    )
    def test_for_any_kind_of_item(self, item: Json, max_tokens: int) -> None:
        path = [heading(words(12)), heading("Second title", 2)]

        chunks = cut(*path, item, max_tokens=max_tokens, min_tokens=0)

        sizes = [approximate_tokens(contextualize(c)) for c in chunks]
        assert max(sizes) <= max_tokens

    def test_text_is_cut_between_its_paragraphs(self) -> None:
        paragraphs = [words(40, word) for word in ("one", "two", "three", "four")]

        chunks = cut(text("\n\n".join(paragraphs)), max_tokens=100)

        assert bodies(chunks) == [
            "\n\n".join(paragraphs[:2]),
            "\n\n".join(paragraphs[2:]),
        ]

    def test_a_list_is_cut_at_its_entries_and_keeps_its_nesting(self) -> None:
        nested = listing(*[words(10, "inner")] * 4)
        entries: list[str | Json] = [words(10, "outer"), nested] * 4

        chunks = cut(listing(*entries), max_tokens=64, min_tokens=0)

        lines = "\n".join(bodies(chunks)).splitlines()
        assert {line[: line.index("r")] for line in lines} == {"- oute", "  - inne"}
        assert len(lines) == 20

    def test_what_is_nested_in_an_entry_stays_with_it_where_it_fits(self) -> None:
        entries: list[str | Json] = [words(8), listing(words(8), words(8))] * 6

        chunks = cut(listing(*entries), max_tokens=64, min_tokens=0)

        assert len(chunks) > 1
        assert all(b.startswith("- water") for b in bodies(chunks))

    def test_numbers_of_an_ordered_list_go_on(self) -> None:
        chunks = cut(
            listing(*[words(10)] * 12, ordered=True), max_tokens=64, min_tokens=0
        )

        starts = [line.split()[0] for line in "\n".join(bodies(chunks)).splitlines()]
        assert starts == [f"{n}." for n in range(1, 13)]

    def test_code_is_cut_at_lines_and_its_fences_are_closed_and_opened_again(
        self,
    ) -> None:
        chunks = cut(code("total = total + 1\n" * 60, "python"), max_tokens=100)

        assert len(chunks) > 1
        for body in bodies(chunks):
            assert body.startswith("```python\ntotal = ")
            assert body.endswith("+ 1\n```")

    def test_code_with_fences_inside_gets_longer_ones(self) -> None:
        chunks = cut(code("```\nx = 1\n```\n" * 40), max_tokens=100)

        assert all(
            b.startswith("````\n") and b.endswith("\n````") for b in bodies(chunks)
        )

    def test_a_long_path_takes_a_quarter_at_most(self) -> None:
        titles = [heading(words(12, f"title{n}"), n) for n in range(1, 6)]

        chunks = cut(*titles, text(words(300)), max_tokens=128)

        assert max(approximate_tokens(c.context) for c in chunks) <= 32
        assert all(c.context.startswith("report.pdf") for c in chunks)


class TestRule6TablesAreCompactAndSplitAtRows:
    @pytest.mark.parametrize(
        ("table_format", "body"),
        [
            pytest.param("compact", "a | b\n1 | 2", id="compact"),
            pytest.param(
                "markdown", "| a | b |\n| --- | --- |\n| 1 | 2 |", id="markdown"
            ),
            pytest.param("csv", "a,b\n1,2", id="csv"),
        ],
    )
    def test_in_the_format_asked_for(self, table_format: str, body: str) -> None:
        chunks = cut(table([["a", "b"], [1, 2]]), table_format=table_format)

        assert bodies(chunks) == [body]

    def test_each_part_has_the_header_its_rows_and_its_csv(self) -> None:
        chunks = cut(table(ROWS), max_tokens=128)

        rows: list[list[str]] = []
        for one in chunks:
            head, *part = csv.reader(io.StringIO(one.tables[0].csv))
            assert one.body.startswith("Year | Sales\n")
            assert head == ROWS[0]
            assert one.tables[0].row_range == f"{len(rows) + 1}-{len(rows) + len(part)}"
            rows += part
        assert rows == ROWS[1:]
        assert [c.part for c in chunks] == list(range(1, len(chunks) + 1))

    def test_a_row_wider_than_the_cap_is_cut_at_cells_as_pairs(self) -> None:
        names = ["Country", *[f"Year {n}" for n in range(2000, 2030)]]
        row = ["Norway", *[str(n * 111) for n in range(30)]]

        chunks = cut(table([names, row]), max_tokens=64)

        assert len(chunks) > 2
        assert chunks[0].body.startswith("Country: Norway | Year 2000: 0 | ")
        assert all(c.body.startswith("Norway | Year ") for c in chunks[1:])

    @pytest.mark.parametrize(
        ("group", "starts"),
        [
            pytest.param(
                [["Town", ""], ["Men", "1"], ["Women", "2"]], {"Town"}, id="title row"
            ),
            pytest.param(
                [["Town", "Men"], ["", "Women"]], {"Town"}, id="rows without a label"
            ),
        ],
    )
    def test_no_part_begins_with_a_row_that_needs_the_one_above(
        self, group: list[list[str]], starts: set[str]
    ) -> None:
        chunks = cut(table([["Place", "Count"], *group * 30]), max_tokens=64)

        parts = [c.tables[0].csv.splitlines()[1] for c in chunks]
        ends = [c.tables[0].csv.splitlines()[-1] for c in chunks]
        assert len(chunks) > 1
        assert not any(row.startswith(",") for row in parts)
        assert not any(row == '"Town",' for row in ends)
        assert starts <= {row.split(",")[0].strip('"') for row in parts}

    @pytest.mark.parametrize(
        ("rows", "body"),
        [
            pytest.param([["only", "a header"]], "only | a header", id="header only"),
            pytest.param([["a"], ["b"]], "a\nb", id="one column"),
            pytest.param([["a", "b"], ["1"]], "a | b\n1", id="ragged"),
            pytest.param(
                [["a", None], [1, 2.5]], "a | \n1 | 2.5", id="numbers and null"
            ),
            pytest.param(
                [["Group<br/>2024", "b"], ["x\ny", "z"]],
                "Group 2024 | b\nx y | z",
                id="line breaks in cells",
            ),
        ],
    )
    def test_odd_tables(self, rows: list[list[Any]], body: str) -> None:
        assert bodies(cut(table(rows))) == [body]


class TestRule7ATableKeepsItsLead:
    def test_short_lines_above_are_said_again_in_each_part(self) -> None:
        chunks = cut(
            text(words(120)),
            text("Table 3: Sales"),
            text("(in millions)"),
            table(ROWS),
            max_tokens=160,
        )

        parts = [c for c in chunks if c.tables]
        assert len(parts) > 1
        assert all("Table 3: Sales\n\n(in millions)\n\nYear" in c.body for c in parts)
        assert [1 in c.items for c in chunks].count(True) == 1

    def test_at_most_three_of_them(self) -> None:
        lines = [text(f"Line {n}") for n in range(5)]

        chunks = cut(*lines, table(ROWS), max_tokens=128, min_tokens=0)

        assert bodies(chunks)[0].startswith("Line 0\n\nLine 1")
        assert bodies(chunks)[-1].startswith("Line 2\n\nLine 3\n\nLine 4\n\nYear")

    def test_a_false_heading_above_belongs_to_it(self) -> None:
        chunks = cut(
            heading("Sales"), heading("(in millions)"), table(ROWS), max_tokens=128
        )

        assert all("(in millions)\n\nYear | Sales" in c.body for c in chunks)

    def test_captions_above_and_below_and_its_footnote_stay(self) -> None:
        chunks = cut(
            text(words(480)),
            text("Table 1: Sales", label="caption"),
            table(ROWS[:9]),
            text("1 Restated.", label="footnote"),
            text(words(480)),
        )

        assert len(chunks) == 3
        assert chunks[1].items == (1, 2, 3)

    def test_a_footnote_on_the_next_page_is_text_of_that_page(self) -> None:
        chunks = cut_pages(
            page(1, text(words(450)), table(ROWS[:20])),
            page(2, text("1 Restated.", label="footnote"), text(words(500))),
        )

        assert not any({1, 2} <= set(c.items) for c in chunks if not c.items[0])

    def test_lead_longer_than_the_cap_is_said_once(self) -> None:
        caption = text(words(200, "caption"), label="caption")

        chunks = cut(caption, table(ROWS), max_tokens=100)

        assert sum(c.body.count("caption") for c in chunks) == 200

    def test_an_image_keeps_its_caption(self) -> None:
        chunks = cut(
            text(words(500)),
            image("Map"),
            text("Figure 1: the river.", label="caption"),
            text(words(500)),
        )

        assert [c.items for c in chunks] == [(0,), (1, 2), (3,)]

    def test_a_list_keeps_the_line_that_introduces_it(self) -> None:
        chunks = cut(
            text(words(490)),
            text("You need:"),
            listing(*[words(20)] * 5),
            max_tokens=512,
        )

        assert [c.items for c in chunks] == [(0,), (1, 2)]


class TestRule8TablesMergedAcrossPages:
    def test_span_their_pages_and_their_stubs_are_dropped(self) -> None:
        stub = {**table([]), "md": "", "merged_into_page": 1}
        pages = [
            page(1, table(ROWS[:5], merged_from_pages=[1, 2])),
            page(2, stub, text("After.")),
        ]

        chunks = cut_pages(*pages)
        report = report_of(*pages)

        assert (chunks[0].page_number, chunks[0].page_end) == (1, 2)
        assert report.jobs[0].dropped == {1: "merged_into_page"}
        assert report.jobs[0].merged_tables == {0: (1, 2)}

    def test_what_the_parser_doubts_goes_along(self) -> None:
        doubt = [{"type": "possible_merged_columns", "details": "?"}]

        chunks = cut(table(ROWS, parse_concerns=doubt), max_tokens=128)

        assert all(c.concerns == ("possible_merged_columns",) for c in chunks)


class TestRule9RunningHeadsGo:
    def test_unless_asked_for(self) -> None:
        items = (header("Annual report"), text("Body."), footer(7))

        assert bodies(cut(*items)) == ["Body."]
        assert bodies(cut(*items, include_page_furniture=True)) == [
            "Annual report\n\nBody.\n\n7"
        ]

    @pytest.mark.parametrize(
        "item",
        [
            pytest.param(text("<page_number>7</page_number> Body."), id="bare"),
            pytest.param(text("\\<page_number>7\\</page_number> Body."), id="escaped"),
            pytest.param(heading("Title <page_number>7</page_number>"), id="heading"),
            pytest.param(listing("<page_number>7</page_number>", "b"), id="list"),
            pytest.param(table([["<page_number>7</page_number>"], ["b"]]), id="cell"),
            pytest.param(code("<page_number>7</page_number>"), id="code"),
            pytest.param(
                {"type": "odd", "deep": ["<page_number>7</page_number>"]}, id="unknown"
            ),
        ],
    )
    def test_no_tag_reaches_a_text(self, item: Json) -> None:
        (one,) = cut(item)

        assert "7" in one.body
        assert "page_number" not in contextualize(one)
        assert not any("page_number" in part.csv for part in one.tables)


class TestRule10LevelsAreTheParsers:
    ITEMS = (
        heading("Results"),
        text("2.1 Sales", label="paragraph_title"),
        text(words(150)),
        heading("(in millions)"),
        text(words(150)),
    )

    def test_unless_they_are_to_be_repaired(self) -> None:
        paths = [c.heading_path for c in cut(*self.ITEMS)]

        assert paths == ["Results", "(in millions)"]

    def test_repairs_promote_and_demote_and_are_counted(self) -> None:
        chunks = cut(*self.ITEMS, repair_headings=True)
        report = report_of(page(1, *self.ITEMS), repair_headings=True)

        assert {c.heading_path for c in chunks} == {"Results > 2.1 Sales"}
        assert report.jobs[0].repairs == {"promoted": 1, "demoted": 1}

    def test_the_level_of_the_wire_is_kept(self) -> None:
        items = (heading("Report"), heading("2.3.1 Scope", 2), text(words(150)))

        chunks = cut(*items, repair_headings=True)

        assert chunks[0].headings[-1].wire_level == 2


class TestRule11IdsAreUuid5:
    PAGES = (page(1, heading("A"), text(words(900))), page(2, table(ROWS)))

    def test_the_same_input_gives_the_same_ids_each_once(self) -> None:
        one, other = cut_pages(*self.PAGES), cut_pages(*self.PAGES)

        ids = [c.id for c in one]
        assert ids == [c.id for c in other]
        assert len(set(ids)) == len(ids)
        assert all(uuid.UUID(i).version == 5 for i in ids)

    def test_equal_texts_on_one_page_have_ids_of_their_own(self) -> None:
        items = [i for _ in range(3) for i in (heading("A"), text("Same."))]

        chunks = cut(*items, min_tokens=0)

        assert len({c.id for c in chunks}) == 3

    def test_a_page_put_in_front_leaves_the_ids_of_later_pages_alone(self) -> None:
        before = cut_pages(page(2, heading("A"), text(words(150))))
        after = cut_pages(
            page(1, heading("New"), text(words(150))),
            page(2, heading("A"), text(words(150))),
        )

        assert after[-1].id == before[-1].id

    def test_another_namespace_gives_other_ids(self) -> None:
        one, other = cut(text("a")), cut(text("a"), id_namespace="tenant")

        assert one[0].id != other[0].id


class TestRule12OrderIsReadingOrder:
    def test_over_pages_and_merged_sections(self) -> None:
        pages = [
            page(n, heading(f"H{n}"), text(words(40 * n)), table(ROWS[: 20 * n]))
            for n in (1, 2, 3)
        ]

        chunks = cut_pages(*pages, max_tokens=128)

        positions = [position for c in chunks for position in c.items]
        assert positions == sorted(positions)
        assert [c.index for c in chunks] == list(range(len(chunks)))
