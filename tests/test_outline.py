from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from building import Json, dump, failed_page, footer, heading, page, result, table, text
from parsestrata import outline
from parsestrata.api.stream import open_result
from parsestrata.document.model import Item
from parsestrata.document.outline import (
    Section,
    heading_paths,
    heading_text,
    is_false_heading,
    repair_headings,
)
from parsestrata.document.reading import read_items


def items_of(*written: Json) -> list[Item]:
    stream = open_result(dump(result(page(1, *written))))
    return [item for _, items in read_items(stream.item_pages()) for item in items]


def paths(*written: Json) -> list[str]:
    paired = heading_paths(items_of(*written))
    return [" / ".join(heading.text for heading in path) for _, path in paired]


def repaired(*written: Json) -> tuple[list[tuple[str, int]], Counter[str]]:
    """Give kind and level of each item after the repair, and the repairs."""
    counts: Counter[str] = Counter()
    items = list(repair_headings(items_of(*written), lambda n: counts.update([n])))
    return [(item.kind, item.level) for item in items], counts


def tree(sections: Sequence[Section]) -> list[object]:
    return [
        (s.heading.text, s.page_number, s.page_end, *tree(s.sections)) for s in sections
    ]


@pytest.mark.parametrize(
    "title",
    [
        "(in millions)",
        "(In thousands, except per share data)",
        "December 31, 2024",
        "Year Ended December 31, 2024 and 2023",
        "Three Months Ended June 30,",
        "2024",
        "12",
        "$ 1,250",
        "Q1 2024",
        "Unaudited",
        "As of September 30, 2024",
        "U.S. dollars in millions",
    ],
)
def test_dates_units_and_numbers_are_no_headings(title: str) -> None:
    assert is_false_heading(title)


@pytest.mark.parametrize(
    "title",
    [
        "Results of operations",
        "2.3 Scope",
        "Note 12",
        "Outlook for 2025",
        "Fiscal year",
        "Third quarter",
        "(continued below)",
        "第三章",
        "النتائج",
        "***",
        "",
        "1. Introduction",
        "Appendix A",
        "Marching orders",
        "Data",
        "(in a nutshell) Summary",
    ],
)
def test_titles_are_headings(title: str) -> None:
    assert not is_false_heading(title)


@pytest.mark.parametrize(
    ("value", "title"),
    [
        pytest.param("Sales<sup>1</sup>", "Sales", id="footnote mark"),
        pytest.param("<sup>1</sup>", "1", id="nothing but a mark"),
        pytest.param("**Bold** and `code`", "Bold and code", id="emphasis"),
        pytest.param("<u>Under</u> <b>bold</b>", "Under bold", id="tags"),
        pytest.param("Two<br/>lines", "Two lines", id="break"),
        pytest.param("Two\n\tlines ", "Two lines", id="white space"),
        pytest.param("a < b", "a < b", id="less than"),
        pytest.param("**", "**", id="nothing but emphasis"),
        pytest.param("snake_case_name", "snake_case_name", id="underscores"),
    ],
)
def test_a_title_in_a_path_is_one_plain_line(value: str, title: str) -> None:
    assert heading_text(value) == title


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        pytest.param([1, 2, 3], ["a", "a / b", "a / b / c"], id="deeper"),
        pytest.param([1, 1], ["a", "b"], id="siblings"),
        pytest.param([1, 3, 2], ["a", "a / b", "a / c"], id="skipped level"),
        pytest.param([3, 1], ["a", "b"], id="begins deep"),
        pytest.param([2, 3, 2, 1], ["a", "a / b", "c", "d"], id="back up"),
        pytest.param([1, 9, 6], ["a", "a / b", "a / c"], id="deeper than six"),
        pytest.param([1, 0, 2], ["a", "a", "a / c"], id="level zero is a text"),
    ],
)
def test_a_heading_closes_those_of_its_own_level_and_deeper(
    levels: list[int], expected: list[str]
) -> None:
    titles = [heading(t, n) for t, n in zip("abcd", levels, strict=False)]

    assert paths(*titles) == expected


@given(levels=st.lists(st.integers(0, 9), max_size=20))
def test_levels_grow_along_every_path(levels: list[int]) -> None:
    for item, path in heading_paths(items_of(*[heading("x", n) for n in levels])):
        along = [title.level for title in path]
        assert along == sorted(set(along))
        assert not item.level or along[-1] == item.level


def test_items_of_a_section_share_one_path() -> None:
    paired = list(heading_paths(items_of(heading("a"), text("1"), text("2"))))

    assert paired[1][1] is paired[2][1]


class TestRepair:
    def test_a_labelled_text_is_promoted_to_the_level_of_its_neighbours(self) -> None:
        found, counts = repaired(
            heading("One", 2), text("Two", label="paragraph_title"), text("Body")
        )

        assert found == [("heading", 2), ("heading", 2), ("text", 0)]
        assert counts == {"promoted": 1}

    def test_a_document_title_is_of_the_first_level(self) -> None:
        found, _ = repaired(heading("One", 3), text("Report", label="doc_title"))

        assert found[1] == ("heading", 1)

    @pytest.mark.parametrize(
        "words",
        [
            pytest.param("December 31, 2024", id="date"),
            pytest.param("(in millions)", id="unit"),
            pytest.param("long " * 50, id="too long"),
        ],
    )
    def test_what_is_no_title_is_not_promoted(self, words: str) -> None:
        found, counts = repaired(text(words, label="paragraph_title"))

        assert found == [("text", 0)]
        assert not counts

    def test_a_false_heading_is_demoted_and_the_true_one_stays_in_the_path(
        self,
    ) -> None:
        items = items_of(heading("Sales"), heading("(in millions)"), text("Body"))

        paired = list(heading_paths(repair_headings(items, lambda _: None)))

        assert [h.text for h in paired[-1][1]] == ["Sales"]
        assert paired[1][0].text == "(in millions)"

    @pytest.mark.parametrize(
        ("titles", "levels"),
        [
            pytest.param(
                [("1 Scope", 1), ("1.1 Terms", 1), ("2 Use", 2)],
                [1, 2, 1],
                id="no title",
            ),
            pytest.param(
                [("Manual", 1), ("1 Scope", 2), ("1.1 Terms", 2), ("1.1.1 A", 2)],
                [1, 2, 3, 4],
                id="below a title",
            ),
            pytest.param(
                [("Manual", 1), ("1 Scope", 1), ("1.1 Terms", 1)],
                [1, 1, 2],
                id="beside a title",
            ),
            pytest.param(
                [("1.2.3.4.5.6 Deep", 1), ("Chapter 2 Use", 3)], [6, 1], id="deepest"
            ),
            pytest.param(
                [("2024 Results", 2), ("3D printing", 2)], [2, 2], id="no number"
            ),
            pytest.param([("Article 4 Terms", 3)], [1], id="article"),
        ],
    )
    def test_a_numbered_heading_takes_the_level_of_its_number(
        self, titles: list[tuple[str, int]], levels: list[int]
    ) -> None:
        found, _ = repaired(*[heading(words, level) for words, level in titles])

        assert [level for _, level in found] == levels

    def test_a_promoted_title_takes_the_level_of_its_number_too(self) -> None:
        found, _ = repaired(heading("1 Scope"), text("1.1 A", label="paragraph_title"))

        assert found[1] == ("heading", 2)

    def test_the_level_of_the_wire_stays(self) -> None:
        items = items_of(heading("1 Scope", 1), heading("1.1 Terms", 1))

        *_, last = repair_headings(items, lambda _: None)

        assert (last.level, last.wire_level) == (2, 1)

    @given(levels=st.lists(st.integers(0, 9), max_size=12))
    def test_nothing_is_lost_or_moved(self, levels: list[int]) -> None:
        titles = ["1 Scope", "(in millions)", "Plain", "2.1 Terms"]
        items = items_of(*[heading(titles[n % 4], n) for n in levels])

        after = list(repair_headings(items, lambda _: None))

        assert [item.position for item in after] == [item.position for item in items]
        assert [item.plain for item in after] == [item.plain for item in items]


class TestSections:
    def test_each_knows_its_pages_and_those_below_it(self) -> None:
        pages = [
            page(1, text("Before"), heading("A"), text("x"), heading("A1", 2)),
            page(2, text("x"), footer(2)),
            page(3, heading("B"), text("x")),
        ]

        sections = outline(result(*pages))

        assert tree(sections) == [("A", 1, 2, ("A1", 1, 2)), ("B", 3, 3)]

    def test_a_merged_table_reaches_over_its_pages(self) -> None:
        merged = table([["a"], ["b"]], merged_from_pages=[1, 2, 3])

        sections = outline(result(page(1, heading("A"), merged)))

        assert tree(sections) == [("A", 1, 3)]

    def test_a_document_without_headings_has_none(self) -> None:
        assert outline(result(page(1, text("x")))) == ()

    def test_a_failed_page_is_in_no_section(self) -> None:
        answer = result(page(1, heading("A"), text("x")), failed_page(2))

        sections = outline(answer, on_failed_page="skip")

        assert tree(sections) == [("A", 1, 1)]

    @given(levels=st.lists(st.integers(1, 6), max_size=15))
    def test_the_tree_flattened_is_the_headings_in_order(
        self, levels: list[int]
    ) -> None:
        titles = [heading(f"h{n}", level) for n, level in enumerate(levels)]

        sections = outline(result(page(1, *titles)))

        assert _flat(sections) == [f"h{n}" for n in range(len(levels))]


def _flat(sections: Sequence[Section]) -> list[str]:
    return [t for s in sections for t in (s.heading.text, *_flat(s.sections))]
