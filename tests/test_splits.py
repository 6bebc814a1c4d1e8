"""The five values of `split`."""

import json
from pathlib import Path
from typing import Any, get_args

import pytest

import building as b
from parsestrata import Chunk, Report, chunk
from parsestrata.errors import (
    MissingContentError,
    PageFailedError,
    ParseStrataWarning,
)
from parsestrata.options import Split

SPLITS = get_args(Split)

PAGES = (
    b.page(1, b.header("Head"), b.heading("Water"), b.text("Wet."), b.footer(1)),
    b.page(2, b.text("Still wet."), b.heading("Use", 2), b.text("Taps.")),
    b.page(3),
)
MARKDOWN = b.markdown(
    (1, " # Water\n\nWet.\n\n"),
    (2, "Still wet.\n\n## Use\n\nTaps."),
    (3, ""),
)


def cut(source: Any, report: Report | None = None, **options: Any) -> list[Chunk]:
    return list(chunk(source, report=report, **options))


def text_only(*texts: str) -> dict[str, Any]:
    pages = [{"page_number": n, "text": text} for n, text in enumerate(texts, 1)]
    return b.result(items=None, metadata=None, text={"pages": pages})


def test_a_page_is_its_markdown_and_knows_its_items() -> None:
    report = Report()

    pages = cut(b.result(*PAGES, markdown=MARKDOWN), report, split="page")

    assert [page.body for page in pages] == [
        "# Water\n\nWet.",
        "Still wet.\n\n## Use\n\nTaps.",
    ]
    assert [page.item_types for page in pages] == [("heading", "text")] * 1 + [
        ("text", "heading")
    ]
    assert [page.page_number for page in pages] == [1, 2]
    assert all(page.regions for page in pages)
    assert report.jobs[0].blank_pages == [3]
    assert report.jobs[0].pages == 3


def test_a_page_without_markdown_is_its_items() -> None:
    pages = cut(b.result(*PAGES), split="page")

    assert pages[0].body == "# Water\n\nWet."
    assert pages[1].body == "Still wet.\n\n## Use\n\nTaps."


def test_a_page_is_under_the_headings_it_opens_with() -> None:
    pages = cut(b.result(*PAGES), split="page")

    assert [page.heading_path for page in pages] == ["Water", "Water"]


def test_a_page_of_markdown_alone_is_one_text() -> None:
    report = Report()
    result = b.result(items=None, markdown=MARKDOWN)

    pages = cut(result, report, split="page")

    assert [page.body for page in pages] == [
        "# Water\n\nWet.",
        "Still wet.\n\n## Use\n\nTaps.",
    ]
    assert report.jobs[0].blank_pages == [3]
    report.verify()


def test_pages_of_plain_text_are_noted() -> None:
    report = Report()

    pages = cut(text_only("Water.", "  ", "Air."), report, split="page")

    assert [(page.page_number, page.body) for page in pages] == [
        (1, "Water."),
        (3, "Air."),
    ]
    assert "plain text" in report.jobs[0].notes[0]
    report.verify()


def test_page_furniture_is_in_a_page_only_when_asked_for() -> None:
    result = b.result(*PAGES)

    plain = cut(result, split="page")
    full = cut(result, split="page", include_page_furniture=True)

    assert "Head" not in plain[0].body
    assert full[0].body.startswith("Head\n\n# Water")


def test_furniture_of_markdown_comes_round_its_page() -> None:
    markdown = {
        "pages": [
            {
                "page_number": 1,
                "markdown": "Wet.",
                "header": "Head",
                "footer": "Foot",
                "success": True,
            }
        ]
    }

    [page] = cut(
        b.result(items=None, markdown=markdown),
        split="page",
        include_page_furniture=True,
    )

    assert page.body == "Head\n\nWet.\n\nFoot"


def test_a_page_that_only_the_markdown_has_is_not_lost() -> None:
    markdown = b.markdown((1, "Water."), (2, "Air."))
    report = Report()

    pages = cut(
        b.result(b.page(1, b.text("Water.")), markdown=markdown), report, split="page"
    )

    assert [(page.page_number, page.body) for page in pages] == [
        (1, "Water."),
        (2, "Air."),
    ]
    assert report.jobs[0].pages == 2
    report.verify()


@pytest.mark.parametrize(
    "bare",
    [b.page(1, b.footer(1)), b.failed_page(1), b.page(1)],
    ids=["furniture", "failed", "blank"],
)
@pytest.mark.parametrize("split", ["page", "document"])
def test_a_page_whose_text_only_the_markdown_has_is_accounted_for(
    bare: Any, split: Any
) -> None:
    report = Report()
    result = b.result(
        bare,
        b.page(2, b.text("Air."), b.footer(2)),
        b.page(3, b.text("Soil.")),
        markdown=b.markdown((1, "Water."), (2, "Air."), (3, "Soil.")),
    )

    chunks = cut(result, report, split=split, on_failed_page="skip")

    assert "\n\n".join(one.body for one in chunks) == "Water.\n\nAir.\n\nSoil."
    report.verify()
    [job] = report.jobs
    assert job.blank_pages == []
    assert sum(len(one.items) for one in chunks) + len(job.dropped) == job.items


@pytest.mark.parametrize("content", ["items", "markdown"])
def test_a_failed_page_may_have_a_placeholder(content: str) -> None:
    failed = b.failed_page(2)
    if content == "items":
        result = b.result(b.page(1, b.text("Water.")), failed)
    else:
        pages = [*b.markdown((1, "Water."))["pages"], failed]
        result = b.result(items=None, markdown={"pages": pages})

    pages = cut(result, split="page", on_failed_page="placeholder")

    assert [page.page_number for page in pages] == [1, 2]
    assert pages[1].body == "[Page 2 could not be parsed: worker timed out]"


@pytest.mark.parametrize("split", SPLITS)
def test_a_failed_page_is_told_by_every_split(split: Split) -> None:
    result = b.result(b.page(1, b.text("Water.")), b.failed_page(2))
    report = Report()

    with pytest.warns(ParseStrataWarning, match="page 2 failed"):
        cut(result, report, split=split)

    assert report.jobs[0].failed_pages == {2: "worker timed out"}
    assert cut(result, split=split, on_failed_page="skip")
    with pytest.raises(PageFailedError):
        cut(result, split=split, on_failed_page="raise")


def test_an_item_is_one_chunk_with_its_path() -> None:
    report = Report()

    items = cut(b.result(*PAGES), report, split="item")

    assert [(item.body, item.heading_path) for item in items] == [
        ("# Water", "Water"),
        ("Wet.", "Water"),
        ("Still wet.", "Water"),
        ("## Use", "Water > Use"),
        ("Taps.", "Water > Use"),
    ]
    assert [item.index for item in items] == [0, 1, 2, 3, 4]
    assert all(len(item.items) == 1 for item in items)
    assert items[1].context == "report.pdf > Water"
    report.verify()


def test_items_are_mended_when_asked_for() -> None:
    result = b.result(b.page(1, b.text("Scope", label="paragraph_title"), b.text("x")))

    items = cut(result, split="item", repair_headings=True)

    assert [item.heading_path for item in items] == ["Scope", "Scope"]


def test_pages_are_under_headings_that_were_mended() -> None:
    title = b.text("Scope", label="paragraph_title")
    result = b.result(b.page(1, title, b.text("x")), b.page(2, b.text("y")))

    pages = cut(result, split="page", repair_headings=True)

    assert [page.heading_path for page in pages] == ["Scope", "Scope"]


def test_a_document_is_all_pages_in_one() -> None:
    [whole] = cut(b.result(*PAGES, markdown=MARKDOWN), split="document")

    assert whole.body == "# Water\n\nWet.\n\nStill wet.\n\n## Use\n\nTaps."
    assert (whole.page_number, whole.page_end) == (1, 2)
    assert whole.items == (1, 2, 4, 5, 6)


def test_a_blank_document_gives_nothing_and_says_so() -> None:
    report = Report()

    assert cut(b.result(b.page(1), b.page(2)), report, split="document") == []
    assert report.jobs[0].blank_pages == [1, 2]


@pytest.mark.parametrize("split", ["chunk", "page", "item", "document"])
def test_a_result_without_pages_says_so(split: Split) -> None:
    report = Report()

    assert cut(b.result(), report, split=split) == []
    assert report.jobs[0].notes == ["the result has no pages"]


def test_a_raw_result_without_pages_is_still_one() -> None:
    data = b.dump(b.result())

    [raw] = cut(data, split="result")

    assert raw.body.encode() == data


def test_a_raw_result_is_what_was_saved(real_file: Path) -> None:
    [raw] = cut(real_file, split="result")

    assert raw.body.encode() == real_file.read_bytes()
    assert [c.body for c in cut(raw.body.encode())] == [c.body for c in cut(real_file)]


@pytest.mark.parametrize(
    "data",
    [
        b.dump(b.result(*PAGES)),
        b.dump(b.result(*PAGES, name="名前 \U0001f30a.pdf")),
        json.dumps(b.result(*PAGES), indent=2).encode(),
        b"  \n" + b.dump(b.result(*PAGES)) + b"\n\n",
    ],
    ids=["compact", "beyond ascii", "indented", "space around"],
)
def test_raw_bytes_come_back(data: bytes) -> None:
    [raw] = cut(data, split="result")

    assert raw.body.encode() == data
    assert (raw.page_number, raw.page_end) == (1, 3)


def test_a_byte_order_mark_and_a_lone_surrogate_do_no_harm() -> None:
    data = b.dump(b.result(*PAGES)).replace(b"Taps.", b"T\\ud83dps.")

    [raw] = cut(b"\xef\xbb\xbf" + data, split="result")

    assert (
        json.loads(raw.body)["items"]["pages"][1]["items"][2]["value"] == "T\ufffdps."
    )
    assert cut(raw.body.encode()) == cut(data)


@pytest.mark.parametrize("split", ["chunk", "item"])
def test_a_split_that_needs_items_names_what_to_fetch(split: Split) -> None:
    with pytest.raises(MissingContentError, match=r"expand=items.*another split"):
        cut(b.result(items=None, markdown=MARKDOWN), split=split)


@pytest.mark.parametrize("split", ["page", "document", "result"])
def test_a_split_of_nothing_names_what_to_fetch(split: Split) -> None:
    with pytest.raises(MissingContentError, match="expand=markdown,metadata"):
        cut(b.result(items=None), split=split)


@pytest.mark.parametrize("split", ["chunk", "item", "page", "document"])
def test_tables_merged_over_pages_are_in_the_report(split: Split) -> None:
    whole = b.table([["Year", "Use"], [2024, 7]], merged_from_pages=[1, 2])
    stub = b.table([["", ""]], merged_into_page=1)
    report = Report()

    chunks = cut(b.result(b.page(1, whole), b.page(2, stub)), report, split=split)

    assert [(one.page_number, one.page_end) for one in chunks] == [(1, 2)]
    assert report.jobs[0].merged_tables == {0: (1, 2)}
    assert report.jobs[0].dropped == {1: "merged_into_page"}


@pytest.mark.parametrize("split", SPLITS)
def test_every_split_numbers_its_chunks(real_file: Path, split: Split) -> None:
    chunks = cut(real_file, split=split)

    assert [one.index for one in chunks] == list(range(len(chunks)))
    assert all(one.body for one in chunks)
    assert all(one.page_number <= one.page_end for one in chunks)


def test_all_words_of_a_page_are_in_its_chunks(real_file: Path) -> None:
    pages = cut(real_file, split="page", table_format="compact")

    items = cut(real_file, split="item")

    for page in pages:
        own = [item for item in items if item.page_number == page.page_number]
        assert {position for item in own for position in item.items} == set(page.items)
