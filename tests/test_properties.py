"""What holds for any result: the rules that can be stated without an example."""

import csv
import io
import json
import uuid
from collections import Counter
from collections.abc import Iterator
from itertools import groupby, pairwise
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from building import Json, dump
from parsestrata.api.stream import open_result
from parsestrata.chunking.chunk import context_line, contextualize
from parsestrata.chunking.metadata import (
    KEYS,
    Provenance,
    to_flat,
    to_metadata,
    to_rich,
)
from parsestrata.chunking.pieces import Writer
from parsestrata.chunking.tokens import resolve_counter
from parsestrata.conversion.conversion import Conversion
from parsestrata.document.model import Heading, Item
from parsestrata.document.outline import heading_paths
from parsestrata.options import Options
from strategies import (
    MARK,
    any_options,
    any_results,
    count_words,
    marks_by_position,
)

SCRAP = 30
"""Tokens below which a chunk merges even at the cost of a path."""

Values = dict[str, Any]
Path = tuple[Heading, ...]


class Run:
    """One result chunked, and its items as the chunker saw them."""

    def __init__(self, answer: Json, values: Values) -> None:
        self.answer = answer
        self.options = Options(**values)
        self.count = resolve_counter(self.options.count_tokens)
        conversion = Conversion(open_result(dump(answer), "saved.json"), self.options)
        self.chunks = list(conversion.chunks())
        self.report = conversion.report

    def kept(self) -> Iterator[tuple[Item, Path]]:
        """Yield the items that are in chunks, repaired, with their paths."""
        again = Conversion(open_result(dump(self.answer), "saved.json"), self.options)
        items = [i for i in again.items() if i.position not in self.report.dropped]
        return heading_paths(again.repaired(items))

    def marks(self) -> Iterator[tuple[int, Json, list[str]]]:
        """Yield position, item and marks of each item of the answer."""
        placeholders = self.options.on_failed_page == "placeholder"
        return marks_by_position(self.answer, placeholders=placeholders)

    def bodies(self, position: int) -> str:
        """Join the bodies of the chunks that list an item."""
        return "\n\n".join([c.body for c in self.chunks if position in c.items])


runs = st.builds(Run, any_results(), any_options())


# Rule 1


@given(run=runs)
def test_no_item_is_lost_or_doubled_by_the_report(run: Run) -> None:
    run.report.verify()

    listed = {position for chunk in run.chunks for position in chunk.items}
    assert listed | set(run.report.dropped) == set(range(run.report.items))
    assert not listed & set(run.report.dropped)


@given(run=runs)
def test_every_text_of_the_wire_is_in_a_chunk_that_lists_it(run: Run) -> None:
    for position, item, marks in run.marks():
        if position in run.report.dropped or _may_tear_marks(run, item):
            continue
        bodies = run.bodies(position)
        bodies = "".join(bodies.split())

        assert set(marks) <= set(MARK.findall(bodies))


@given(run=runs)
def test_what_is_dropped_holds_no_text_but_page_furniture(run: Run) -> None:
    for position, _, marks in run.marks():
        reason = run.report.dropped.get(position)

        assert reason is None or not marks or reason in {"page_header", "page_footer"}


@given(run=runs)
def test_nothing_is_said_twice_but_what_the_parts_of_a_table_repeat(run: Run) -> None:
    times = Counter(mark for chunk in run.chunks for mark in MARK.findall(chunk.body))
    splits = [chunk.items for chunk in run.chunks if chunk.parts > 1]
    tables = {
        position for position, item, _ in run.marks() if item.get("type") == "table"
    }
    near = {
        position + step
        for items in splits
        for position in tables & set(items)
        for step in range(-30, 31)
    }

    for position, _, marks in run.marks():
        if position not in near | tables:
            assert all(times[mark] <= 1 for mark in marks)


@given(run=runs)
def test_a_cell_below_the_header_stands_in_one_part_only(run: Run) -> None:
    times = Counter(mark for chunk in run.chunks for mark in MARK.findall(chunk.body))

    for position, item, _ in run.marks():
        if item.get("type") == "table" and position not in run.report.dropped:
            for row in item["rows"][1:]:
                marks = [m for cell in row[1:] for m in MARK.findall(str(cell))]
                assert all(times[mark] <= 1 for mark in marks)


def _may_tear_marks(run: Run, item: Json) -> bool:
    """A counter of characters cuts words where a frame comes in between."""
    framed = item.get("type") in {"table", "code"}
    return framed and run.count(" ".join(["id10x"] * 2)) > 8


# Rules 2, 3 and 4


@given(run=runs)
def test_sections_share_a_chunk_only_where_one_of_them_is_small(run: Run) -> None:
    assume(run.options.count_tokens in {None, count_words})
    writer = Writer(run.count, run.options.table_format)
    items = {item.position: (item, path) for item, path in run.kept()}

    for chunk in run.chunks:
        sections = _sections([items[position] for position in chunk.items])
        sizes = [sum(writer.write(i).tokens for i in part) for part, _ in sections]
        if chunk.parts == 1:
            small = run.options.min_tokens
            assert all(min(pair) < small for pair in pairwise(sizes))


@given(run=runs)
def test_no_small_chunk_is_left_next_to_one_it_would_fit_with(run: Run) -> None:
    assume(run.options.count_tokens in {None, count_words})
    options = run.options

    for one, other in pairwise(run.chunks):
        path = _common([one.headings, other.headings])
        line = context_line(
            one.origin.file_name, path, options.context, options.max_tokens, run.count
        )
        sizes = [run.count(each.body) for each in (one, other)]
        slack = len(one.items) + len(other.items)
        room = options.max_tokens - run.count(f"{line}\n\n") - slack
        a_path_is_worth_more = (
            not path
            and (one.headings or other.headings)
            and min(sizes) + slack >= SCRAP
            and max(sizes) + slack >= options.min_tokens
        )
        apart = (
            min(sizes) >= options.min_tokens
            or sum(sizes) > room
            or a_path_is_worth_more
        )
        assert apart or (one.parts > 1 and other.parts > 1)


@given(run=runs)
def test_the_path_of_a_chunk_is_what_its_sections_have_in_common(run: Run) -> None:
    items = {item.position: (item, path) for item, path in run.kept()}

    for chunk in run.chunks:
        if all(items[position][0].level for position in chunk.items):
            continue
        sections = _sections([items[position] for position in chunk.items])
        assert chunk.headings == _common([path for _, path in sections])


@given(run=runs)
def test_no_heading_ends_a_chunk_unless_the_document_ends_there(run: Run) -> None:
    items = [item for item, _ in run.kept()]
    levels = {item.position: item.level for item in items}
    end = max((item.position for item in items if not item.level), default=-1)
    stacks = [
        run.count("\n\n".join([item.text for item in stack]))
        for is_heading, stack in groupby(items, key=lambda item: item.level > 0)
        if is_heading
    ]
    assume(max(stacks, default=0) <= run.options.max_tokens // 4)

    for chunk in run.chunks:
        last = chunk.items[-1]
        assert not levels[last] or last > end


def _sections(paired: list[tuple[Item, Path]]) -> list[tuple[list[Item], Path]]:
    """Group the items of a chunk by section; a heading goes with what follows."""
    sections: list[tuple[list[Item], Path]] = []
    heads: list[Item] = []
    for item, path in paired:
        if item.level:
            heads.append(item)
            continue
        if sections and sections[-1][1] is path:
            sections[-1][0].append(item)
        else:
            sections.append(([*heads, item], path))
        heads = []
    if heads:
        sections.append((heads, paired[-1][1]))
    return sections


def _common(paths: list[Path]) -> Path:
    shared = 0
    for headings in zip(*paths, strict=False):
        if len({(heading.text, heading.level) for heading in headings}) > 1:
            break
        shared += 1
    return paths[0][:shared]


# Rule 5


@given(run=runs)
def test_no_chunk_is_above_the_cap_or_empty(run: Run) -> None:
    for chunk in run.chunks:
        assert run.count(contextualize(chunk)) <= run.options.max_tokens
        assert chunk.body == chunk.body.strip("\n").rstrip() != ""


@given(run=runs)
def test_the_context_is_one_line_and_a_quarter_of_the_cap_at_most(run: Run) -> None:
    for chunk in run.chunks:
        assert "\n" not in chunk.context
        assert run.count(chunk.context) <= max(
            run.options.max_tokens // 4, run.count("")
        )


# Rule 6


@given(run=runs)
def test_the_parts_of_a_table_cover_its_rows_once_and_in_order(run: Run) -> None:
    tables = {i.position: i for i, _ in run.kept() if i.table is not None}
    parts = [(c, part) for c in run.chunks for part in c.tables]
    position_of = _positions_of_tables(run, set(tables))

    for position, item in tables.items():
        spans = [
            part
            for (_, part), owner in zip(parts, position_of, strict=True)
            if owner == position
        ]
        total = len(item.table.rows) - 1
        assert spans
        assert all(part.total_rows == total for part in spans)
        covered = [(p.first_row, p.last_row) for p in spans if p.last_row]
        assert _covers(covered, total)


def _positions_of_tables(run: Run, tables: set[int]) -> list[int]:
    """Name the table of each part, in the order in which the chunks list them."""
    return [p for chunk in run.chunks for p in chunk.items if p in tables]


def _covers(spans: list[tuple[int, int]], total: int) -> bool:
    """Say whether spans follow each other; a split row may stand in several."""
    if not spans:
        return total == 0
    follows = all(b[0] in {a[1], a[1] + 1} for a, b in pairwise(spans))
    return spans[0][0] == 1 and spans[-1][1] == total and follows


@given(run=runs)
def test_the_csv_of_the_parts_is_the_table(run: Run) -> None:
    tables = {i.position: i.table for i, _ in run.kept() if i.table is not None}
    owners = _positions_of_tables(run, set(tables))
    parts = [part for chunk in run.chunks for part in chunk.tables]

    for owner, part in zip(owners, parts, strict=True):
        rows = tables[owner].rows
        if part.csv != tables[owner].csv:
            wanted = [rows[0], *rows[max(part.first_row, 1) : part.last_row + 1]]
            read = csv.reader(io.StringIO(part.csv, newline=""))
            assert [tuple(row) for row in read if row] == [row for row in wanted if row]


# Rule 9


@given(run=runs)
def test_no_page_number_tag_reaches_a_text(run: Run) -> None:
    for chunk in run.chunks:
        metadata = to_metadata(chunk, run.options, run.report)
        texts = [contextualize(chunk), *map(str, metadata.values())]
        assert not any("page_number>" in text for text in texts)


# Rule 11


@given(answer=any_results(), values=any_options())
def test_two_runs_give_equal_chunks_with_ids_of_their_own(
    answer: Json, values: Values
) -> None:
    one, other = Run(answer, values), Run(answer, values)

    ids = [chunk.id for chunk in one.chunks]
    assert one.chunks == other.chunks
    assert len(set(ids)) == len(ids)
    assert all(str(uuid.UUID(i)) == i and uuid.UUID(i).version == 5 for i in ids)


# Rule 12


@given(run=runs)
def test_chunks_and_items_are_in_reading_order(run: Run) -> None:
    positions = [position for chunk in run.chunks for position in chunk.items]

    assert [chunk.index for chunk in run.chunks] == list(range(len(run.chunks)))
    assert positions == sorted(positions)
    assert all(list(dict.fromkeys(c.items)) == list(c.items) for c in run.chunks)


@given(run=runs)
def test_the_parts_of_an_item_are_numbered_in_a_row(run: Run) -> None:
    numbered = [chunk for chunk in run.chunks if chunk.parts > 1]

    expected: Iterator[tuple[int, int]] = iter(())
    for chunk in numbered:
        wanted = next(expected, None)
        if wanted is None:
            expected = iter([(n, chunk.parts) for n in range(1, chunk.parts + 1)])
            wanted = next(expected)
        assert (chunk.part, chunk.parts) == wanted
    assert next(expected, None) is None


# Pages, boxes and metadata


@given(run=runs)
def test_regions_lie_on_their_page_and_pages_are_those_of_the_items(run: Run) -> None:
    items = {item.position: item for item, _ in run.kept()}

    for chunk in run.chunks:
        pages = {items[position].page.number for position in chunk.items}
        assert {region.page_number for region in chunk.regions} <= pages
        assert all(chunk.page_number <= page <= chunk.page_end for page in pages)
        for region in chunk.regions:
            assert min(region.x, region.y, region.width, region.height) >= 0
            assert all(0 <= side <= 1.000001 for side in region.fraction)


@given(run=runs)
def test_metadata_are_flat_and_dense_and_in_one_order(run: Run) -> None:
    for chunk in run.chunks:
        metadata = to_metadata(chunk, run.options, run.report)

        assert tuple(metadata) == KEYS
        assert all(
            type(value) in {str, int, float, bool} for value in metadata.values()
        )
        json.dumps(metadata, allow_nan=False)


@given(run=runs)
def test_flat_and_rich_metadata_are_each_others_mirror(run: Run) -> None:
    for chunk in run.chunks:
        flat = to_metadata(chunk, run.options, run.report)
        rich = to_rich(flat)

        assert to_flat(rich) == flat
        assert to_rich(to_flat(rich)) == rich
        assert to_rich(rich) == rich
        assert Provenance.from_metadata(rich) == Provenance.from_metadata(flat)


@given(answer=any_results(), values=any_options())
def test_provenance_gives_the_values_of_the_chunk_back(
    answer: Json, values: Values
) -> None:
    run = Run(answer, {**values, "metadata_budget": 0})

    for chunk in run.chunks:
        back = Provenance.from_metadata(to_metadata(chunk, run.options, run.report))

        assert back.regions == chunk.regions
        assert back.heading_path == tuple(_as_in_path(h.text) for h in chunk.headings)
        assert back.item_types == chunk.item_types
        assert (back.images, back.links) == (chunk.images, chunk.links)
        assert back.table_rows == tuple(p.row_range for p in chunk.tables if p.last_row)
        assert back.has_table == bool(chunk.tables)
        assert (back.chunk_id, back.chunk_index) == (chunk.id, chunk.index)


def _as_in_path(title: str) -> str:
    """An angle bracket that stands alone would look like the end of a title."""
    return " ".join(["\u203a" if word == ">" else word for word in title.split(" ")])
