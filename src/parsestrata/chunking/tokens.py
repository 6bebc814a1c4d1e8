"""Token counters, all offline.

The built-in counter is approximate: it counts words, numbers, punctuation and
long words by their shape and comes within 10 % of cl100k on English text. It
never loads a vocabulary. For exact counts pass your model's tokenizer.
"""

import re
from collections.abc import Callable
from typing import Any

CountTokens = Callable[[str], int]

_QUARTERS = 4
_BEYOND_LATIN = re.compile("[^\x00-\xff]")
_CJK = re.compile("[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]")
_ALPHABETIC = re.compile("[\u0100-\u024f\u0400-\u052f]")
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")


def _classify(code: int) -> int:
    """Map a Latin-1 code to the letter of its class: a, 0, space or a full stop."""
    character = chr(code)
    if character.isalpha() or character == "_":
        return ord("a")
    if character.isdecimal():
        return ord("0")
    return ord(" ") if character.isspace() else ord(".")


_CLASSES = bytes(_classify(code) for code in range(256))
_WORDS = _CLASSES.translate(bytes.maketrans(b"0.", b"a "))
"""The same with two classes: what words and numbers are made of, and the rest."""


def approximate_tokens(text: str) -> int:
    """Count tokens by the shape of the text, without a vocabulary.

    A word is one token and a little more when it is long, a number one token for
    every three digits, punctuation one each; a CJK character is one and a
    quarter, a Cyrillic letter half a token, an emoji two. White space is free, so
    the count of two texts joined by white space is never above the sum of theirs.
    """
    latin = text.encode("latin-1", "replace")
    starts = (b" " + latin.translate(_WORDS)).count(b" a")
    count = latin.translate(_CLASSES).count
    quarters = 4 * (starts + count(b"0000") + count(b"."))
    quarters += 2 * count(b"aaaaaaaa")
    if not text.isascii() and _BEYOND_LATIN.search(text):
        quarters += len(_CJK.findall(text)) + 4 * len(_ASTRAL.findall(text))
        quarters -= 2 * len(_ALPHABETIC.findall(text))
    return -(-quarters // _QUARTERS)


def is_additive(count_tokens: CountTokens) -> bool:
    """Say whether counts of texts joined by white space may simply be summed."""
    return count_tokens is approximate_tokens


def resolve_counter(counter: Any) -> CountTokens:
    """Make a counter of what the user gave.

    Args:
        counter: None for the approximate counter; a tokenizer (anything with
            `encode`: tiktoken, tokenizers, transformers); or a callable that
            returns a number or a list of tokens.

    Returns:
        A function from a text to its number of tokens.
    """
    if counter is None:
        return approximate_tokens
    encode = getattr(counter, "encode_ordinary", None) or getattr(
        counter, "encode", counter
    )

    def count(text: str) -> int:
        tokens = encode(text)
        return tokens if isinstance(tokens, int) else len(tokens)

    return encode if encode is approximate_tokens else count
