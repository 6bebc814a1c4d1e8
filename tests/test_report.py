"""Reports: the accounting of items, and what people read."""

import pickle
from pathlib import Path
from typing import get_args

import pytest

import building as b
from parsestrata import Report, chunk
from parsestrata.errors import AccountingError, ParseStrataWarning
from parsestrata.options import Split
from parsestrata.report import JobReport


def report_of(items: int) -> JobReport:
    report = JobReport("water.pdf", "pjb-1")
    for _ in range(items):
        report.count_item()
    return report


def test_items_in_chunks_and_dropped_ones_are_accounted_for() -> None:
    report = report_of(4)

    report.place([0, 1], [])
    report.drop(2, "page_footer")
    report.place([3], [])

    report.verify()
    assert report.unaccounted == ()
    assert report.dropped == {2: "page_footer"}


def test_a_lost_item_is_found() -> None:
    report = report_of(3)

    report.place([0, 2], [])

    assert report.unaccounted == (1,)
    with pytest.raises(
        AccountingError, match=r"water\.pdf: items lost: \[1\]"
    ) as caught:
        report.verify()
    assert (caught.value.lost, caught.value.doubled) == ((1,), ())


def test_an_item_in_two_chunks_is_found() -> None:
    report = report_of(2)

    report.place([0, 1], [])
    report.place([1], [])

    with pytest.raises(AccountingError, match=r"lost: none, items doubled: \[1\]"):
        report.verify()


def test_an_item_twice_in_one_chunk_is_found() -> None:
    report = report_of(1)

    report.place([0, 0], [])

    with pytest.raises(AccountingError, match=r"doubled: \[0\]"):
        report.verify()


def test_an_item_both_dropped_and_placed_is_found() -> None:
    report = report_of(2)

    report.drop(0, "empty")
    report.place([0, 1], [])

    with pytest.raises(AccountingError, match=r"doubled: \[0\]"):
        report.verify()


def test_parts_of_a_split_item_count_once() -> None:
    report = report_of(1)

    report.place([0], [])
    report.place([], [0])
    report.place([], [0])

    report.verify()
    assert report.unaccounted == ()


def test_a_part_without_its_first_is_found() -> None:
    report = report_of(1)

    report.place([], [0])

    with pytest.raises(AccountingError, match=r"lost: \[0\], items doubled: \[0\]"):
        report.verify()


def test_a_whole_report_verifies_every_document() -> None:
    good, bad = report_of(0), report_of(1)

    with pytest.raises(AccountingError, match="items lost"):
        Report([good, bad]).verify()
    Report([good]).verify()


@pytest.mark.parametrize("split", get_args(Split))
@pytest.mark.parametrize("furniture", [True, False], ids=["furniture", "none"])
def test_real_results_are_accounted_for(
    real_file: Path, split: Split, *, furniture: bool
) -> None:
    report = Report()

    chunks = list(
        chunk(real_file, split=split, include_page_furniture=furniture, report=report)
    )

    report.verify()
    [job] = report.jobs
    assert job.chunks == len(chunks)
    placed = {item for one in chunks for item in one.items}
    assert placed | set(job.dropped) == set(range(job.items))
    assert not placed & set(job.dropped)


def test_a_report_says_what_happened_in_lines() -> None:
    report = Report()
    stub = b.table([["", ""]], merged_into_page=1)
    whole = b.table([["Year", "Use"], [2024, "x" * 300]], merged_from_pages=[1, 2])
    result = b.result(
        b.page(1, b.header("Head"), b.text("Scope", label="paragraph_title"), whole),
        b.page(2, stub),
        b.page(3),
        b.failed_page(4),
    )

    with pytest.warns(ParseStrataWarning, match="page 4"):
        list(
            chunk(
                [result, b""],
                report=report,
                repair_headings=True,
                metadata_budget=100,
                on_failed_job="report",
            )
        )

    lines = str(report).splitlines()
    assert lines[0].startswith("report.pdf: 1 chunks from ")
    assert lines[0].endswith(" items on 4 pages")
    assert "  page 4 failed: worker timed out" in lines
    assert "  blank pages: 3" in lines
    assert "  items left out: 1 page_header, 1 merged_into_page" in lines
    assert "  tables merged over pages: pages 1, 2" in lines
    assert "  headings repaired: 1 promoted" in lines
    assert lines[-1].startswith("<bytes>: FAILED: ")
    assert report.failed_pages == {("report.pdf", 4): "worker timed out"}


def test_long_lists_are_cut_short_with_their_number() -> None:
    report = report_of(0)
    report.failed_pages = dict.fromkeys(range(1, 101), "timed out")
    report.blank_pages = list(range(200, 300))
    report.cut_values = [(f"id{n}", "table_csv", 5000) for n in range(50)]

    text = str(report)

    assert "and 92 more failed pages" in text
    assert "and 42 more values cut" in text
    assert "blank pages: 200, 201" in text
    assert "metadata cut: table_csv (5,000 bytes) of chunk id0" in text
    assert text.count("\n") < 30


def test_an_empty_report_says_so() -> None:
    assert str(Report()) == "nothing was loaded yet"


def test_a_report_is_filled_while_chunks_are_taken() -> None:
    report = Report()
    result = b.result(
        *[b.page(n, b.heading(f"S{n}"), b.text(b.words(200))) for n in range(1, 9)]
    )
    chunks = chunk(result, report=report)

    next(chunks)
    early = report.jobs[0].chunks
    list(chunks)

    assert early < report.jobs[0].chunks == 8


def test_a_report_survives_pickling() -> None:
    report = Report()
    list(chunk(b.result(b.page(1, b.header("x"), b.text("Water."))), report=report))

    again = pickle.loads(pickle.dumps(report))

    assert again == report
    again.verify()


def test_two_documents_of_one_name_are_noted() -> None:
    report = Report()
    result = b.result(b.page(1, b.text("Water.")))

    list(chunk([result, result], report=report))

    assert [len(job.notes) for job in report.jobs] == [0, 1]
    assert [job.namesake for job in report.jobs] == [1, 2]
    assert 'identity="job_id" or "path"' in str(report)
