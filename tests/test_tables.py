import csv
import io
from html.parser import HTMLParser

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from parsestrata.chunking.tables import (
    goes_with_row_above,
    header_pairs,
    lay_out,
    part_of,
    row_label,
    silent_columns,
)
from parsestrata.document.model import Table
from parsestrata.options import TableFormat
from strategies import any_cells, any_text

CELLS = any_cells().map(lambda cell: "" if cell is None else str(cell)) | any_text(4)
ROWS = st.integers(1, 5).flatmap(
    lambda wide: st.lists(
        st.lists(CELLS, min_size=wide, max_size=wide), min_size=1, max_size=6
    )
)
RAGGED = st.lists(st.lists(CELLS, min_size=1, max_size=5), min_size=1, max_size=6)


def make(rows: list[list[str]], **more: str) -> Table:
    return Table(
        rows=tuple(tuple(row) for row in rows),
        csv=more.get("csv", ""),
        html=more.get("html", ""),
    )


def write(table: Table, table_format: TableFormat) -> str:
    return lay_out(table, table_format).write(0, len(table.rows) - 1)


def parse(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


@given(rows=ROWS | RAGGED)
def test_the_csv_of_a_table_parses_back_to_its_rows(rows: list[list[str]]) -> None:
    assume(not any("\0" in cell for row in rows for cell in row))

    part = part_of(make(rows), 0, len(rows) - 1)

    assert parse(part.csv) == rows


@given(rows=ROWS, start=st.integers(0, 3), length=st.integers(1, 3))
def test_the_csv_of_a_part_is_the_header_and_its_rows(
    rows: list[list[str]], start: int, length: int
) -> None:
    total = len(rows) - 1
    stop = min(start + length, total)
    assume(start < stop)

    part = part_of(make(rows), start, stop)

    assert parse(part.csv) == [rows[0], *rows[start + 1 : stop + 1]]
    assert part.row_range == f"{start + 1}-{stop}"
    assert part.total_rows == total


def test_the_whole_table_keeps_the_csv_of_the_parser() -> None:
    table = make([["a"], ["b"]], csv="A\nB")

    assert part_of(table, 0, 1).csv == "A\nB"
    assert part_of(table, 0, 0).csv == '"a"'


@given(rows=ROWS)
def test_the_body_as_csv_parses_back_to_cells_on_one_line(
    rows: list[list[str]],
) -> None:
    text = write(make(rows), "csv")

    assert [_bare(row) for row in parse(text)] == [
        _bare(row) for row in rows[: len(parse(text))]
    ]


def _bare(row: list[str]) -> list[str]:
    """Cells without breaks and white space: a body has each on one line."""
    cells = [cell.replace("<br/>", "").replace("<BR>", "") for cell in row]
    cells = ["".join(cell.split()) for cell in cells]
    return cells if any(cells) else []


@given(rows=ROWS, table_format=st.sampled_from(["compact", "markdown", "csv"]))
def test_a_row_is_one_line_in_every_format_but_html(
    rows: list[list[str]], table_format: TableFormat
) -> None:
    layout = lay_out(make(rows), table_format)

    assert len(layout.rows) == len(rows) - 1
    assert all(row.count("\n") == 1 and row.endswith("\n") for row in layout.rows)


class _Cells(HTMLParser):
    """Reads the cells of a table back."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in {"td", "th"}:
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data.rstrip("\n")


def test_html_has_a_head_a_body_and_escaped_cells() -> None:
    rows = [["a & b", "<i>c</i>"], ["1 < 2", "x<sup>2</sup>"]]

    text = write(make(rows), "html")

    cells = _Cells()
    cells.feed(text)
    assert cells.rows == [["a & b", "c"], ["1 < 2", "x2"]]
    assert text == (
        "<table>\n<thead>\n<tr><th>a &amp; b</th><th><i>c</i></th></tr>\n</thead>\n"
        "<tbody>\n<tr><td>1 &lt; 2</td><td>x<sup>2</sup></td></tr>\n</tbody>\n</table>"
    )


@pytest.mark.parametrize(
    ("table_format", "text"),
    [
        pytest.param("compact", "a | b\n1,0 | x | y", id="compact"),
        pytest.param(
            "markdown", "| a | b |\n| --- | --- |\n| 1,0 | x \\| y |", id="markdown"
        ),
        pytest.param("csv", 'a,b\n"1,0",x | y', id="csv"),
    ],
)
def test_separators_within_cells(table_format: TableFormat, text: str) -> None:
    assert write(make([["a", "b"], ["1,0", "x | y"]]), table_format) == text


@pytest.mark.parametrize("table_format", ["compact", "markdown", "html", "csv"])
def test_a_table_without_rows_is_an_empty_text(table_format: TableFormat) -> None:
    assert lay_out(make([]), table_format).write(0, 0) == ""


@pytest.mark.parametrize(
    ("rows", "pairs"),
    [
        pytest.param([["a", "b"], ["1", "2"]], ["a: 1", "b: 2"], id="pairs"),
        pytest.param([["a", "b"], ["", "2"]], ["b: 2"], id="blank cell"),
        pytest.param([["", "b"], ["1", "2"]], ["1", "b: 2"], id="blank name"),
        pytest.param([["a"], ["1", "2"]], ["a: 1", "2"], id="more cells than names"),
        pytest.param([["a", "b"], ["1"]], ["a: 1"], id="more names than cells"),
        pytest.param([["a<br/>b"], ["1\n2"]], ["a b: 1 2"], id="breaks"),
    ],
)
def test_a_row_as_pairs(rows: list[list[str]], pairs: list[str]) -> None:
    assert header_pairs(make(rows), 0) == pairs


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        pytest.param([["a", "b"], ["1", ""], ["2", " "]], ["b"], id="blank column"),
        pytest.param([["a", "b"], ["1"]], ["b"], id="short rows"),
        pytest.param([["a", ""], ["1", ""]], [], id="no name either"),
        pytest.param([["a", "b"], ["", "1"], ["2", ""]], [], id="filled"),
    ],
)
def test_columns_without_a_value(rows: list[list[str]], names: list[str]) -> None:
    assert silent_columns(make(rows)) == names


@given(rows=ROWS | RAGGED)
def test_pairs_and_silent_columns_hold_every_word_of_a_table(
    rows: list[list[str]],
) -> None:
    assume(len(rows) > 1)
    table = make(rows)

    pairs = [header_pairs(table, row) for row in range(len(rows) - 1)]
    said = " ".join([*silent_columns(table), *[p for row in pairs for p in row]])

    for cell in (cell for row in rows for cell in row):
        assert set(cell.replace("<br/>", " ").split()) <= _words(said)


def _words(text: str) -> set[str]:
    words = text.split()
    return {*words, *[word.removesuffix(":") for word in words]}


@pytest.mark.parametrize(
    ("above", "row", "belongs"),
    [
        pytest.param(["Town", "1"], ["", "2"], True, id="no label"),
        pytest.param(["Education", ""], ["Primary", "2"], True, id="below a title row"),
        pytest.param(["Town", "1"], ["Village", "2"], False, id="rows of their own"),
        pytest.param(["Town", "1"], ["", ""], False, id="blank row"),
        pytest.param(["Town"], ["Village"], False, id="one column"),
    ],
)
def test_a_row_that_needs_the_one_above(
    above: list[str], row: list[str], *, belongs: bool
) -> None:
    table = make([["Place", "Count"][: len(row)], above, row])

    assert goes_with_row_above(table, 1) is belongs
    assert not goes_with_row_above(table, 0)


def test_the_label_of_a_row_is_its_first_cell() -> None:
    table = make([["a"], [" x<br/>y ", "1"], []])

    assert row_label(table, 0) == "x y"
    assert row_label(table, 1) == ""
