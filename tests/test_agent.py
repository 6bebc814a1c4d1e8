"""The tools over a document: what a model reads, and what it is told when it errs."""

import json
import os
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import building as b
from parsestrata import chunk
from parsestrata.agent import Answer, DocumentTools, OpenDocument, find_hits
from parsestrata.agent import tools as tools_module
from parsestrata.agent.shelf import Shelf
from parsestrata.errors import ConfigError, MissingExtraError, ToolCallError

HARBOUR = Path(__file__).resolve().parents[1] / "examples/harbour-water-2025.json"
ROWS = [["Year", "Sold", "Sold"], *[[str(y), str(y * 3), "x"] for y in range(60)]]


@pytest.fixture(scope="module")
def harbour() -> DocumentTools:
    return DocumentTools(HARBOUR)


def all_of(call: Callable[[str], Answer]) -> list[Answer]:
    answers = [call("")]
    while answers[-1].next:
        answers.append(call(answers[-1].next))
    return answers


def refusal(call: Callable[[], Any]) -> ToolCallError:
    with pytest.raises(ToolCallError) as caught:
        call()
    return caught.value


# Outline and description


def test_the_outline_tells_ids_pages_sizes_tables_and_figures(
    harbour: DocumentTools,
) -> None:
    lines = str(harbour.outline()).splitlines()

    assert lines[0].startswith("s1: Annual report 2025 (p. 1-6, ")
    assert lines[0].endswith(" above its subsections, 3 tables, 1 figure)")
    assert lines[2].startswith("  s1.2: 2 Water quality (p. 2, ")
    assert len(lines) == 5


def test_the_outline_of_a_section_begins_with_it(harbour: DocumentTools) -> None:
    lines = str(harbour.outline(3, section="Water quality")).splitlines()

    found = [re.match(r" *(s[\d.]+)", line) for line in lines]
    assert [one[1] for one in found if one] == ["s1.2", "s1.2.1", "s1.2.2"]


def test_a_section_s_size_is_that_of_what_reading_it_gives(
    harbour: DocumentTools,
) -> None:
    document = harbour.open()
    section = document.sections[3]

    read = harbour.read_section(section.id)

    told = read.text.partition("\n\nSubsections:")[0].removeprefix("[1]\n")
    assert document.facts[section.id].own_tokens == document.count(told)


def test_the_description_says_what_is_missing(harbour: DocumentTools) -> None:
    told = str(harbour.describe())

    assert "Pages: 7" in told
    assert "Tables: 3" in told
    assert "Page 5 failed: page image could not be rendered" in told
    assert "Pages without text: 7" in told


def test_a_document_without_headings_is_one_section() -> None:
    tools = DocumentTools(b.result(b.page(1, b.text("All there is."))))

    told = str(tools.outline())

    assert told.splitlines()[0] == "s0: (before the first heading) (p. 1, 4 tokens)"
    assert "no headings" in told
    assert "All there is." in str(tools.read_section("s0"))


def test_a_document_that_could_not_be_read_says_so() -> None:
    tools = DocumentTools(b.result(b.failed_page(1), b.failed_page(2)))

    assert "could be read: 2 of 2 pages failed" in str(tools.outline())
    assert "Page 2 failed: worker timed out" in str(tools.describe())
    assert "(Page 1 failed: worker timed out.)" in str(tools.read_pages(1))
    assert "no table" in str(tools.list_tables())


# Sections


SECTIONS = b.result(
    b.page(
        1,
        b.text("Before."),
        b.heading("Risk factors"),
        b.heading("Market risk", 2),
        b.text("Prices move."),
        b.heading("1.2 Credit risk", 2),
        b.text("Debtors fail."),
        b.heading("Notes"),
        b.heading("Market risk", 2),
        b.text("As above."),
    )
)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("s1.1", "s1.1"),
        ("S1.1", "s1.1"),
        ("1.2", "s1.2"),
        ("2.1", "s2.1"),
        ("risk FACTORS", "s1"),
        ("Risk factors > Market risk", "s1.1"),
        ("Notes>market risk", "s2.1"),
        ("Credit", "s1.2"),
        ("s0", "s0"),
    ],
    ids=lambda value: value.replace(" ", "-"),
)
def test_a_section_is_found_by_what_a_model_calls_it(asked: str, found: str) -> None:
    tools = DocumentTools(SECTIONS)

    assert tools.read_section(asked) == tools.read_section(found)


def test_an_unknown_section_names_the_nearest() -> None:
    tools = DocumentTools(SECTIONS)

    error = refusal(lambda: tools.read_section("Credit rsik"))

    assert error.choices[0] == "s1.2 Risk factors > 1.2 Credit risk"
    assert "no section 'Credit rsik'" in str(error)


def test_a_title_that_comes_twice_names_both() -> None:
    error = refusal(lambda: DocumentTools(SECTIONS).read_section("Market risk"))

    assert error.choices == (
        "s1.1 Risk factors > Market risk",
        "s2.1 Notes > Market risk",
    )


def test_a_section_names_its_subsections_or_reads_them() -> None:
    tools = DocumentTools(SECTIONS)

    alone, whole = (tools.read_section("s1", subsections=s) for s in (False, True))

    assert "Prices move." not in alone.text
    assert "Subsections:\ns1.1: Market risk (p. 1, " in alone.text
    assert "Prices move." in whole.text
    assert "Debtors fail." in whole.text


def test_a_text_longer_than_any_answer_comes_whole_over_its_cursors() -> None:
    long = " ".join([f"word{n}" for n in range(3000)])
    tools = DocumentTools(b.result(b.page(1, b.text(long))))

    answers = all_of(
        lambda cursor: tools.read_section("s0", cursor=cursor, max_tokens=300)
    )

    assert len(answers) > 10
    assert "".join([one.text.removeprefix("[1]\n") for one in answers]) == long


def test_a_cited_passage_has_page_path_boxes_and_chunk(harbour: DocumentTools) -> None:
    answer = harbour.read_section("s1.2.1")

    (citation,) = answer.citations
    chunks = {one.id for one in chunk(HARBOUR, on_failed_page="skip")}
    assert citation.chunk_id in chunks
    assert str(citation).endswith("p. 2, Annual report 2025 > 2 Water quality > "
                                  "2.1 Limits and results")  # fmt: skip
    assert {region.page_number for region in citation.regions} == {2}
    (written,) = answer.to_dict()["citations"]
    (box,) = written["boxes"]
    assert box[0] == 2
    assert len(box) == 5


# Pages


def test_pages_come_with_those_that_failed_or_are_blank(harbour: DocumentTools) -> None:
    told = str(harbour.read_pages(5, 7))

    assert told.startswith("(Page 5 failed: page image could not be rendered.)")
    assert "## 4 Accounts" in told
    assert "(Page 7 has no text.)" in told


def test_a_table_merged_over_pages_is_on_each_of_them(harbour: DocumentTools) -> None:
    third, fourth = (str(harbour.read_pages(page)) for page in (3, 4))

    assert "Bay North | 620" in third
    assert "Zinc Row | 1845" in fourth


@pytest.mark.parametrize(("first", "last"), [(0, 0), (8, 0), (5, 9), (4, 3)])
def test_a_page_out_of_range_says_the_range(
    harbour: DocumentTools, first: int, last: int
) -> None:
    error = refusal(lambda: harbour.read_pages(first, last))

    assert error.choices == ("pages 1 to 7",)


# Search


@pytest.mark.needs("agent")
def test_the_best_passage_comes_first_with_its_section(harbour: DocumentTools) -> None:
    answer = harbour.search("lead limits at taps", k=2)

    assert answer.text.startswith("[1]\n(s1.2.1)\n")
    assert answer.citations[0].page_number == 2


@pytest.mark.needs("agent")
def test_a_search_keeps_within_its_section(harbour: DocumentTools) -> None:
    document = harbour.open()

    hits = find_hits(document, "water", k=50, within="2 Water quality")

    assert {hit.passage.section for hit in hits} == {"s1.2", "s1.2.1", "s1.2.2"}


@pytest.mark.needs("agent")
def test_words_are_found_by_their_stems_and_japanese_by_its_characters() -> None:
    tools = DocumentTools(
        b.result(b.page(1, b.text("The mains were renewed.")), b.page(2, b.text("水資源管理")))
    )  # fmt: skip

    found = [tools.search(query).citations for query in ("renewal of a main", "水資源")]

    assert [[c.page_number for c in one] for one in found] == [[1], [2]]


@pytest.mark.needs("agent")
def test_a_search_for_what_is_not_there_says_so(harbour: DocumentTools) -> None:
    answer = harbour.search("zebra")

    assert answer.text.startswith("Nothing was found for: zebra.")
    assert answer.citations == ()


@pytest.mark.parametrize("give", ["ids", "metadata"])
def test_a_retriever_of_one_s_own_takes_the_place_of_the_search(give: str) -> None:
    chunks = list(chunk(SECTIONS, max_tokens=32, min_tokens=0))
    asked = []

    def retrieve(query: str, k: int) -> list[Any]:
        asked.append((query, k))
        found = [chunks[-1], chunks[-1]]
        return found if give == "metadata" else [one.id for one in found]

    tools = DocumentTools(
        SECTIONS, search_function=retrieve, max_tokens=32, min_tokens=0
    )
    answer = tools.search("anything", k=3)

    assert asked == [("anything", 3)]
    assert "As above." in answer.text
    assert answer.text.count("As above.") == 1


@pytest.mark.parametrize(("query", "k"), [("", 5), (" ", 5), ("a", 0), ("a", 51)])
def test_a_search_out_of_bounds_says_the_bounds(
    harbour: DocumentTools, query: str, k: int
) -> None:
    error = refusal(lambda: harbour.search(query, k))

    assert re.search("1 to 50|some words", str(error))


def test_search_without_its_package_names_the_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "bm25s", None)

    with pytest.raises(MissingExtraError, match=r"parsestrata\[agent\]"):
        DocumentTools(SECTIONS).search("water")


# Tables


def test_tables_are_listed_with_title_place_and_columns(harbour: DocumentTools) -> None:
    lines = str(harbour.list_tables()).splitlines()

    assert lines[1] == (
        "t2: Table 2. Zones of the network (p. 3-4, in s1.3, 26 rows x 6 columns: Zone, "
        "Households, Mains (km), Leaks closed, Loss 2024 (%), Loss 2025 (%))"
    )
    assert len(lines) == 3
    assert str(harbour.list_tables("Accounts")).startswith("t3: ")


def test_rows_and_columns_are_picked_by_name_and_number(harbour: DocumentTools) -> None:
    told = harbour.get_table("t2", rows="2-3", columns=("Zone", "2")).text

    assert told.splitlines()[-3:] == [
        "Zone,Households",
        "Bay South,1017",
        "Castle Hill,1414",
    ]
    assert "Rows 2 to 3 of 26" in told


@pytest.mark.parametrize(
    ("form", "row"),
    [
        ("csv", "{},{},x"),
        ("markdown", "| {} | {} | x |"),
        ("json", '{{"Year": "{}", "Sold": "{}", "Sold (2)": "x"}}'),
    ],
)
def test_every_answer_of_a_long_table_has_its_header(form: Any, row: str) -> None:
    tools = DocumentTools(b.result(b.page(1, b.table(ROWS))))

    answers = all_of(
        lambda cursor: tools.get_table("t1", format=form, cursor=cursor, max_tokens=300)
    )

    assert len(answers) > 1
    assert all("Year" in one.text and "Sold" in one.text for one in answers)
    lines = "\n".join([one.text for one in answers]).splitlines()
    rows = [row.format(y, y * 3) for y in range(60)]
    assert [line for line in lines if "x" in line] == rows


def test_columns_of_one_name_are_told_apart_in_json() -> None:
    tools = DocumentTools(b.result(b.page(1, b.table(ROWS))))

    last = tools.get_table("t1", rows="60", format="json").text.splitlines()[-1]

    assert json.loads(last) == {"Year": "59", "Sold": "177", "Sold (2)": "x"}


@pytest.mark.parametrize(
    ("call", "choice"),
    [
        ({"table": "t9"}, "t1 Table 1. Selected parameters at the tap"),
        ({"table": "t1", "rows": "7-"}, "the table's rows are 1-6"),
        ({"table": "t1", "rows": "3-2"}, "1-20"),
        ({"table": "t1", "rows": "x"}, "1-20"),
        ({"table": "t1", "columns": ("Lead",)}, "Parameter"),
        ({"table": "t1", "format": "xls"}, "csv"),
    ],
    ids=["table", "rows beyond", "rows backwards", "no rows", "column", "format"],
)
def test_a_bad_call_for_a_table_says_what_there_is(
    harbour: DocumentTools, call: dict[str, Any], choice: str
) -> None:
    error = refusal(lambda: harbour.get_table(**call))

    assert choice in str(error)


def test_a_document_without_tables_says_so() -> None:
    tools = DocumentTools(SECTIONS)

    assert str(tools.list_tables()) == "There is no table in this document."
    assert refusal(lambda: tools.get_table("t1")).choices == ("no tables",)


# Cursors and budgets


def test_a_cursor_of_another_call_is_refused(harbour: DocumentTools) -> None:
    cursor = harbour.read_section("s1.3", max_tokens=300).next

    for call in (
        lambda: harbour.read_section("s1.2", cursor=cursor),
        lambda: harbour.outline(cursor=cursor),
        lambda: harbour.read_section("s1.3", cursor="7"),
        lambda: harbour.read_section("s1.3", cursor=f"9{cursor}"),
    ):
        assert "belongs to another call" in str(refusal(call))


def test_a_cursor_fits_a_call_with_another_budget(harbour: DocumentTools) -> None:
    first = harbour.read_section("s1.3", max_tokens=300)

    rest = harbour.read_section("s1.3", cursor=first.next, max_tokens=3000)

    assert "Zinc Row" in rest.text
    assert rest.next == ""


def test_a_budget_that_is_too_small_says_the_least(harbour: DocumentTools) -> None:
    assert "at least 300" in str(refusal(lambda: harbour.outline(max_tokens=299)))
    with pytest.raises(ConfigError, match="at least 300"):
        DocumentTools(HARBOUR, answer_tokens=10)


def test_the_budget_of_the_tools_holds_where_a_call_names_none() -> None:
    tools = DocumentTools(HARBOUR, answer_tokens=300)

    assert tools.read_section("s1.3") == tools.read_section("s1.3", max_tokens=300)


# Which documents


def test_a_document_is_named_by_its_file_and_found_without_its_suffix(
    tmp_path: Path,
) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "same.json").write_bytes(HARBOUR.read_bytes())
    own = [tmp_path / "a/same.json", tmp_path / "b/same.json"]
    tools = DocumentTools([HARBOUR, *own, SECTIONS])

    names = str(tools.list_documents()).splitlines()

    assert names == [HARBOUR.name, *map(str, own), "document-4"]
    assert tools.open(HARBOUR.stem) is tools.open(HARBOUR.name)
    assert "2 documents are called 'same'" in str(refusal(lambda: tools.open("same")))


def test_a_call_must_name_one_of_several_documents() -> None:
    tools = DocumentTools([HARBOUR, SECTIONS])

    error = refusal(tools.describe)

    assert error.choices == (HARBOUR.name, "document-2")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Make a folder with two results, beside one that is no one's business."""
    root = tmp_path / "library"
    (root / "2025").mkdir(parents=True)
    (root / ".hidden").mkdir()
    for name in ("a.json", "2025/b.json", ".hidden/c.json", "notes.txt"):
        (root / name).write_bytes(HARBOUR.read_bytes())
    (tmp_path / "secret.json").write_bytes(HARBOUR.read_bytes())
    (root / "link.json").symlink_to(tmp_path / "secret.json")
    (root / "inner.json").symlink_to(root / "a.json")
    (root / "out").symlink_to(tmp_path, target_is_directory=True)
    return root


def test_a_folder_lists_what_can_be_read_below_it(library: Path) -> None:
    tools = DocumentTools(root=library)

    names = str(tools.list_documents()).splitlines()

    assert names == ["a.json", "inner.json", "2025/b.json"]
    assert "Pages: 7" in str(tools.describe("2025/b.json"))
    assert "Pages: 7" in str(tools.describe("inner.json"))


@pytest.mark.parametrize(
    "asked",
    [
        "../secret.json",
        "link.json",
        "out/secret.json",
        "2025/../../secret.json",
        "/etc/passwd",
        "notes.txt",
        "..",
        "a.json\0",
        "x" * 5000,
        "-",
    ],
    ids=["up", "link", "linked folder", "up again", "root", "no document", "dots",
         "zero byte", "very long", "standard input"],
)  # fmt: skip
def test_nothing_outside_the_folder_is_read(library: Path, asked: str) -> None:
    tools = DocumentTools(root=library)

    error = refusal(lambda: tools.describe(asked))

    assert "no document" in str(error)


def test_a_file_that_was_swapped_for_a_link_is_not_followed(library: Path) -> None:
    tools = DocumentTools(root=library)
    tools.describe("a.json")
    (library / "a.json").unlink()
    (library / "a.json").symlink_to(library.parent / "secret.json")

    assert "no document" in str(refusal(lambda: tools.describe("a.json")))


def test_nothing_to_read_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no document was given"):
        DocumentTools([])
    with pytest.raises(ConfigError, match="is no folder"):
        DocumentTools(root=tmp_path / "none")
    assert str(DocumentTools(root=tmp_path).list_documents()) == (
        "There are no documents."
    )


# What is kept open


class CountedOpenings:
    """Counts how often a document is opened."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.number = 0

        def open_counted(*arguments: Any) -> OpenDocument:
            self.number += 1
            return OpenDocument(*arguments)

        monkeypatch.setattr(tools_module, "OpenDocument", open_counted)


def test_twenty_calls_from_twenty_threads_open_a_document_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    openings = CountedOpenings(monkeypatch)
    tools = DocumentTools(HARBOUR)
    told: list[str] = []

    threads = [
        threading.Thread(target=lambda: told.append(str(tools.outline())))
        for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert openings.number == 1
    assert len(told) == 20
    assert len(set(told)) == 1


def test_a_file_that_changed_is_opened_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    openings = CountedOpenings(monkeypatch)
    path = tmp_path / "saved.json"
    path.write_bytes(HARBOUR.read_bytes())
    tools = DocumentTools(path)
    cursor = tools.read_section("s1.3", max_tokens=300).next
    path.write_bytes(b.dump(SECTIONS))
    os.utime(path, ns=(1, 1))

    told = str(tools.outline())

    assert "Risk factors" in told
    assert openings.number == 2
    assert "belongs to another" in str(
        refusal(lambda: tools.read_section("s1", cursor=cursor))
    )


def test_the_shelf_lets_go_of_what_was_not_used_longest() -> None:
    opened = {name: OpenDocument(SECTIONS, name=name) for name in "abc"}
    room = opened["a"].size * 2
    shelf = Shelf(room)
    order: list[str] = []

    def take(name: str) -> None:
        shelf.take(name, lambda: order.append(name) or opened[name])

    for name in "ababcab":
        take(name)

    assert order == ["a", "b", "c", "a", "b"]
    assert len(shelf) == 2


def test_a_document_that_cannot_be_read_is_tried_again() -> None:
    shelf = Shelf()

    def fail() -> OpenDocument:
        message = "not yet"
        raise ConfigError(message)

    for _ in range(2):
        with pytest.raises(ConfigError, match="not yet"):
            shelf.take("a", fail)

    assert len(shelf) == 0
    assert shelf.take("a", lambda: OpenDocument(SECTIONS)).name == "report.pdf"
