"""What a table is made into: a selection, records, texts, frames."""

import csv
import io
import json
import pickle
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given

import building as b
from conftest import EXAMPLES, needs_real_responses
from parsestrata import DocumentTable, cite, tables
from parsestrata.chunking.metadata import KEYS
from parsestrata.errors import ConfigError, MissingExtraError
from strategies import any_results

pytestmark = pytest.mark.needs("tables")


HARBOUR = EXAMPLES / "harbour-water-2025.json"
FINANCES = [
    ["", "Note", "2025", "2024", "Change"],
    ["Charges", "3, 4", "$ 84,310", "$ 81,950", "2.9 %"],
    ["Costs<sup>1</sup>", "", "(61,480)", "(60,220)", "2.1 %"],
    ["Other<br/>income", "5", "640¹", "—", "—"],
]


def make(rows: list[list[Any]] | None = None, *around: b.Json) -> DocumentTable:
    page = b.page(4, b.heading("Accounts"), *around, b.table(rows or FINANCES))
    (found,) = tables(b.result(page))
    return found


# Names of columns


@pytest.mark.parametrize(
    ("header", "names"),
    [
        (["Year", "Sold"], ("Year", "Sold")),
        (["", "a", ""], ("column 1", "a", "column 3")),
        (["a", "a", "a"], ("a", "a (2)", "a (3)")),
        (["a", "a", "a (2)"], ("a", "a (3)", "a (2)")),
        (["column 2", ""], ("column 2", "column 2 (2)")),
        (["2025<br/>Sold", " <b>Units</b> "], ("2025 Sold", "Units")),
        (["Total<sup>2</sup>", "R&amp;D"], ("Total²", "R&D")),
    ],
    ids=["plain", "blank", "twice", "taken", "taken blank", "two rows", "tags"],
)
def test_no_two_columns_are_called_alike(
    header: list[str], names: tuple[str, ...]
) -> None:
    table = make([header, ["1"] * len(header)])

    assert table.columns == names
    assert table.to_pandas().columns.tolist() == list(names)
    assert table.to_arrow().column_names == list(names)
    assert list(table.records()[0]) == list(names)


# Selections


@pytest.mark.parametrize(
    ("asked", "numbers"),
    [
        ("1-2", (1, 2)),
        ("2", (2,)),
        ("1, 3", (1, 3)),
        ("2-99", (2, 3)),
        ("2-", (2, 3)),
        (3, (3,)),
        (range(1, 3), (1, 2)),
        ([3, 1], (3, 1)),
        (None, (1, 2, 3)),
    ],
    ids=str,
)
def test_rows_are_taken_by_number(asked: Any, numbers: tuple[int, ...]) -> None:
    table = make()

    taken = table.select(rows=asked)

    assert taken.row_numbers == numbers
    assert taken.rows == tuple(table.rows[number - 1] for number in numbers)
    assert (taken.citation, taken.title) == (table.citation, table.title)


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("2024", ("2024",)),
        (["2025", "Note"], ("2025", "Note")),
        ([1, 5], ("column 1", "Change")),
        (["note", " CHANGE "], ("Note", "Change")),
        ("column 1", ("column 1",)),
        ("4", ("2024",)),
    ],
    ids=str,
)
def test_columns_are_taken_by_name_or_number(
    asked: Any, names: tuple[str, ...]
) -> None:
    taken = make().select(columns=asked)

    assert taken.columns == names
    assert {len(row) for row in taken.rows} == {len(names)}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"columns": "Notes"}, r"did you mean 'Note'\? There are 'column 1', 'Note'"),
        ({"columns": 6}, "no column 6: There are 'column 1'"),
        ({"columns": True}, "no column True"),
        ({"columns": []}, "name one of 'column 1'"),
        ({"rows": "9"}, "rows='9': the table's rows are 1-3"),
        ({"rows": "9-"}, "the table's rows are 1-3"),
        ({"rows": 0}, "the table's rows are 1-3"),
        ({"rows": "3-1"}, 'expected "1-20"'),
        ({"rows": "all"}, 'expected "1-20"'),
        ({"rows": 1.5}, 'expected "1-20"'),
        ({"rows": ["1"]}, 'expected "1-20"'),
    ],
    ids=str,
)
def test_what_is_not_there_says_what_is(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        make().select(**asked)


def test_a_selection_of_a_selection_knows_the_rows_of_the_whole() -> None:
    table = make([["n"], *[[str(n)] for n in range(1, 100)]])

    taken = table.select("11-20").select("2-3")

    assert taken.row_numbers == (12, 13)
    assert taken.rows == (("12",), ("13",))
    assert taken.parts == table.parts
    assert taken.html == taken.csv == ""


def test_a_selection_keeps_the_parts_with_its_rows() -> None:
    rows = [["n"], *[[f"word {n}"] for n in range(1, 200)]]
    (table,) = tables(b.result(b.page(1, b.table(rows))), max_tokens=64)
    third = table.parts[2]

    taken = table.select(range(third.first_row, third.last_row + 1))

    assert taken.parts == (third,)


# Texts


def test_records_have_every_cell_on_one_line_and_without_tags() -> None:
    table = make()

    records = table.records()

    assert records[1]["column 1"] == "Costs¹"
    assert records[2]["column 1"] == "Other income"
    assert records[2]["2024"] == "—"
    assert table.rows[2][0] == "Other<br/>income"


def test_csv_is_read_back_as_it_was() -> None:
    table = make([["a", "a", ""], ["1,5", 'say "so"', "x"], ["2"]])

    read = list(csv.reader(io.StringIO(table.to_csv())))

    assert read == [
        ["a", "a (2)", "column 3"],
        ["1,5", 'say "so"', "x"],
        ["2", "", ""],
    ]


def test_markdown_has_the_header_as_printed() -> None:
    table = make([["", "a | b"], ["x<br/>y", "1"], ["z"]])

    assert table.to_markdown().splitlines() == [
        "|  | a \\| b |",
        "| --- | --- |",
        "| x y | 1 |",
        "| z |  |",
    ]


def test_html_is_the_parser_s_own_for_a_whole_table() -> None:
    table = make()

    assert table.to_html() == table.html
    assert "<th>2024</th>" in table.select(columns="2024").to_html()


def test_a_notebook_shows_the_first_rows() -> None:
    table = make([["<script>"], *[[f"row {n}."] for n in range(1, 100)]])

    shown = table._repr_html_()

    assert "row 60." in shown
    assert "row 61." not in shown
    assert "39 more rows" in shown
    assert "<script>" not in shown


def test_a_table_is_compared_and_pickled_as_a_value() -> None:
    table = make()

    assert pickle.loads(pickle.dumps(table)) == table


# Metadata


def test_metadata_are_scalars_named_as_those_of_chunks() -> None:
    table = make(None, b.text("Table 1. Income"), b.text("(in crowns)"))

    metadata = table.metadata

    assert metadata["title"] == "Table 1. Income"
    assert metadata["caption"] == "Table 1. Income\n(in crowns)"
    assert (metadata["page_number"], metadata["heading_path"]) == (4, "Accounts")
    assert {type(value) for value in metadata.values()} == {int, str}
    assert set(metadata) - set(KEYS) == {"table", "title", "caption", "note"}
    assert cite(metadata).regions == table.regions
    assert cite(table).heading_path == ("Accounts",)


# Frames


def test_a_frame_is_text_unless_numbers_are_asked_for() -> None:
    frame = make().to_pandas()

    assert frame["2025"].tolist() == ["$ 84,310", "(61,480)", "640¹"]
    assert frame["Note"].tolist() == ["3, 4", "", "5"]
    assert frame.attrs == make().metadata
    json.dumps(frame.attrs)


def test_a_frame_has_numbers_where_a_whole_column_is() -> None:
    frame = make().to_pandas(numbers=True)

    assert frame["2025"].tolist() == [84310, -61480, 640]
    assert frame["2025"].dtype == "int64"
    assert frame["2024"].tolist()[:2] == [81950, -60220]
    assert frame["2024"].isna().tolist() == [False, False, True]
    assert frame["Change"].dtype == "float64"
    assert frame["Note"].tolist() == ["3, 4", "", "5"]


def test_an_arrow_table_has_nulls_and_the_metadata() -> None:
    table = make()

    made = table.to_arrow(numbers=True)

    assert made.schema.field("2024").type == pa.int64()
    assert made.column("2024").to_pylist() == [81950, -60220, None]
    assert made.schema.field("Note").type == pa.string()
    said = {k.decode(): v.decode() for k, v in (made.schema.metadata or {}).items()}
    assert said == {key: str(value) for key, value in table.metadata.items()}


def test_a_decimal_comma_is_read_where_it_is_told() -> None:
    table = make([["kg", "Euro"], ["1.234", "1.234,50 €"], ["2.500", "0,75 €"]])

    assert table.to_pandas(numbers=True)["Euro"].tolist() == ["1.234,50 €", "0,75 €"]
    assert table.to_pandas(decimal=",")["Euro"].tolist() == [1234.5, 0.75]
    assert table.to_arrow(decimal=",").column("kg").to_pylist() == [1234, 2500]
    with pytest.raises(ConfigError, match="decimal=';'"):
        table.to_pandas(decimal=";")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "rows",
    [[["a", "b"]], [["a"], []], [["", ""], ["1"]]],
    ids=["header", "ragged", "blank"],
)
@pytest.mark.parametrize("numbers", [True, False], ids=["numbers", "text"])
def test_an_odd_table_makes_a_frame(rows: list[list[str]], numbers: bool) -> None:  # noqa: FBT001 - a parameter
    table = make(rows)

    frame, arrow = table.to_pandas(numbers=numbers), table.to_arrow(numbers=numbers)

    assert frame.shape == arrow.shape == (len(rows) - 1, len(rows[0]))


@pytest.mark.parametrize(
    ("module", "method", "extra"),
    [("pandas", "to_pandas", "tables"), ("pyarrow", "to_arrow", "tables")],
    ids=["pandas", "arrow"],
)
def test_a_package_that_is_missing_is_named_with_its_extra(
    module: str, method: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(MissingExtraError, match=rf"parsestrata\[{extra}\]"):
        getattr(make(), method)()


@pytest.mark.filterwarnings("ignore::parsestrata.ParseStrataWarning")
def test_the_accounts_of_the_example_are_numbers() -> None:
    *_, accounts = tables(HARBOUR)

    frame = accounts.to_pandas(numbers=True).set_index("column 1")

    assert frame["2025"].iloc[:-1].sum() == frame.loc["Surplus for the year", "2025"]
    assert frame["2024"].iloc[:-1].sum() == frame.loc["Surplus for the year", "2024"]


@needs_real_responses
def test_real_tables_make_frames_with_all_their_cells(real_file: Path) -> None:
    for table in tables(real_file):
        frame, numbers = table.to_pandas(), table.to_pandas(numbers=True)

        assert [tuple(row) for row in frame.itertuples(index=False)] == table.cells()
        assert frame.shape == numbers.shape == table.to_arrow(numbers=True).shape
        read = pd.read_csv(
            io.StringIO(table.to_csv()), dtype=str, keep_default_na=False
        )
        assert read.to_dict("records") == table.records()


@given(result=any_results())
def test_any_table_is_exported_with_all_its_rows(result: b.Json) -> None:
    for table in tables(result, on_failed_page="skip"):
        frame = table.to_pandas(numbers=True)

        assert frame.shape == (len(table.rows), len(table.columns))
        assert table.to_arrow(numbers=True).shape == frame.shape
        assert len(list(csv.reader(io.StringIO(table.to_csv())))) == len(frame) + 1
        assert table.select(columns=list(table.columns)).cells() == table.cells()
