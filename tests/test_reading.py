from typing import Any

import pytest

from building import (
    Json,
    box,
    code,
    dump,
    failed_page,
    footer,
    heading,
    image,
    link,
    listing,
    page,
    result,
    table,
    text,
)
from parsestrata.api.stream import open_result
from parsestrata.document.model import Image, Item, Link, Page
from parsestrata.document.reading import clean_markdown, read_items


def read(*pages: Json, placeholders: bool = False) -> list[tuple[Page, list[Item]]]:
    stream = open_result(dump(result(*pages)))
    metadata = stream.metadata_pages()
    return list(read_items(stream.item_pages(), metadata, placeholders=placeholders))


def read_one(item: Json) -> Item:
    ((_, (one,)),) = read(page(1, item, place=False))
    return one


def test_positions_count_over_pages_and_furniture() -> None:
    pages = read(page(3, text("a"), footer(3)), page(1, text("b")))

    positions = [item.position for _, items in pages for item in items]
    assert positions == [0, 1, 2]
    assert [one.number for one, _ in pages] == [3, 1]


def test_items_of_a_page_share_the_page() -> None:
    ((one, items),) = read(page(1, text("a"), text("b")))

    assert all(item.page is one for item in items)
    assert (one.width, one.height, one.label, one.confidence) == (612, 792, "1", 0.97)


def test_a_failed_page_has_its_reason_and_a_placeholder_when_asked_for() -> None:
    ((bare, nothing),) = read(failed_page(2, "out of memory"))
    ((_, (item,)),) = read(failed_page(2, "out of memory"), placeholders=True)

    assert (bare.error, nothing) == ("out of memory", [])
    assert item.text == "[Page 2 could not be parsed: out of memory]"


@pytest.mark.parametrize(
    ("md", "cleaned"),
    [
        pytest.param("<page_number>7</page_number>", "7", id="tag alone"),
        pytest.param("\\<page_number>7\\</page_number>", "7", id="escaped"),
        pytest.param("p. <page\\_number>7</page\\_number>.", "p. 7.", id="underscore"),
        pytest.param("<page_number></page_number>", "", id="no number"),
        pytest.param("  a\n\n", "a", id="white space"),
        pytest.param("page_number", "page_number", id="the words alone"),
    ],
)
def test_page_number_tags_go_and_their_number_stays(md: str, cleaned: str) -> None:
    assert clean_markdown(md) == cleaned


class TestHeadings:
    def test_have_their_words_with_and_without_markdown(self) -> None:
        item = read_one(heading("Scope", 2))

        assert (item.text, item.plain, item.level) == ("## Scope", "Scope", 2)

    def test_take_their_words_from_the_markdown_without_a_value(self) -> None:
        item = read_one({**heading("Scope", 2), "value": ""})

        assert (item.plain, item.level) == ("Scope", 2)

    @pytest.mark.parametrize("md", ["", "#", "## ", "# <page_number></page_number>"])
    def test_without_words_are_empty_and_no_headings(self, md: str) -> None:
        item = read_one({**heading(""), "md": md})

        assert (item.text, item.plain, item.level) == ("", "", 0)


class TestTables:
    def test_cells_are_texts_and_blanks_are_empty(self) -> None:
        item = read_one(table([["a", None, 1, 2.5, ""]]))

        assert item.table is not None
        assert item.table.rows == (("a", "", "1", "2.5", ""),)

    def test_without_rows_keep_their_markdown(self) -> None:
        item = read_one({**table([["a"], ["b"]]), "rows": []})

        assert (item.table, item.text) == (None, "| a |\n| --- |\n| b |")

    def test_doubts_are_named_once(self) -> None:
        doubt = {"type": "odd", "details": "?"}

        item = read_one(table([["a"]], parse_concerns=[doubt, doubt]))

        assert item.table is not None
        assert item.table.concerns == ("odd",)

    @pytest.mark.parametrize("rows", [[], [[]], [[""]]])
    def test_a_stub_knows_where_the_whole_table_stands(self, rows: list[Any]) -> None:
        item = read_one({**table(rows), "md": "", "merged_into_page": 4})

        assert item.merged_into_page == 4


class TestLists:
    def test_are_flattened_with_depth_and_marker(self) -> None:
        item = read_one(listing("a", listing("b", "c"), "d", ordered=True))

        found = [(e.text, e.depth, e.marker) for e in item.entries]
        assert found == [("a", 0, "1."), ("b", 1, "-"), ("c", 1, "-"), ("d", 0, "2.")]

    def test_begin_at_their_own_number(self) -> None:
        item = read_one({**listing("c", "d", ordered=True), "md": "3. c\n4. d"})

        assert [entry.marker for entry in item.entries] == ["3.", "4."]

    def test_entries_without_words_leave_their_number_out(self) -> None:
        item = read_one(listing("a", "", "c", ordered=True))

        assert [(e.marker, e.text) for e in item.entries] == [("1.", "a"), ("3.", "c")]

    def test_of_nothing_but_markdown_keep_it(self) -> None:
        item = read_one({**listing(), "md": "* a"})

        assert (item.text, item.entries) == ("* a", ())

    def test_thirty_levels_deep_are_read(self) -> None:
        nested = listing("bottom")
        for _ in range(29):
            nested = listing(nested)

        item = read_one(nested)

        assert [(e.text, e.depth) for e in item.entries] == [("bottom", 29)]


class TestImagesAndLinks:
    def test_an_image_has_its_file_and_caption(self) -> None:
        item = read_one(image("Map", "page_1_image_1_v2.jpg"))

        name, region = "page_1_image_1_v2.jpg", item.regions[0]
        assert item.images == (Image(file_name=name, caption="Map", region=region),)

    @pytest.mark.parametrize("url", ["image", "image_url_placeholder"])
    def test_a_placeholder_is_no_file(self, url: str) -> None:
        item = read_one(image("Map", url))

        region = item.regions[0]
        assert item.images == (Image(file_name="", caption="Map", region=region),)

    def test_an_image_of_several_boxes_has_the_one_around_those_of_a_page(self) -> None:
        boxes = [box(100, x=72, w=50), box(140, x=200, w=60, h=30)]
        (one,) = read_one({**image("Map"), "bbox": boxes}).images

        assert one.region is not None
        frame = one.region.x, one.region.y, one.region.width, one.region.height
        assert frame == (72, 100, 188, 70)

    def test_an_image_without_a_box_has_no_region(self) -> None:
        (one,) = read_one({**image("Map"), "bbox": None}).images

        assert one.region is None

    def test_an_image_of_nothing_is_none(self) -> None:
        item = read_one({**image(), "md": "", "caption": "", "url": ""})

        assert (item.images, item.text) == ((), "")

    def test_a_link_has_its_words_and_target(self) -> None:
        item = read_one(link("site", "https://a.example/b_(c)"))

        assert item.links == (Link(text="site", url="https://a.example/b_(c)"),)

    def test_links_and_images_within_a_text_are_found(self) -> None:
        item = read_one(text("See [a](https://a.example/x_(y)) and ![b](c.png)."))

        assert item.links == (Link(text="a", url="https://a.example/x_(y)"),)
        region = item.regions[0]
        assert item.images == (Image(file_name="c.png", caption="b", region=region),)


class TestCode:
    def test_has_its_source_without_fences(self) -> None:
        item = read_one(code("\n  x = 1\n", "python"))

        assert (item.plain, item.language) == ("  x = 1", "python")

    def test_without_a_language_has_none(self) -> None:
        assert read_one(code("x")).language == ""


class TestUnknownKinds:
    @pytest.mark.parametrize(
        ("item", "words"),
        [
            pytest.param({"type": "formula", "md": "$x$"}, "$x$", id="markdown"),
            pytest.param({"type": "formula", "value": "x"}, "x", id="value"),
            pytest.param(
                {"type": "heading", "md": "# A", "level": "1"}, "# A", id="odd"
            ),
            pytest.param({"type": "x", "a": [1]}, '{"a": [1]}', id="anything else"),
            pytest.param({"type": "x", "bbox": [box()]}, "", id="nothing"),
            pytest.param({"type": None}, "", id="no kind"),
        ],
    )
    def test_keep_their_text(self, item: Json, words: str) -> None:
        one = read_one(item)

        assert (one.kind, one.text) == ("unknown", words)

    def test_keep_boxes_that_are_boxes(self) -> None:
        one = read_one({"type": "x", "md": "x", "bbox": [box(label="seal"), "no", {}]})

        assert [region.y for region in one.regions] == [100]
        assert one.label == "seal"


def test_the_lowest_confidence_of_the_boxes_counts() -> None:
    boxes = [box(confidence=0.9), box(confidence=0.4), {**box(), "confidence": None}]

    assert read_one({**text("a"), "bbox": boxes}).confidence == 0.4


@pytest.mark.parametrize("boxes", [None, []])
def test_an_item_without_boxes_has_no_regions(boxes: list[Any] | None) -> None:
    item = read_one({**text("a"), "bbox": boxes})

    assert (item.regions, item.label, item.confidence) == ((), "", 0.0)
