"""Real documents through the local engine: right answer or right error for each."""

import functools
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from llama_cloud.types import ParsingGetResponse

import parsestrata
from conftest import EXAMPLES, PDFS, SHARED, needs_pdfs
from parsestrata.errors import (
    ConfigError,
    EngineError,
    PasswordError,
    UnsupportedFileError,
)
from parsestrata.options import Options
from parsestrata.sources.local.engine import Call, count_pages, read_document
from parsestrata.sources.local.markup import letters
from parsestrata.sources.local.parsing import parse_document
from parsestrata.sources.local.result import build_result
from parsestrata.sources.local.tessdata import find_tessdata

pytestmark = pytest.mark.needs("local")

Json = dict[str, Any]
SCHEMA = SHARED / "openapi" / "parse-result-response.schema.json"
OPTIONS = Options()
LEAST_COVERED = 0.995
SHIPPED = EXAMPLES / "reportlab-userguide.pdf"
ALL_PDFS = sorted(PDFS.glob("*.pdf")) or [SHIPPED]

ANSWERS: dict[str, tuple[int, str, str]] = {
    "code_and_formula.pdf": (2, "heading", "JavaScript Code Example"),
    "debian-policy.pdf": (193, "heading", "6.5 Summary of ways maintainer scripts"),
    "embedded-link.pdf": (1, "list", "what would happen if the embedded url is"),
    "federal-register-2020-17221.pdf": (15, "heading", "Comments Invited"),
    "header-test-doc.pdf": (1, "heading", "Title"),
    "invalid-structure-one-page.pdf": (2, "heading", "About GAO"),
    "list-item-example.pdf": (2, "list", "How will the product meet market needs?"),
    "multi_page.pdf": (5, "heading", "The Evolution of the Word Processor"),
    "nics-rotated.pdf": (1, "table", "| Florida | 15,907 | 50,796 | 28,981 |"),
    "pdf2image-400p.pdf": (400, "table", "| 18 | 60-80 | Net Invest Income |"),
    "pdf_structure.pdf": (1, "table", "| Chose 1 | Truc 1 |"),
    "pypdf_multicolumn.pdf": (3, "heading", "Two-Column Document with Lorem Ipsum"),
    "reportlab-userguide.pdf": (134, "heading", "ReportLab PDF Library"),
    "senate-expenditures.pdf": (1, "table", "| BAIN, J MATTHEW |  |  | DISTRICT DIR"),
    "word365_structure.pdf": (1, "table", "| Ligne 1 | Alouette | Farfadet |"),
}
"""File -> its pages, and one item that a person sees in it: kind and words."""

ERRORS: dict[str, tuple[type[EngineError], str]] = {
    "corrupt_truncated.pdf": (UnsupportedFileError, "is damaged"),
    "corrupt_zeroed.pdf": (UnsupportedFileError, "is damaged"),
    "password.pdf": (PasswordError, "is encrypted. Give its password"),
}
SCANNED = {"ocr_test.pdf"}

each_answer = pytest.mark.parametrize("name", ANSWERS)


@functools.cache
def parse(name: str) -> Json:
    """Parse a document once for all tests, which change nothing in it."""
    path = SHIPPED if name == SHIPPED.name else PDFS / name
    if not path.is_file():
        pytest.skip(f"no file {path}")
    result: Json = json.loads(parse_document(path, OPTIONS))
    return result


def items_of(result: Json) -> Iterator[Json]:
    for page in result["items"]["pages"]:
        yield from page.get("items", ())


def shown(item: Json) -> str:
    """Return all the text that an item has in any of its fields."""
    inner = "".join(shown(one) for one in item.get("items", ()))
    cells = "".join(cell for row in item.get("rows", ()) for cell in row)
    return f"{item['md']}{item.get('value', '')}{inner}{cells}"


# All of them


@needs_pdfs
def test_the_table_names_every_pdf() -> None:
    assert {path.name for path in ALL_PDFS} == {*ANSWERS, *ERRORS, *SCANNED}


@each_answer
def test_a_document_gives_the_right_answer(name: str) -> None:
    pages, kind, words = ANSWERS[name]

    result = parse(name)

    assert [p["page_number"] for p in result["items"]["pages"]] == [
        *range(1, pages + 1)
    ]
    assert all(page["success"] for page in result["items"]["pages"])
    assert any(i["type"] == kind and words in i["md"] for i in items_of(result))


@needs_pdfs
@pytest.mark.parametrize("name", ERRORS)
def test_a_document_gives_the_right_error(name: str) -> None:
    kind, words = ERRORS[name]

    with pytest.raises(kind, match=words) as caught:
        parse_document(PDFS / name, OPTIONS)

    assert caught.value.source == str(PDFS / name)


@needs_pdfs
def test_a_scanned_page_is_a_failed_page_that_says_how_to_get_its_text() -> None:
    result = parse("ocr_test.pdf")

    (page,) = result["items"]["pages"]
    assert page["success"] is False
    assert "needs OCR" in page["error"]
    assert "ocr_languages=['eng']" in page["error"]
    assert result["text"]["pages"] == []


@needs_pdfs
def test_a_blank_page_is_blank_and_not_a_scan() -> None:
    result = parse("pdf2image-400p.pdf")

    blank = [p["page_number"] for p in result["items"]["pages"] if not p["items"]]
    assert blank == [2, 400]


@each_answer
def test_a_result_fits_the_vendor_s_schema_and_types(name: str) -> None:
    result = parse(name)

    if SCHEMA.is_file():
        schemas = json.loads(SCHEMA.read_text(encoding="utf-8"))
        root = {
            "$ref": "#/components/schemas/ParseResultResponse",
            "components": {"schemas": schemas},
        }
        jsonschema.validate(result, root)
    body = json.dumps(result)
    validated = ParsingGetResponse.model_validate_json(body, strict=True)
    assert validated.job.id == result["job"]["id"]


@needs_pdfs
def test_a_failed_page_fits_the_schema_too() -> None:
    body = json.dumps(parse("ocr_test.pdf"))

    validated = ParsingGetResponse.model_validate_json(body, strict=True)

    assert validated.items is not None
    assert validated.items.pages[0].success is False


@each_answer
def test_every_box_lies_on_its_page(name: str) -> None:
    result = parse(name)

    for page in result["items"]["pages"]:
        for item in page["items"]:
            for box in item["bbox"]:
                assert box["w"] >= 0
                assert box["h"] >= 0
                assert -1 <= box["x"] <= page["page_width"] + 1
                assert box["y"] + box["h"] <= page["page_height"] + 12


@each_answer
def test_offsets_of_a_single_box_cover_the_whole_text(name: str) -> None:
    result = parse(name)

    boxes = [(box, item) for item in items_of(result) for box in item["bbox"]]
    known = [(box, item) for box, item in boxes if "end_index" in box]
    assert all(box["start_index"] == 0 for box, _ in known)
    assert all(box["end_index"] == len(item["md"]) - 1 for box, item in known)


@each_answer
def test_every_run_of_text_is_in_some_item_of_its_page(name: str) -> None:
    path = SHIPPED if name == SHIPPED.name else PDFS / name
    if not path.is_file():
        pytest.skip(f"no file {path}")
    data = path.read_bytes()
    reading = read_document(data, Call(), count_pages(data, Call()))

    result: Json = json.loads(build_result(reading, "0" * 64, name))

    pages = {page["page_number"]: page["items"] for page in result["items"]["pages"]}
    total = found = 0
    for page, runs in zip(reading.pages, reading.runs, strict=True):
        texts = [letters(shown(item)) for item in pages[page.page_num]]
        total += len(runs)
        found += sum(any(run.letters in text for text in texts) for run in runs)
    assert total
    assert found / total >= LEAST_COVERED


@each_answer
def test_no_run_of_text_is_in_the_header_and_in_the_body(name: str) -> None:
    result = parse(name)

    for page in result["items"]["pages"]:
        frame = ("header", "footer")
        inside = [
            i for item in page["items"] if item["type"] in frame for i in item["items"]
        ]
        boxes = [
            tuple(box[side] for side in "xywh") for one in inside for box in one["bbox"]
        ]
        assert len(boxes) == len(set(boxes))


# What each kind of item is


def test_headings_have_levels_code_its_indentation_and_figures_their_names() -> None:
    result = parse(SHIPPED.name)

    kinds = {item["type"] for item in items_of(result)}
    code = [item["value"] for item in items_of(result) if item["type"] == "code"]
    levels = {item["level"] for item in items_of(result) if item["type"] == "heading"}
    assert kinds >= {"heading", "text", "list", "code", "table", "image", "header"}
    assert any("def scaletranslate(canvas):\n    from reportlab" in c for c in code)
    assert levels <= {1, 2, 3, 4, 5, 6}
    assert len(levels) >= 2


@needs_pdfs
def test_the_author_s_tags_decide_what_is_a_heading() -> None:
    found = [
        [
            (i["level"], i["value"])
            for i in items_of(parse(name))
            if i["type"] == "heading"
        ]
        for name in ("pdf_structure.pdf", "word365_structure.pdf")
    ]

    assert found == [[(1, "Titre 1"), (2, "Titre 2"), (3, "Tableau")], [(1, "Titre")]]


@needs_pdfs
def test_the_author_s_tags_nest_lists() -> None:
    (outer,) = [i for i in items_of(parse("pdf_structure.pdf")) if i["type"] == "list"]

    kinds = [item["type"] for item in outer["items"]]
    assert kinds == ["text", "text", "list", "text"]
    assert outer["ordered"]
    assert outer["items"][2]["items"][0]["value"] == "a) Énumération imbriquée"


@needs_pdfs
def test_a_paragraph_over_two_columns_has_two_boxes() -> None:
    items = items_of(parse("federal-register-2020-17221.pdf"))

    start = "The FAA invites you to participate in this rulemaking"
    (paragraph,) = [item for item in items if item["md"].startswith(start)]
    left, right = sorted(paragraph["bbox"], key=lambda box: box["x"])
    assert left["x"] + left["w"] < right["x"]
    assert left["y"] > right["y"]


@needs_pdfs
def test_a_link_stands_on_its_own_words_and_no_others() -> None:
    items = list(items_of(parse("embedded-link.pdf")))

    assert "[link](https://github.com/Unstructured-IO/unstructured)" in items[0]["md"]
    assert items[0]["value"].startswith("This is the link. This is the email.")
    assert "[broken list item group capturing](http://www.apple.com)?" in items[1]["md"]


@needs_pdfs
def test_running_heads_are_no_part_of_the_text() -> None:
    result = parse("debian-policy.pdf")

    page = result["markdown"]["pages"][14]
    assert page["header"] == "Debian Policy Manual, Release 4.6.2.0"
    assert page["footer"] == "1.4. Related documents 5"
    assert "Release 4.6.2.0" not in page["markdown"]


@needs_pdfs
def test_a_sideways_page_is_turned_before_it_is_read() -> None:
    result = parse("nics-rotated.pdf")

    (page,) = result["items"]["pages"]
    assert (page["page_width"], page["page_height"]) == (1008, 612)
    assert result["metadata"]["pages"][0]["original_orientation_angle"] == 90
    rows = [row for i in page["items"] if i["type"] == "table" for row in i["rows"]]
    assert ["Alaska", "209", "3,062", "3,209"] in [row[:4] for row in rows]


@needs_pdfs
def test_printed_page_numbers_come_along() -> None:
    pages = parse("debian-policy.pdf")["metadata"]["pages"]

    assert [page["printed_page_number"] for page in pages[1:5]] == [
        "2",
        "i",
        "ii",
        "iii",
    ]


# On to the frameworks


@pytest.mark.parametrize(
    "give", [str, Path, Path.read_bytes, lambda path: path.open("rb")]
)
def test_a_pdf_goes_wherever_a_result_goes(
    give: Callable[[Path], Any], shipped_pdf: Path
) -> None:
    report = parsestrata.Report()
    source = give(shipped_pdf)

    chunks = list(parsestrata.chunk(source, report=report))

    if hasattr(source, "close"):
        source.close()
    report.verify()
    assert report.jobs[0].pages == 134
    assert len(chunks) > 100


@pytest.mark.needs("langchain")
@pytest.mark.parametrize("split", ["chunk", "page", "item", "document", "result"])
def test_each_split_of_a_pdf_gives_documents(split: Any, shipped_pdf: Path) -> None:
    from parsestrata.langchain import LlamaParseLoader  # noqa: PLC0415 - its extra

    documents = LlamaParseLoader(shipped_pdf, split=split).load()

    assert documents
    assert all(d.metadata["source"] == shipped_pdf.name for d in documents)


@pytest.mark.needs("langchain", "llama-index")
def test_both_frameworks_cut_a_pdf_alike(shipped_pdf: Path) -> None:
    from parsestrata.langchain import LlamaParseLoader  # noqa: PLC0415 - its extra
    from parsestrata.llama_index import LlamaParseReader  # noqa: PLC0415 - its extra

    documents = LlamaParseLoader(shipped_pdf).load()

    nodes = LlamaParseReader().load_nodes(shipped_pdf)
    assert {d.id for d in documents} <= {node.node_id for node in nodes}


def test_a_pdf_on_standard_output_of_the_parser_is_a_source_again(
    shipped_pdf: Path, tmp_path: Path
) -> None:
    saved = tmp_path / "saved.json"
    saved.write_bytes(parse_document(shipped_pdf, OPTIONS))

    of_result = [chunk.id for chunk in parsestrata.chunk(saved)]

    assert of_result == [chunk.id for chunk in parsestrata.chunk(shipped_pdf)]


def test_the_demo_shows_the_shipped_pdf_and_ends_well() -> None:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "demo.py")],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )

    assert "Chapter 1 Introduction  (pp. 6-10)" in done.stdout
    assert "134 pages in" in done.stdout
    assert done.stdout.rstrip().endswith("left out with its reason: verified.")
    assert done.stderr == ""


@needs_pdfs
def test_a_scanned_page_is_read_where_language_data_are_there() -> None:
    options = Options(ocr_languages="eng")
    try:
        find_tessdata(options.ocr_languages, options.tessdata)
    except ConfigError as error:
        pytest.skip(str(error))

    result = json.loads(parse_document(PDFS / "ocr_test.pdf", options))

    words = " ".join(item["md"] for item in items_of(result))
    assert words == (
        "Docling bundles PDF document conversion to "
        "JSON and Markdown in an easy self contained package"
    )
    assert 0.5 < result["metadata"]["pages"][0]["confidence"] <= 1
