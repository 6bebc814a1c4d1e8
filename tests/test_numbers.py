"""Numbers in cells: what is one, what is none, and what may be two."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsestrata.conversion.tables.numbers import DecimalMark, read_columns, read_number

NUMBERS = [
    ("1,234", 1234, ""),
    ("1,234,567.5", 1234567.5, ""),
    ("1,23,456", 123456, ""),
    ("1\u202f234.5", 1234.5, ""),
    ("1'234", 1234, ""),
    (".5", 0.5, ""),
    ("(1,234)", -1234, ""),
    ("$ 1,234", 1234, "$"),
    ("$(1,234)", -1234, "$"),
    ("-$5", -5, "$"),
    ("US$ 5", 5, "US$"),
    ("5 €", 5, "€"),
    ("CHF 3.5", 3.5, "CHF"),
    ("12.5 %", 12.5, "%"),
    ("(12.5)%", -12.5, "%"),
    ("(12.5 %)", -12.5, "%"),
    ("\u22125", -5, ""),
    ("\u20135", -5, ""),
    ("+85%", 85, "%"),
    ("24\u00b9", 24, ""),
    ("24<sup>1,2</sup>", 24, ""),
    ("2.3*", 2.3, ""),
    ("1,234 (a)", 1234, ""),
    ("7\u2020", 7, ""),
]


@pytest.mark.parametrize(
    ("cell", "value", "unit"), NUMBERS, ids=[ascii(cell) for cell, *_ in NUMBERS]
)
def test_a_cell_that_is_a_number_is_read(cell: str, value: float, unit: str) -> None:
    number = read_number(cell)

    assert number is not None
    assert (number.value, number.unit) == (value, unit)
    assert type(number.value) is type(value)


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "007",
        "12 (3)",
        "0.5 (0.1)",
        "10\u00b2",
        "10<sup>3</sup>",
        "<5%",
        "3-4",
        "01/07-01/28",
        "1,23",
        "12,34,5",
        "1.234.567",
        "12 345",
        "5.",
        "--5",
        "+-5",
        "(-5)",
        "(5",
        "$5%",
        "$5 €",
        "1e5",
        "FY24",
        "1234567890123456",
        "$",
        "%",
        "()",
    ],
    ids=ascii,
)
def test_a_cell_that_is_none_stays_what_it_is(cell: str) -> None:
    assert read_number(cell) is None


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("1.234,5", 1234.5),
        ("1.234.567", 1234567),
        ("12 345,6", 12345.6),
        ("1.234", 1234),
        ("0,5", 0.5),
        ("(3,1 %)", -3.1),
        ("12.5", None),
        ("1,234.5", None),
    ],
    ids=ascii,
)
def test_with_a_decimal_comma_points_group_thousands(
    cell: str, value: float | None
) -> None:
    number = read_number(cell, ",")

    assert (number.value if number else None) == value


@pytest.mark.parametrize(
    ("columns", "read"),
    [
        ([["84,310", "640", "(61,480)"]], [[84310, 640, -61480]]),
        ([["1", "\u2014", "", "n/a", "4"]], [[1, None, None, None, 4]]),
        ([["1", "2.5"]], [[1.0, 2.5]]),
        ([["$ 5", "6", "$ 7"]], [[5, 6, 7]]),
        ([["$5", "\u20ac6"]], [None]),
        ([["5 %", "6 %"]], [[5, 6]]),
        ([["5 %", "6"]], [None]),
        ([["1", "see note"]], [None]),
        ([["", "\u2013"]], [None]),
        ([["*", "5"]], [None]),
        ([["0.45***", "(0.12)"]], [None]),
        ([[]], [None]),
    ],
    ids=[
        "negative in parentheses",
        "blanks",
        "one with decimals",
        "a currency now and then",
        "two currencies",
        "percent",
        "percent and others",
        "a text",
        "nothing",
        "an asterisk alone",
        "an estimate and its error",
        "no rows",
    ],
)
def test_a_column_is_numbers_when_every_cell_is(
    columns: list[list[str]], read: list[list[float] | None]
) -> None:
    made = read_columns(columns)

    assert made == read
    kinds = [{type(value) for value in column or ()} - {type(None)} for column in made]
    assert all(len(kind) <= 1 for kind in kinds)


@pytest.mark.parametrize(
    ("columns", "decimal", "read"),
    [
        ([["1.234", "2.345"]], None, [None]),
        ([["1.234", "2.345"]], ".", [[1.234, 2.345]]),
        ([["1.234", "2.345"]], ",", [[1234, 2345]]),
        ([["1.234"], ["2.5"]], None, [[1.234], [2.5]]),
        ([["1,234"], ["2,5"]], None, [None, None]),
        ([["1,234"], ["2,5"]], ",", [[1.234], [2.5]]),
        ([["1,234.5", "1,234"], ["3,4"]], None, [[1234.5, 1234.0], None]),
        ([["12,5"], ["7"]], None, [None, [7]]),
    ],
    ids=[
        "a thousand or a bit more than one",
        "a point was told",
        "a comma was told",
        "a point elsewhere",
        "a comma elsewhere",
        "a comma elsewhere was told",
        "a column that is certain of itself",
        "whole numbers are always certain",
    ],
)
def test_what_may_be_two_numbers_is_left_as_text_unless_the_mark_is_told(
    columns: list[list[str]],
    decimal: DecimalMark | None,
    read: list[list[float] | None],
) -> None:
    assert read_columns(columns, decimal) == read


@given(st.integers(-(10**14), 10**14), st.sampled_from([",", "\u00a0", "\u2019", ""]))
def test_a_number_written_with_groups_is_read_back(value: int, group: str) -> None:
    written = f"{value:,}".replace(",", group)

    number = read_number(written)

    assert number is not None
    assert number.value == value


@given(st.text(max_size=12))
def test_any_text_is_read_or_left(text: str) -> None:
    read = [read_number(text, mark) for mark in (".", ",")]

    assert all(one is None or any(c.isdigit() for c in text) for one in read)
