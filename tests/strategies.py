"""Results that no parser would write, some that it does, and options for them.

Every text carries marks, words like `id17x` that come nowhere else, so that a
test can follow it from the answer of the API into the bodies of the chunks.
"""

import os
import re
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from building import (
    Json,
    box,
    code,
    dump,
    failed_page,
    footer,
    header,
    heading,
    image,
    link,
    listing,
    page,
    result,
    table,
    text,
)

settings.register_profile(
    "quick",
    deadline=None,
    max_examples=30,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile("few", settings.get_profile("quick"), max_examples=5)
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

MARK = re.compile(r"id\d+x")

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

_TAGS = ("<page_number>7</page_number>", "\\<page_number>viii\\</page_number>")
_LABELS = ("text",) * 5 + (
    "caption",
    "footnote",
    "paragraph_title",
    "doc_title",
    "figure_title",
)
_TITLES = (
    "Scope",
    "2.3 Scope",
    "1 Introduction",
    "Article 4 Terms",
    "(in millions)",
    "December 31, 2024",
    "2024",
    "A > B",
    "x >",
    "> y",
    "Risk <sup>1</sup> **factors**",
    "\u6c34\u8d44\u6e90",
    "word " * 60,
)


def any_text(max_words: int = 80) -> st.SearchStrategy[str]:
    """Make texts of any script, with and without spaces and blank lines."""
    spaced = st.lists(st.sampled_from(_WORDS), max_size=max_words)
    gaps = st.sampled_from([" ", " ", "  ", "\n", "\n\n", ""])
    return st.builds(lambda words, gap: gap.join(words), spaced, gaps) | st.text(
        st.characters(exclude_categories=["Cs"]), max_size=max_words
    )


def any_cells() -> st.SearchStrategy[str | int | float | None]:
    """Make what may stand in a table: blanks, numbers, texts that need quotes."""
    return st.one_of(
        st.none(),
        st.integers(-(10**6), 10**6),
        st.floats(allow_nan=False, allow_infinity=False, width=32),
        st.sampled_from(
            [
                "",
                " ",
                "water",
                "1,234",
                'say "so"',
                "a | b",
                "2024<br/>Q1",
                "two\nlines",
                "<page_number>3</page_number>",
            ]
        ),
        any_text(6),
    )


def any_tables() -> st.SearchStrategy[list[list[Any]]]:
    """Make rows: ragged ones, 50 columns, header only, none at all."""
    width = st.sampled_from([0, 1, 2, 3, 3, 4, 50])
    return width.flatmap(
        lambda wide: st.lists(
            st.lists(any_cells(), min_size=min(wide, 1), max_size=max(wide, 1))
            | st.lists(any_cells(), min_size=wide, max_size=wide),
            max_size=4 if wide == 50 else 14,
        )
    )


def any_options() -> st.SearchStrategy[dict[str, Any]]:
    """Make keyword arguments for `Options`."""
    return st.fixed_dictionaries(
        {
            "max_tokens": st.sampled_from([16, 17, 24, 40, 64, 128, 512, 2000]),
            "share": st.sampled_from([0.0, 0.1, 0.2, 0.5, 1.0]),
            "count_tokens": st.sampled_from(COUNTERS),
            "context": st.sampled_from(["name+path", "path", "none"]),
            "table_format": st.sampled_from(["compact", "markdown", "html", "csv"]),
            "repair_headings": st.booleans(),
            "include_page_furniture": st.booleans(),
            "on_failed_page": st.sampled_from(["skip", "placeholder"]),
        }
    ).map(_with_min_tokens)


def _with_min_tokens(values: dict[str, Any]) -> dict[str, Any]:
    share = values.pop("share")
    return {**values, "min_tokens": int(share * values["max_tokens"])}


def count_words(text: str) -> int:
    return len(text.split())


def count_characters(text: str) -> int:
    return len(text)


def count_with_ends(text: str) -> int:
    """Count as tokenizers do that put a token at each end of a text."""
    return len(text.split()) + 2


def count_more_than_the_sum(text: str) -> int:
    """Give a joined text more than its halves."""
    return int(len(text.split()) ** 1.2)


COUNTERS: list[Callable[[str], int] | None] = [
    None,
    None,
    None,
    count_words,
    count_characters,
    count_with_ends,
    count_more_than_the_sum,
]


@st.composite
def any_results(draw: st.DrawFn, *, max_items: int = 9) -> Json:
    """Make whole answers of up to four pages, in or out of order."""
    write = _Writer(draw)
    numbers = draw(
        st.lists(st.integers(1, 12), min_size=1, max_size=4, unique=True)
        | st.integers(1, 4).map(lambda last: list(range(1, last + 1)))
    )
    pages = [write.page(number, draw(st.integers(0, max_items))) for number in numbers]
    name = draw(st.sampled_from(["report.pdf", None, "a > b.pdf", "n" * 300 + ".pdf"]))
    return result(*pages, name=name)


class _Writer:
    """Draws items, and marks each of their texts."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw
        self._numbers = count()
        self._kinds: list[Callable[[], Json]] = [
            *[self._text] * 5,
            *[self._heading] * 4,
            *[self._table] * 3,
            self._list,
            self._list,
            self._code,
            self._image,
            self._link,
            self._unknown,
            self._stub,
            self._bare_tag,
        ]

    def page(self, number: int, items: int) -> Json:
        if self._draw(st.integers(0, 9)) == 0:
            return failed_page(number)
        written = [self._placed(kind()) for kind in self._some_kinds(items)]
        if self._draw(st.booleans()):
            written = [header(f"Annual report {self._mark()}"), *written]
            written.append(footer(number))
        sizes = self._draw(st.sampled_from([{}, {}, {"page_width": 0.0}]))
        return page(number, *written, place=False, **sizes)

    def _some_kinds(self, number: int) -> list[Callable[[], Json]]:
        kinds = st.sampled_from(self._kinds)
        return self._draw(st.lists(kinds, min_size=number, max_size=number))

    def _mark(self) -> str:
        return f"id{next(self._numbers)}x"

    def _placed(self, item: Json) -> Json:
        boxes = self._draw(st.sampled_from(["good", "good", "good", "garbage", "none"]))
        if boxes == "none":
            return {key: item[key] for key in item if key != "bbox"}
        if boxes == "garbage":
            edges = st.sampled_from([-50.0, 0.0, 72.25, 5000.0, 1e308, -1e308])
            x, y, w, h = [self._draw(edges) for _ in range(4)]
            return {**item, "bbox": [box(y, x=x, w=w, h=h), box()]}
        return item

    def _words(self) -> str:
        """Write a short or a long text, here and there a very long one."""
        size = self._draw(st.sampled_from([*[0] * 9, 30, 30, 300, 10_000]))
        if size:
            ends = self._draw(st.sampled_from([" ", ", ", ". ", "\n", "\n\n"]))
            return f"{ends.join(['water of the river'] * (size // 4))} {self._mark()}"
        words = self._draw(any_text(25))
        return self._draw(
            st.sampled_from(
                [
                    f"{words} {self._mark()}",
                    f"{self._mark()}: {words}:",
                    f"\n\n{words} {self._mark()}\n\n",
                    f"{self._draw(st.sampled_from(_TAGS))} {self._mark()}",
                ]
            )
        )

    def _text(self) -> Json:
        return text(self._words(), label=self._draw(st.sampled_from(_LABELS)))

    def _bare_tag(self) -> Json:
        return text(
            self._draw(st.sampled_from(["<page_number></page_number>", *_TAGS]))
        )

    def _heading(self) -> Json:
        level = self._draw(st.sampled_from([0, 1, 1, 2, 2, 3, 3, 4, 6, 9]))
        title = self._draw(st.sampled_from(_TITLES))
        if self._draw(st.integers(0, 9)) == 0:
            return heading("", level)
        return heading(f"{title} {self._mark()}", level)

    def _table(self) -> Json:
        rows = [
            [
                f"{cell} {self._mark()}" if isinstance(cell, str) else cell
                for cell in row
            ]
            for row in self._draw(any_tables())
        ]
        more: Json = self._draw(
            st.sampled_from(
                [
                    {},
                    {},
                    {"merged_from_pages": [1, 2]},
                    {"parse_concerns": [{"type": "odd", "details": "?"}]},
                    {"csv": ""},
                ]
            )
        )
        return table(rows, **more)

    def _stub(self) -> Json:
        rows = self._draw(st.sampled_from([[], [[]], [["", None]]]))
        return {**table(rows), "md": "", "merged_into_page": 1}

    def _list(self) -> Json:
        return self._entries(self._draw(st.integers(0, 3)))

    def _entries(self, depth: int) -> Json:
        entries: list[str | Json] = [
            "" if self._draw(st.integers(0, 5)) == 0 else self._words()
            for _ in range(self._draw(st.integers(0, 5)))
        ]
        if depth:
            entries.insert(len(entries) // 2, self._entries(depth - 1))
        return listing(*entries, ordered=self._draw(st.booleans()))

    def _code(self) -> Json:
        lines = self._draw(st.lists(any_text(8), max_size=30))
        source = "\n".join([f"{line} # {self._mark()}" for line in lines])
        language = self._draw(st.sampled_from([None, "python", "mermaid"]))
        return code(source, language)

    def _image(self) -> Json:
        if self._draw(st.booleans()):
            return image(f"Figure 1: {self._mark()}")
        return {**image(), "md": "", "caption": "", "url": ""}

    def _link(self) -> Json:
        return link(f"site {self._mark()}", "https://water.example/a?b=c")

    def _unknown(self) -> Json:
        words = self._words()
        return self._draw(
            st.sampled_from(
                [
                    {"type": "formula", "md": words, "bbox": "nowhere"},
                    {"type": "heading", "md": words, "level": "one", "value": 1},
                    {"type": None, "payload": {"deep": [words, None]}},
                    {"type": "blank"},
                ]
            )
        )


def marks_by_position(
    answer: Json, *, placeholders: bool
) -> Iterator[tuple[int, Json, list[str]]]:
    """Yield each item's position, the item and its marks, straight from the wire.

    Args:
        answer: The whole answer.
        placeholders: Count a failed page as an item.
    """
    position = 0
    for one in answer["items"]["pages"]:
        for item in one.get("items", ()):
            found = MARK.findall(dump(item).decode())
            yield position, item, list(dict.fromkeys(found))
            position += 1
        if placeholders and "error" in one:
            position += 1
