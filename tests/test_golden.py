"""Chunks of hand-made results, kept as files that a person can read and judge."""

import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from building import Json
from golden.cases import CASES, Case, Reason
from parsestrata import chunk
from parsestrata.chunking.chunk import Chunk, contextualize
from parsestrata.chunking.tokens import approximate_tokens
from parsestrata.options import Options

FOLDER = Path(__file__).parent / "golden"
_WIDTH = 88
_INDENT = "    "

cases = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])


def read(case: Case) -> list[Chunk]:
    return list(chunk(case.answer, **case.options))


@cases
def test_chunks_are_as_in_the_golden_file(
    case: Case, request: pytest.FixtureRequest
) -> None:
    path = FOLDER / f"{case.name}.txt"
    written = "\n".join(_write(case, read(case))) + "\n"

    if request.config.getoption("--golden"):
        path.write_text(written, encoding="utf-8")
        pytest.fail(f"wrote {path.name}: read it, then run without --golden")
    assert path.read_text(encoding="utf-8") == written


@cases
def test_each_chunk_says_why_it_ends_and_a_program_agrees(case: Case) -> None:
    chunks = read(case)

    assert len(case.why) == len(chunks)
    for position, (reason, sentence) in enumerate(case.why):
        following = chunks[position + 1] if position + 1 < len(chunks) else None
        assert reason in _true_reasons(case, chunks[position], following)
        assert sentence[0].isupper()
        assert sentence.endswith(".")


@cases
def test_a_case_is_named_and_says_what_it_shows(case: Case) -> None:
    assert case.name.isidentifier()
    assert "rule" in case.shows


def test_no_golden_file_is_unused() -> None:
    files = {path.stem for path in FOLDER.glob("*.txt")}

    assert files == {case.name for case in CASES}


def _true_reasons(case: Case, one: Chunk, following: Chunk | None) -> set[Reason]:
    """Work out what can be said of a chunk's end from sizes, paths and parts."""
    if following is None:
        return {"end"}
    reasons: set[Reason] = set()
    options = Options(**case.options)
    if one.part < one.parts:
        reasons.add("part")
    together = f"{contextualize(one)}\n\n{following.body}"
    if approximate_tokens(together) > options.max_tokens:
        reasons.add("cap")
    sizes = [approximate_tokens(each.body) for each in (one, following)]
    if following.body.startswith("#") and min(sizes) >= options.min_tokens:
        reasons.add("section")
    return reasons


def _write(case: Case, chunks: list[Chunk]) -> Iterator[str]:
    options = ", ".join(f"{name}={value!r}" for name, value in case.options.items())
    cap = Options(**case.options).max_tokens
    yield case.shows
    yield f"options: {options or 'the defaults'}"
    yield f"left out: {_left_out(case.answer, chunks)}"
    for one, (_, sentence) in zip(chunks, case.why, strict=False):
        yield ""
        yield "=" * _WIDTH
        yield f"chunk {one.index}: " + ", ".join(_facts(one, cap))
        yield f"path: {one.heading_path or '(none)'}"
        yield from textwrap.wrap(f"why: {sentence}", _WIDTH)
        yield ""
        for line in one.body.splitlines():
            yield from _wrap(line)


def _facts(one: Chunk, cap: int) -> Iterator[str]:
    yield f"{approximate_tokens(contextualize(one))} of {cap} tokens"
    yield f"pages {one.page_number}-{one.page_end}"
    yield f"items {' '.join(map(str, one.items))}"
    if one.parts > 1:
        yield f"part {one.part} of {one.parts}"
    for part in one.tables:
        yield f"rows {part.row_range} of {part.total_rows}"


def _wrap(line: str) -> list[str]:
    """Break a long line for the eye; what goes on is marked."""
    return textwrap.wrap(
        line,
        _WIDTH,
        initial_indent=_INDENT,
        subsequent_indent=f"{_INDENT}  ... ",
        drop_whitespace=False,
    ) or [""]


def _left_out(answer: Json, chunks: list[Chunk]) -> str:
    """Name the items that are in no chunk."""
    kinds = [
        i["type"] for page in answer["items"]["pages"] for i in page.get("items", ())
    ]
    listed = {position for one in chunks for position in one.items}
    if "error" in str(answer["items"]):
        return "see the report"
    names = [f"{n} ({kind})" for n, kind in enumerate(kinds) if n not in listed]
    return ", ".join(names) or "nothing"
