"""`parsestrata tables`: a list to read, and tables to work with."""

import csv
import io
import json
from pathlib import Path

import pytest

import building as b
from parsestrata import tables
from parsestrata.cli.main import main

RESULT = b.result(
    b.page(1, b.text("Table 1. Sold"), b.table([["Year", "Sold"], ["2024", "7"]])),
    b.page(2, b.heading("Zones"), b.table([["Zone", ""], ["Bay", "a, b"]])),
)


@pytest.fixture
def saved(tmp_path: Path) -> str:
    file = tmp_path / "result.json"
    file.write_bytes(b.dump(RESULT))
    return str(file)


def test_without_more_the_tables_are_listed(
    saved: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["tables", saved])

    assert code == 0
    assert capsys.readouterr().out.splitlines() == [
        "1. Table 1. Sold (p. 1, 1 row, 2 columns)",
        "2. Zones (p. 2, 1 row, 2 columns)",
    ]


def test_one_table_is_csv(saved: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["tables", saved, "--table", "2"])

    assert code == 0
    read = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert read == [["Zone", "column 2"], ["Bay", "a, b"]]


def test_all_tables_are_csv_with_a_blank_line_between(
    saved: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["tables", saved, "--format", "csv"])

    first, second = capsys.readouterr().out.split("\n\n")
    assert first == "Year,Sold\n2024,7"
    assert second.startswith("Zone,")


def test_json_has_the_metadata_the_columns_and_the_rows(
    saved: str, tmp_path: Path
) -> None:
    out = tmp_path / "tables.json"

    code = main(["tables", saved, "--format", "json", "-o", str(out)])

    written = json.loads(out.read_text(encoding="utf-8"))
    assert code == 0
    for row, table in zip(written, tables(RESULT), strict=True):
        assert row.pop("columns") == list(table.columns)
        assert row.pop("rows") == [list(cells) for cells in table.cells()]
        assert row == table.metadata


def test_markdown_has_the_titles(
    saved: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["tables", saved, "--format", "markdown"])

    printed = capsys.readouterr().out
    assert "**Table 1. Sold**\n\n| Year | Sold |\n| --- | --- |\n" in printed


@pytest.mark.parametrize("number", ["0", "3", "-1"])
def test_a_table_that_is_not_there_is_a_wrong_command_line(
    number: str, saved: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["tables", saved, "--table", number])

    assert code == 2
    assert f"--table {number}: report.pdf has tables 1-2" in capsys.readouterr().err


def test_a_document_without_tables_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "result.json"
    file.write_bytes(b.dump(b.result(b.page(1, b.text("Words.")))))

    code = main(["tables", str(file)])

    printed = capsys.readouterr()
    assert (code, printed.out) == (0, "")
    assert printed.err == "parsestrata: report.pdf has no tables\n"
