"""How pages become items, on documents of a few lines made for the purpose."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from making_pdfs import Words, heading, make_pdf
from parsestrata.sources.local.boxes import Box
from parsestrata.sources.local.engine import Call, count_pages, read_document
from parsestrata.sources.local.links import Anchor, put_link
from parsestrata.sources.local.lists import Entry, make_lists
from parsestrata.sources.local.markup import (
    escape,
    plain,
    table_csv,
    table_html,
    table_markdown,
)
from parsestrata.sources.local.result import build_result
from parsestrata.sources.local.runs import Run, regions
from parsestrata.sources.local.tags import Role, heading_level

pytestmark = pytest.mark.needs("local")

Json = dict[str, Any]
NOWHERE = Box(0, 0, 1, 1)


def read(pdf: bytes) -> Json:
    """Parse in this process; how it is done in another is tested elsewhere."""
    reading = read_document(pdf, Call(), count_pages(pdf, Call()))
    result: Json = json.loads(build_result(reading, "0" * 64, "made.pdf"))
    return result


def pages(pdf: bytes) -> list[list[Json]]:
    return [page["items"] for page in read(pdf)["items"]["pages"]]


def prose(number: int, y: float) -> list[Words]:
    """Make a paragraph of its own for each page."""
    names = ("north", "south", "east", "west", "upper", "lower")
    first = f"The {names[number]} wells were opened by the town in spring and they"
    return [
        Words(first, y),
        Words("gave clear water until the end of the year.", y + 14),
    ]


def run(text: str, box: Box, mcid: int | None = None) -> Run:
    return Run(text, box, text, 0, False, mcid, None, ())  # noqa: FBT003


def entry(
    text: str, *, left: float = 72, marker: str = "", depth: int | None = None
) -> Entry:
    return Entry(text, marker, NOWHERE, left, depth)


# Furniture


def book(count: int) -> bytes:
    return make_pdf(
        *(
            [
                Words("Water report", 40, size=9),
                Words(f"Chapter {n // 2 + 1}", 40, x=400, size=9),
                heading(f"Part {n + 1}", 130),
                *prose(n, 160),
                Words(f"- {n + 7} -", 760, x=300, size=9),
            ]
            for n in range(count)
        )
    )


def test_a_line_that_comes_back_goes_with_what_changes_beside_it() -> None:
    made = pages(book(6))

    headers = [page[0] for page in made]
    assert {item["type"] for item in headers} == {"header"}
    assert [item["md"] for item in headers][:3] == [
        "Water report Chapter 1",
        "Water report Chapter 1",
        "Water report Chapter 2",
    ]


def test_page_numbers_are_footers_and_the_rest_is_text() -> None:
    made = pages(book(6))

    assert [page[-1]["type"] for page in made] == ["footer"] * 6
    assert made[3][-1]["items"][0]["value"] == "- 10 -"
    assert [item["type"] for item in made[3][1:-1]] == ["heading", "text"]


def test_what_stands_in_a_margin_once_is_text() -> None:
    pdf = make_pdf(
        [Words("Printed for the members of the council only", 40), *prose(0, 160)],
        prose(1, 160),
        prose(2, 160),
    )

    first = pages(pdf)[0]

    assert "header" not in {item["type"] for item in first}
    assert any("members of the council" in item["md"] for item in first)


def test_markdown_pages_keep_header_and_footer_apart() -> None:
    result = read(book(6))

    page = result["markdown"]["pages"][3]
    assert page["header"] == "Water report Chapter 2"
    assert page["markdown"].startswith("#")
    assert "Water report" not in page["markdown"]


# Pages


def test_a_page_that_only_draws_needs_ocr_and_an_empty_one_does_not() -> None:
    drawing = b"0 0 0 rg 72 400 300 200 re f"

    result = read(make_pdf(prose(0, 100), drawing, b""))

    items = result["items"]["pages"]
    assert [page["success"] for page in items] == [True, False, True]
    assert "needs OCR" in items[1]["error"]
    assert items[2]["items"] == []
    assert [p["page_number"] for p in result["markdown"]["pages"]] == [1, 2, 3]
    assert [p["page_number"] for p in result["metadata"]["pages"]] == [1, 3]


@pytest.mark.parametrize("angle", [90, 270])
def test_a_page_written_sideways_is_read_upright(angle: int) -> None:
    lines = [
        Words(
            f"Line {n} of a page that lies on its side", 600, 100 + 20 * n, angle=angle
        )
        for n in range(5)
    ]

    result = read(make_pdf(lines))

    assert result["metadata"]["pages"][0]["original_orientation_angle"] in {90, 270}
    page = result["items"]["pages"][0]
    assert page["page_width"] > page["page_height"]
    text = " ".join(item["md"] for item in page["items"])
    order = sorted(range(5), key=lambda n: text.index(f"Line {n}"))
    assert order in ([0, 1, 2, 3, 4], [4, 3, 2, 1, 0])


def test_a_note_written_sideways_is_kept_at_the_end() -> None:
    note = Words("Draft of May", 500, x=590, angle=90)

    (items,) = pages(make_pdf([*prose(0, 100), note]))

    assert items[-1]["md"] == "Draft of May"


def test_more_pages_than_the_engine_s_default_are_all_there() -> None:
    count = 1003
    pdf = make_pdf(*([Words(f"Page {n} of many pages", 300)] for n in range(count)))

    result = read(pdf)

    numbers = [page["page_number"] for page in result["items"]["pages"]]
    assert numbers == list(range(1, count + 1))


# Links


def test_a_link_is_written_around_its_words() -> None:
    lines = [Words("See https://example.org/plan here", 100), *prose(1, 160)]
    pdf = make_pdf(lines, links=["https://example.org/plan(1)"])

    items = pages(pdf)[0]

    assert items[0]["type"] == "text"
    assert "](<https://example.org/plan(1)>)" in items[0]["md"]
    assert items[0]["value"] == "See https://example.org/plan here"


@pytest.mark.parametrize(
    ("markdown", "words", "linked"),
    [
        ("go to the site now", ["the", "site"], "go to [the site](u) now"),
        ("go to the si-te now", ["the", "si-", "te"], "go to [the si-te](u) now"),
        ("go to **the** site", ["the", "site"], "go to [the site](u)"),
        ("a \\*b\\* c", ["b"], "a \\*[b](u)\\* c"),
        ("an *only site* ends", ["an", "only"], "[an only](u) site ends"),
        (
            "[the site](v) and the site",
            ["the", "site"],
            "[the site](v) and [the site](u)",
        ),
        ("in 2018 he had 2", ["2"], "in 2018 he had [2](u)"),
        ("nothing of it", ["else"], None),
        ("*", ["*"], None),
    ],
    ids=[
        "plain",
        "hyphen",
        "emphasis within",
        "escapes",
        "half an emphasis",
        "a second link",
        "a whole word",
        "not there",
        "no letters",
    ],
)
def test_link_words_are_found_by_their_letters(
    markdown: str, words: list[str], linked: str | None
) -> None:
    anchor = Anchor("u", words, frozenset(), NOWHERE)

    found = put_link(markdown, anchor)

    assert found == linked


# Lists


def shape(items: Sequence[Json]) -> list[Any]:
    return [
        shape(item["items"]) if item["type"] == "list" else item["value"]
        for item in items
    ]


def test_entries_further_in_nest() -> None:
    entries = [
        entry("a", left=72),
        entry("b", left=90),
        entry("c", left=90),
        entry("d", left=108),
        entry("e", left=72),
    ]

    (made,) = make_lists(entries)

    assert shape(made["items"]) == ["a", ["b", "c", ["d"]], "e"]
    assert made["md"] == "* a\n   * b\n   * c\n      * d\n* e"


def test_markers_of_two_columns_do_not_nest() -> None:
    (made,) = make_lists([entry("a", left=72), entry("b", left=320)])

    assert shape(made["items"]) == ["a", "b"]


def test_depths_that_are_known_go_before_places() -> None:
    entries = [entry("a", depth=0), entry("b", depth=1), entry("c", depth=0)]

    (made,) = make_lists(entries)

    assert shape(made["items"]) == ["a", ["b"], "c"]


def test_a_numbered_list_keeps_its_numbers_and_ends_a_bulleted_one() -> None:
    entries = [entry("a"), entry("b", marker="3."), entry("c", marker="4.")]

    bulleted, numbered = make_lists(entries)

    assert (bulleted["ordered"], numbered["ordered"]) == (False, True)
    assert numbered["md"] == "3. b\n4. c"


# Tags


@pytest.mark.parametrize(
    ("roles", "engine", "level"),
    [
        ({}, 2, 2),
        ({1: Role(level=3)}, 1, 3),
        ({1: Role(level=1)}, 0, 1),
        ({1: Role(body=True)}, 2, 0),
        ({1: Role()}, 2, 2),
        ({9: Role(body=True)}, 2, 2),
    ],
    ids=["no tags", "its level", "promoted", "demoted", "unknown tag", "of others"],
)
def test_tags_go_before_the_engine(
    roles: dict[int, Role], engine: int, level: int
) -> None:
    runs = [run("Scope", NOWHERE, 1)]

    assert heading_level(runs, roles, engine) == level


# Boxes and texts


def test_a_column_ends_where_the_next_run_stands_above_or_beside_it() -> None:
    left = [run("x", Box(72, y, 200, 10)) for y in (600, 612, 624)]
    right = [run("x", Box(320, y, 200, 10)) for y in (100, 112)]

    found = regions([*left, *right])

    assert found == [Box(72, 600, 200, 34), Box(320, 100, 200, 22)]


def test_a_table_is_written_in_three_ways() -> None:
    rows = [["Name", "a|b"], ['say "x"', ""], ["1 < 2", "two\nlines"]]

    assert table_markdown(rows).split("\n") == [
        "| Name | a\\|b |",
        "| --- | --- |",
        '| say "x" |  |',
        "| 1 < 2 | two<br/>lines |",
    ]
    assert table_csv(rows) == '"Name","a|b"\n"say ""x""",\n"1 < 2","two\nlines"'
    assert "<td>1 &lt; 2</td><td>two<br />lines</td>" in table_html(rows)
    assert table_html(rows).startswith("<table>\n<thead>\n<tr><th>Name</th>")


@pytest.mark.parametrize(
    "text", ["a*b", "_init_", "[1]", "<p>", "back\\slash", "`code`", "plain"]
)
def test_what_is_escaped_reads_as_it_was(text: str) -> None:
    assert plain(escape(text)) == text


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("**bold** and *it*", "bold and it"),
        ("\\*literal\\*", "*literal*"),
        ("[words](https://x.org/a) go", "words go"),
        ("[words](<https://x.org/a(1)>) go", "words go"),
        ("[Docket No. 7] stays", "[Docket No. 7] stays"),
    ],
)
def test_plain_text_has_no_markup(markdown: str, text: str) -> None:
    assert plain(markdown) == text
