"""What holds for any document and any call: budgets, cursors, and nothing lost."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from building import Json, dump
from parsestrata import chunk
from parsestrata.agent import Answer, DocumentTools, OpenDocument
from parsestrata.agent.answer import SMALLEST_BUDGET
from parsestrata.errors import ToolCallError
from parsestrata.options import Options
from strategies import MARK, any_results, count_words

pytestmark = pytest.mark.needs("agent")
long_examples = pytest.mark.filterwarnings(
    "ignore:Generating overly large repr:hypothesis.errors.HypothesisWarning"
)
"""A result that fails a test is long, and is shown all the same."""


BUDGETS = st.sampled_from([SMALLEST_BUDGET, SMALLEST_BUDGET + 1, 500, 1500, 6000])


def count_double(text: str) -> int:
    return 2 * len(text.split()) + 3


def open_tools(answer: Json, **options: Any) -> DocumentTools:
    return DocumentTools(dump(answer), **options)


def walk(call: Callable[[str], Answer]) -> Iterator[Answer]:
    """Follow the cursors of a call to the end."""
    cursor = ""
    for _ in range(10_000):
        answer = call(cursor)
        yield answer
        if not answer.next:
            return
        assert answer.next != cursor
        cursor = answer.next
    message = "the cursors never end"
    raise AssertionError(message)


def text_of(answers: Iterable[Answer]) -> str:
    """Join answers; where one goes on within a word, nothing comes between."""
    told, cursor = "", ""
    for one in answers:
        goes_on = "+" in cursor
        text = re.sub(r"^\[\d+\]\n", "", one.text) if goes_on else one.text
        told += text if goes_on else f"\n\n{text}"
        cursor = one.next
    return told.partition("\n\nSubsections:\n")[0]


def size(answer: Answer, document: OpenDocument) -> int:
    written = json.dumps(answer.to_dict(), ensure_ascii=False)
    return max(document.count(written), document.count(str(answer)))


def marks_of_headers(document: OpenDocument) -> set[str]:
    """Return the marks that stand in the headers of tables, which are said again."""
    headers = [" ".join(table.header) for table in document.tables]
    return set(MARK.findall(" ".join(headers)))


@long_examples
@given(any_results(), BUDGETS)
def test_all_sections_together_read_every_item_once(answer: Json, budget: int) -> None:
    tools = open_tools(answer)
    document = tools.open()

    told: Counter[str] = Counter()
    for section in document.sections:
        read = walk(
            lambda cursor, section=section: tools.read_section(  # type: ignore[misc]
                section.id, cursor=cursor, max_tokens=budget
            )
        )
        told.update(MARK.findall(text_of(read)))

    kept = [item for section in document.sections for item in section.items]
    assert sorted(i.position for i in kept) == sorted(
        set(range(document.report.items)) - set(document.report.dropped)
    )
    expected = Counter(
        mark for item in kept for mark in MARK.findall(document.writer.write(item).text)
    )
    again = marks_of_headers(document)
    assert {m: n for m, n in told.items() if m not in again} == {
        m: n for m, n in expected.items() if m not in again
    }
    assert again <= set(told)


@long_examples
@given(any_results(), BUDGETS)
def test_the_pages_together_read_every_item_once(answer: Json, budget: int) -> None:
    tools = open_tools(answer)
    document = tools.open()
    numbers = sorted(page.number for page in document.pages)

    read = walk(
        lambda cursor: tools.read_pages(
            numbers[0], last=numbers[-1], cursor=cursor, max_tokens=budget
        )
    )
    told = Counter(MARK.findall(text_of(read)))

    kept = [item for section in document.sections for item in section.items]
    expected = Counter(
        mark for item in kept for mark in MARK.findall(document.writer.write(item).text)
    )
    again = marks_of_headers(document)
    assert {m: n for m, n in told.items() if m not in again} == {
        m: n for m, n in expected.items() if m not in again
    }


@given(
    any_results(),
    BUDGETS,
    st.sampled_from([None, count_words, count_double]),
    st.sampled_from(["water", "id1x id2x", "水资源", "nothing of it"]),
    st.sampled_from(["csv", "markdown", "json"]),
)
def test_no_answer_is_above_its_budget(
    answer: Json, budget: int, counter: Any, query: str, form: Any
) -> None:
    tools = open_tools(answer, count_tokens=counter)
    document = tools.open()
    first, last = document.pages[0].number, document.pages[-1].number
    more = {"max_tokens": budget}
    calls: list[Callable[[str], Answer]] = [
        lambda cursor: tools.describe(cursor=cursor, **more),
        lambda cursor: tools.outline(9, cursor=cursor, **more),
        lambda cursor: tools.list_tables(cursor=cursor, **more),
        lambda cursor: tools.search(query, 50, cursor=cursor, **more),
        lambda cursor: tools.read_pages(
            min(first, last), last=max(first, last), cursor=cursor, **more
        ),
    ]
    calls += [
        lambda cursor, one=section: tools.read_section(  # type: ignore[misc]
            one.id, subsections=True, cursor=cursor, **more
        )
        for section in document.sections
    ]
    calls += [
        lambda cursor, one=table: tools.get_table(  # type: ignore[misc]
            f"t{one.number}", format=form, cursor=cursor, **more
        )
        for table in document.tables
    ]

    sizes = [size(one, document) for call in calls for one in walk(call)]

    assert max(sizes) <= budget


@long_examples
@given(any_results())
def test_every_citation_names_a_chunk_that_there_is(answer: Json) -> None:
    tools = open_tools(answer)
    document = tools.open()
    chunks = {one.id: one for one in document.chunks}

    for section in document.sections:
        for one in walk(
            lambda cursor, section=section: tools.read_section(  # type: ignore[misc]
                section.id, cursor=cursor
            )
        ):
            for citation in one.citations:
                cited = chunks[citation.chunk_id]
                assert cited.page_number <= citation.page_number
                assert citation.page_end <= cited.page_end
                assert citation.heading_path == section.path
                assert set(citation.regions) <= set(cited.regions)


@long_examples
@given(any_results(), st.text(max_size=30), st.integers(-3, 99))
def test_a_bad_call_says_what_there_is(answer: Json, word: str, number: int) -> None:
    tools = open_tools(answer)
    calls: list[Callable[[], Answer]] = [
        lambda: tools.read_section(word),
        lambda: tools.get_table(word),
        lambda: tools.read_pages(number),
        lambda: tools.search(word, number),
        lambda: tools.outline(number),
        lambda: tools.describe(cursor=word or "x"),
    ]

    said = []
    for call in calls:
        try:
            call()
        except ToolCallError as error:
            said.append(str(error))
    assert all(said)
    assert "\n" not in "".join(said).replace(word, "")


@long_examples
@given(any_results())
def test_the_chunks_are_those_of_the_loaders(answer: Json) -> None:
    opened = OpenDocument(dump(answer), Options(on_failed_page="skip"))

    assert opened.chunks == list(chunk(dump(answer), on_failed_page="skip"))
