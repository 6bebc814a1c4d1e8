import time
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsestrata.chunking.splitting import cut_text, partition
from parsestrata.chunking.tokens import approximate_tokens
from parsestrata.errors import ConfigError
from strategies import any_text

PARAGRAPHS = "One two three. Four five six.\n\nSeven eight nine. Ten eleven twelve."


@given(text=any_text(), limit=st.integers(2, 60))
def test_segments_joined_are_the_text(text: str, limit: int) -> None:
    segments = cut_text(text, limit, approximate_tokens)

    assert "".join(segments) == text
    assert all(approximate_tokens(segment) <= limit for segment in segments)


@given(text=any_text(), limit=st.integers(1, 60))
def test_a_counter_of_characters_holds_as_well(text: str, limit: int) -> None:
    segments = cut_text(text, limit, len)

    assert "".join(segments) == text
    assert all(len(segment) <= limit for segment in segments)


def test_a_text_that_fits_stays_whole() -> None:
    assert cut_text(PARAGRAPHS, 100, approximate_tokens) == [PARAGRAPHS]


@pytest.mark.parametrize(
    ("limit", "segments"),
    [
        pytest.param(
            8,
            [
                "One two three. Four five six.\n\n",
                "Seven eight nine. Ten eleven twelve.",
            ],
            id="paragraphs",
        ),
        pytest.param(
            4,
            [
                "One two three. ",
                "Four five six.\n\n",
                "Seven eight nine. ",
                "Ten eleven twelve.",
            ],
            id="sentences",
        ),
    ],
)
def test_the_coarsest_boundary_that_fits_is_taken(
    limit: int, segments: list[str]
) -> None:
    assert cut_text(PARAGRAPHS, limit, approximate_tokens) == segments


def test_only_the_long_sentence_is_cut_into_words() -> None:
    text = "Short one. " + "word " * 30 + "end. Short two."

    first, *_, last = cut_text(text, 12, approximate_tokens)

    assert (first, last) == ("Short one. ", "Short two.")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("这是第一句。这是第二句！这是第三句？", id="chinese"),  # noqa: RUF001
        pytest.param("最初の文です。次の文です。最後の文です。", id="japanese"),
    ],
)
def test_sentences_without_spaces_end_at_their_full_stop(text: str) -> None:
    segments = cut_text(text, 12, approximate_tokens)

    assert len(segments) == 3
    assert all(segment[-1] in "。！？" for segment in segments)  # noqa: RUF001


@pytest.mark.parametrize(
    "cluster",
    [
        pytest.param("e\u0301", id="combining accent"),
        pytest.param("\U0001f468\u200d\U0001f469\u200d\U0001f467", id="joined emoji"),
        pytest.param("\U0001f44d\U0001f3fd", id="skin tone"),
        pytest.param("\u0928\u093f", id="spacing vowel sign"),
    ],
)
def test_a_letter_is_never_torn_from_its_mark(cluster: str) -> None:
    segments = cut_text(cluster * 40, 7 * len(cluster) + 1, len)

    assert all(
        segment == cluster * (len(segment) // len(cluster)) for segment in segments
    )


def test_a_long_text_without_spaces_takes_no_quadratic_time() -> None:
    blob = "aGVsbG8gd29ybGQ" * 20_000

    begun = time.perf_counter()
    segments = cut_text(blob, 400, approximate_tokens)
    seconds = time.perf_counter() - begun

    assert "".join(segments) == blob
    assert seconds < 5


def test_a_character_above_the_limit_is_an_error_that_names_it() -> None:
    with pytest.raises(ConfigError, match=r"gives 9 for 'x' alone"):
        cut_text("xxx", 5, lambda text: 9 * len(text))


@given(
    sizes=st.lists(st.integers(0, 20), max_size=40),
    first=st.integers(0, 20),
    more=st.integers(0, 20),
)
def test_runs_cover_the_segments_in_order_and_fit(
    sizes: list[int], first: int, more: int
) -> None:
    rest = 20 + more

    ranges = partition(sizes, first, rest)

    assert [n for start, stop in ranges for n in range(start, stop)] == list(
        range(len(sizes))
    )
    rooms = [first, *[rest] * len(sizes)]
    assert all(
        sum(sizes[start:stop]) <= room
        for (start, stop), room in zip(ranges, rooms, strict=False)
    )


@given(sizes=st.lists(st.integers(1, 20), min_size=1, max_size=40))
def test_runs_are_as_few_as_can_be(sizes: list[int]) -> None:
    fewest, size = 1, 0
    for following in sizes:
        fewest, size = (
            (fewest, size + following)
            if size + following <= 25
            else (fewest + 1, following)
        )

    assert len(partition(sizes, 25, 25)) == fewest


def test_runs_are_even() -> None:
    ranges = partition([10] * 11, 100, 100)

    sums = list(accumulate([stop - start for start, stop in ranges]))
    assert sums in ([5, 11], [6, 11])
