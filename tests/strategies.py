"""Results that no parser would write, and some that it does."""

import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

settings.register_profile(
    "quick",
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

_WORDS = (
    "water",
    "river",
    "of",
    "the",
    "1,234.5",
    "(2.3)",
    "incomprehensibilities",
    "e\u0301te\u0301",
    "na\u00efve",
    "\u0432\u043e\u0434\u0430",
    "\u6c34\u8d44\u6e90\u7ba1\u7406\u3002",
    "\ubb3c",
    "\u0645\u064a\u0627\u0647",
    "\u05de\u05d9\u05dd",
    "\U0001f30a",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "a > b",
    "| pipe |",
    "**bold**",
    "```",
    "<b>x</b>",
    "[a](http://b.example/c_(d))",
    "Note: ends.",
    "Really?",
    "so:",
)
"""Scripts, marks, punctuation and Markdown, as single words of a text."""

PLAIN_WORD = st.sampled_from(["water", "river", "of", "the", "lake.", "sea,"])


def any_text(max_words: int = 80) -> st.SearchStrategy[str]:
    """Make texts of any script, with and without spaces and blank lines."""
    spaced = st.lists(st.sampled_from(_WORDS), max_size=max_words)
    gaps = st.sampled_from([" ", " ", "  ", "\n", "\n\n", ""])
    return st.builds(lambda words, gap: gap.join(words), spaced, gaps) | st.text(
        max_size=max_words
    )
