import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import REAL_FILES, needs_real_responses
from parsestrata.api.stream import open_result
from parsestrata.chunking.tokens import (
    approximate_tokens,
    is_additive,
    resolve_counter,
)
from strategies import any_text

PROSE = """
The quick brown fox jumps over the lazy dog, and nobody in the neighbourhood was
surprised; it had happened before. "Why," asked the committee's chairwoman, "does a
fox need 1,250 square metres of meadow?" Management believes that the accompanying
consolidated statements (unaudited) reflect all adjustments necessary for a fair
presentation of results, which consist of normal recurring items. Revenue grew 12.4%
to $3.1 billion in 2024, compared with $2.8 billion in 2023. Participants were
randomised, in a 2:1 ratio, to receive either the intervention or a placebo; the
primary endpoint was assessed after twelve weeks. Press and hold the power button for
three seconds until the indicator flashes blue. If it does not, see Troubleshooting.
"""


@given(one=any_text(), other=any_text(), space=st.sampled_from([" ", "\n", "\n\n"]))
def test_texts_joined_by_white_space_are_never_more_than_their_sum(
    one: str, other: str, space: str
) -> None:
    together = approximate_tokens(one + space + other)

    assert together <= approximate_tokens(one) + approximate_tokens(other)


@given(text=any_text(), cut=st.integers(0, 400))
def test_a_text_is_never_more_than_its_halves(text: str, cut: int) -> None:
    halves = approximate_tokens(text[:cut]) + approximate_tokens(text[cut:])

    assert approximate_tokens(text) <= halves


@given(text=any_text())
def test_white_space_around_a_text_is_free(text: str) -> None:
    assert approximate_tokens(f"\n {text}\t\n\n") == approximate_tokens(text)


@given(text=st.text(min_size=1, alphabet=st.characters(exclude_categories=["Z", "C"])))
def test_a_text_with_anything_to_see_has_at_least_one_token(text: str) -> None:
    assert approximate_tokens(text) >= 1


@pytest.mark.needs("llama-index")
def test_english_is_within_a_tenth_of_cl100k() -> None:
    tokenize = _cl100k()

    exact = len(tokenize(PROSE))

    assert approximate_tokens(PROSE) == pytest.approx(exact, rel=0.1)


@pytest.mark.needs("llama-index")
@needs_real_responses
def test_paragraphs_of_real_documents_are_within_a_tenth_of_cl100k_together() -> None:
    tokenize = _cl100k()
    paragraphs = [
        item.md
        for file in REAL_FILES
        for page in open_result(file.read_bytes(), file.name).item_pages()
        for item in getattr(page, "items", ())
        if item.type == "text" and len(item.md) > 80 and re.match("[A-Z]", item.md)
    ]

    exact = sum(len(tokenize(paragraph)) for paragraph in paragraphs)
    approximate = sum(approximate_tokens(paragraph) for paragraph in paragraphs)

    assert len(paragraphs) > 40
    assert approximate == pytest.approx(exact, rel=0.1)


def _cl100k() -> Callable[[str], list[int]]:
    from llama_index.core.utils import get_tokenizer  # noqa: PLC0415 - its extra

    return get_tokenizer()


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        pytest.param("", 0, id="nothing"),
        pytest.param(" \n\t", 0, id="white space"),
        pytest.param("word", 1, id="word"),
        pytest.param("123456789", 3, id="nine digits"),
        pytest.param("a, b.", 4, id="punctuation"),
        pytest.param("水", 2, id="one chinese character"),
        pytest.param("水水水水", 5, id="four chinese characters"),
        pytest.param("вода", 2, id="cyrillic"),
        pytest.param("\U0001f30a", 2, id="emoji"),
    ],
)
def test_tokens_follow_the_shape_of_the_text(text: str, tokens: int) -> None:
    assert approximate_tokens(text) == tokens


class _Encoder:
    """As tokenizers and transformers have it."""

    def encode(self, text: str) -> list[int]:
        return [0, *range(len(text.split())), 0]


class _TikToken(_Encoder):
    """As tiktoken has it: `encode` refuses special tokens, this one does not."""

    def encode_ordinary(self, text: str) -> list[int]:
        return list(range(len(text.split())))


class _Encoding:
    ids = (1, 2, 3)

    def __len__(self) -> int:
        return len(self.ids)


class _FastEncoder:
    def encode(self, _text: str) -> _Encoding:
        return _Encoding()


@pytest.mark.parametrize(
    ("counter", "tokens"),
    [
        pytest.param(len, 9, id="a function that gives a number"),
        pytest.param(str.split, 2, id="a function that gives a list"),
        pytest.param(_Encoder(), 4, id="a tokenizer"),
        pytest.param(_TikToken(), 2, id="tiktoken"),
        pytest.param(_FastEncoder(), 3, id="an encoding with a length"),
        pytest.param(None, 2, id="the counter of the package"),
    ],
)
def test_anything_that_counts_is_a_counter(counter: object, tokens: int) -> None:
    count = resolve_counter(counter)

    assert count("two words") == tokens


def test_only_the_counter_of_the_package_is_trusted_to_be_additive() -> None:
    assert is_additive(resolve_counter(None))
    assert is_additive(resolve_counter(approximate_tokens))
    assert not is_additive(resolve_counter(len))
