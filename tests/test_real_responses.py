import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from conftest import REAL_RESPONSES, needs_real_responses
from parsestrata.chunking.chunk import Chunk, contextualize
from parsestrata.chunking.tokens import approximate_tokens
from parsestrata.conversion.conversion import Conversion
from parsestrata.conversion.loading import Loading
from parsestrata.document.model import Heading, Item
from parsestrata.document.outline import heading_paths
from parsestrata.options import Options, Split
from parsestrata.report import JobReport
from parsestrata.sources.source import open_source

CAP, SMALL = 512, 30
RERUNS = ("clinical-study", "manufacturing-report", "postal-10k")


def load(
    file: Path, *, split: Split = "chunk", max_tokens: int = CAP
) -> tuple[list[Chunk], JobReport]:
    options = Options(
        split=split, max_tokens=max_tokens, min_tokens=min(100, max_tokens)
    )
    loading = Loading(options)
    chunks = [chunk for chunk, _ in loading.chunks([file])]
    return chunks, loading.report.jobs[0]


def read(file: Path) -> dict[int, tuple[Item, tuple[Heading, ...]]]:
    """Read the items of a file with their paths, by position."""
    options = Options()
    items = Conversion(open_source(file, options), options).items()
    return {item.position: (item, path) for item, path in heading_paths(items)}


@pytest.mark.parametrize("split", ["chunk", "page", "item", "document", "result"])
def test_nothing_is_lost_whatever_a_document_is_split_into(
    real_file: Path, split: Split
) -> None:
    chunks, report = load(real_file, split=split)

    report.verify()
    assert chunks
    assert report.pages > 0
    assert report.unaccounted == ()


def test_every_word_of_an_item_is_in_the_chunks_that_list_it(real_file: Path) -> None:
    chunks, report = load(real_file, max_tokens=128)
    bodies: dict[int, str] = {}
    for chunk in chunks:
        for position in chunk.items:
            bodies[position] = f"{bodies.get(position, '')}\n{chunk.body}"

    for position, (item, _) in read(real_file).items():
        if position not in report.dropped:
            texts = [item.text]
            if item.table is not None:
                texts = [_on_one_line(cell) for row in item.table.rows for cell in row]
            said = set(_words(bodies[position]))
            assert [w for text in texts for w in _words(text) if w not in said] == []


def _on_one_line(cell: str) -> str:
    return re.sub(r"\s*<br\s*/?>\s*", " ", cell)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


@pytest.mark.parametrize("split", ["chunk", "page", "item", "document"])
def test_no_page_number_tag_reaches_a_text(real_file: Path, split: Split) -> None:
    chunks, _ = load(real_file, split=split)

    assert not any("page_number>" in contextualize(chunk) for chunk in chunks)


@pytest.mark.parametrize("max_tokens", [128, 512, 2000])
def test_no_chunk_is_above_the_cap(real_file: Path, max_tokens: int) -> None:
    chunks, _ = load(real_file, max_tokens=max_tokens)

    assert max(approximate_tokens(contextualize(c)) for c in chunks) <= max_tokens


def test_two_runs_give_equal_chunks(real_file: Path) -> None:
    one, _ = load(real_file)
    other, _ = load(real_file)

    assert one == other
    assert len({chunk.id for chunk in one}) == len(one)


@needs_real_responses
@pytest.mark.parametrize("name", RERUNS)
def test_a_document_parsed_again_keeps_the_ids_of_what_did_not_change(
    name: str,
) -> None:
    one, _ = load(REAL_RESPONSES / f"{name}.json")
    other, _ = load(REAL_RESPONSES / f"{name}.rerun.json")

    said = {_content(chunk): chunk.id for chunk in one}
    again = {_content(chunk): chunk.id for chunk in other}
    kept = said.keys() & again.keys()
    changed = (said.keys() | again.keys()) - kept
    assert kept
    assert all(said[content] == again[content] for content in kept)
    ids = {said.get(content, again.get(content)) for content in changed}
    assert len(ids) == len(changed)
    assert not ids & {said[content] for content in kept}


def _content(chunk: Chunk) -> tuple[str, ...]:
    pages = f"{chunk.page_number}-{chunk.page_end}"
    part = f"{chunk.part}/{chunk.parts}"
    return (contextualize(chunk), pages, chunk.heading_path, part)


def test_no_chunk_is_only_a_heading_and_none_ends_with_one(real_file: Path) -> None:
    chunks, _ = load(real_file)
    items = read(real_file)

    for chunk in chunks[:-1]:
        assert not items[chunk.items[-1]][0].level, chunk.body


def test_each_part_of_a_table_has_its_header_and_its_lead(real_file: Path) -> None:
    chunks, _ = load(real_file, max_tokens=128)
    items = read(real_file)
    parts = [chunk for chunk in chunks if chunk.parts > 1 and chunk.tables]

    for chunk in parts:
        (position,) = [p for p in chunk.items if items[p][0].table is not None][-1:]
        header = " | ".join(
            _on_one_line(c).strip() for c in items[position][0].table.rows[0]
        )
        first = next(c for c in parts if position in c.items)
        if approximate_tokens(header) <= 40:
            assert header in chunk.body
            for lead in _lead(first, position, items):
                assert lead in chunk.body


def _lead(
    first: Chunk, table: int, items: dict[int, tuple[Item, tuple[Heading, ...]]]
) -> list[str]:
    """Name the short texts right above a table in the chunk where it begins."""
    lead: list[str] = []
    for position in range(table - 1, max(table - 4, first.items[0] - 1), -1):
        item = items[position][0]
        short = (
            approximate_tokens(item.text) <= 12 and item.page is items[table][0].page
        )
        if item.kind != "text" or not short:
            break
        lead.append(item.text)
    return lead


def test_no_small_chunk_is_left_that_could_have_merged(real_file: Path) -> None:
    """Check rule 4 with nothing but bodies, paths and the name of the document."""
    chunks, _ = load(real_file)

    stranded = [
        (one.body, other.body)
        for one, other in pairwise(chunks)
        if min(_size(one), _size(other)) < SMALL and _could_merge(one, other)
    ]
    assert stranded == []


def _size(chunk: Chunk) -> int:
    return approximate_tokens(chunk.body)


def _could_merge(one: Chunk, other: Chunk) -> bool:
    if one.parts > 1 and other.parts > 1:
        return False
    shared = _shared(one.headings, other.headings)
    context = " > ".join([one.origin.file_name, *[h.text for h in shared]])
    together = f"{context}\n\n{one.body}\n\n{other.body}"
    return approximate_tokens(together) <= CAP


def _shared(one: Sequence[Heading], other: Sequence[Heading]) -> Sequence[Heading]:
    shared = 0
    while (
        one[shared : shared + 1]
        and one[shared : shared + 1] == other[shared : shared + 1]
    ):
        shared += 1
    return one[:shared]


@pytest.mark.parametrize("max_tokens", [128, 512])
def test_the_parts_of_a_table_have_all_its_rows_and_their_own_csv(
    real_file: Path, max_tokens: int
) -> None:
    chunks, _ = load(real_file, max_tokens=max_tokens)
    items = read(real_file)
    tables = {p: item.table for p, (item, _) in items.items() if item.table is not None}
    owners = [p for chunk in chunks for p in chunk.items if p in tables]
    parts = [part for chunk in chunks for part in chunk.tables]

    last: dict[int, int] = {}
    for owner, part in zip(owners, parts, strict=True):
        assert part.csv
        begun = last.get(owner, 0)
        assert part.first_row in {begun, begun + 1} or part.total_rows == 0
        last[owner] = part.last_row
    assert last == {p: len(table.rows) - 1 for p, table in tables.items() if p in last}
    assert set(last) == {p for p in tables if p in owners}
