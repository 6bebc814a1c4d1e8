"""The table of vector stores is what the tests hold the stores to."""

from pathlib import Path

import pytest

import draw_stores

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "stores.md"
README = ROOT / "README.md"


def test_the_page_is_drawn_from_what_is_tested(request: pytest.FixtureRequest) -> None:
    drawn = draw_stores.draw_page()

    if request.config.getoption("--golden"):
        PAGE.write_text(drawn, encoding="utf-8")
        pytest.fail(f"wrote {PAGE.name}: read it, then run without --golden")
    assert PAGE.read_text(encoding="utf-8") == drawn


@pytest.mark.parametrize("path", [PAGE, README], ids=lambda path: path.name)
def test_the_table_stands_as_it_is_drawn_wherever_it_stands(path: Path) -> None:
    table = draw_stores.draw_table()
    header, _, _ = table.partition("\n")
    text = path.read_text(encoding="utf-8")

    if header not in text:
        pytest.skip(f"no table of stores in {path.name}")
    assert table in text


def test_every_store_is_in_one_row_with_both_frameworks() -> None:
    rows = draw_stores.draw_table().splitlines()[2:]

    assert len(rows) == len(draw_stores.STORES)
    assert all(row.count(" / ") == len(draw_stores.CELLS) for row in rows)
    names = [kind.name for kind in draw_stores.KINDS]
    assert len(set(names)) == len(names)
