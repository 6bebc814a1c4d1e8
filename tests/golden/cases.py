"""Results whose chunks are kept as golden files, each with why it is cut so."""

from dataclasses import dataclass, field
from typing import Any, Literal

from building import (
    Json,
    code,
    failed_page,
    footer,
    header,
    heading,
    image,
    listing,
    page,
    result,
    table,
    text,
)

Reason = Literal["section", "cap", "part", "end"]
"""What a program can check about a chunk's end: the next chunk begins a section
of its own, it would not fit, it goes on with the same item, there is none."""


@dataclass(frozen=True, kw_only=True)
class Case:
    name: str
    shows: str
    """A sentence that names the rules."""
    answer: Json
    options: dict[str, Any] = field(default_factory=dict)
    why: tuple[tuple[Reason, str], ...]
    """For each chunk, why it ends where it ends."""


_RIVER = (
    "The river rises in the hills above the town and falls four hundred metres on its "
    "way to the sea. Its flow has been measured at three gauges since 1911. "
)
_MILL = (
    "The mill stood on the left bank until the flood of 1953. What is left of its "
    "weir still turns the current towards the meadows. "
)
_HEADER = ["Gauge", "Place", "Flow (m3/s)", "Since"]
_GAUGES = [[f"G{n}", f"Bridge {n}", f"{20 + n}.5", str(1911 + n)] for n in range(1, 19)]

CASES = (
    Case(
        name="sections_over_pages",
        shows="Headings cut, pages do not (rules 2 and 3).",
        answer=result(
            page(1, heading("The river"), text(_RIVER * 2)),
            page(2, text(_MILL * 2), heading("The town"), text(_MILL * 3)),
        ),
        options={"max_tokens": 200, "min_tokens": 50},
        why=(
            (
                "section",
                "The town is another section; the page break after the first paragraph cut nothing.",
            ),
            ("end", "The document ends."),
        ),
    ),
    Case(
        name="small_sections",
        shows="Small sections merge under their common path (rule 4).",
        answer=result(
            page(
                1,
                heading("Opening hours"),
                heading("Museum", 2),
                text("Daily from ten to six."),
                heading("Library", 2),
                text("On weekdays from nine to five."),
                heading("History"),
                text(_RIVER * 3),
            )
        ),
        options={"max_tokens": 200, "min_tokens": 40},
        why=(
            (
                "end",
                "The two small sections merge with each other and with the history, since all of it fits; what they have in common is the document, so the path is empty.",
            ),
        ),
    ),
    Case(
        name="split_table",
        shows="Each part of a table repeats its lead and header (rules 6 and 7).",
        answer=result(
            page(
                1,
                heading("Measurements"),
                text(_RIVER),
                text("Table 1: Gauges of the river"),
                text("(flow in cubic metres a second)"),
                table([_HEADER, *_GAUGES]),
                text("Source: Office of Waterways."),
            )
        ),
        options={"max_tokens": 128, "min_tokens": 20},
        why=(
            (
                "cap",
                "The table with its title and unit does not fit below the paragraph, so the lines go with it.",
            ),
            (
                "part",
                "Eighteen rows make three parts, as even as they can be with the source line in the last one.",
            ),
            (
                "part",
                "The title, the unit and the header are said again, the rows go on.",
            ),
            (
                "end",
                "The source line belongs to the table and stands below its last rows.",
            ),
        ),
    ),
    Case(
        name="wide_row",
        shows="A row wider than the cap becomes header: value pairs (rule 6).",
        answer=result(
            page(
                1,
                table(
                    [
                        ["Gauge", *[f"Mean flow in {1990 + n}" for n in range(16)]],
                        ["G1 at the bridge", *[f"{20 + n}.5" for n in range(16)]],
                    ]
                ),
            )
        ),
        options={"max_tokens": 64, "min_tokens": 10},
        why=(
            (
                "part",
                "The header is wider than half of the cap, so each cell takes its own name along.",
            ),
            ("part", "The label of the row opens each of its parts."),
            ("part", "A cut falls between two cells, never inside one that fits."),
            ("end", "The row ends."),
        ),
    ),
    Case(
        name="merged_table",
        shows="A table merged from two pages spans them, its stub goes (rule 8).",
        answer=result(
            page(
                4,
                heading("Gauges"),
                table([_HEADER, *_GAUGES[:6]], merged_from_pages=[4, 5]),
            ),
            page(
                5,
                {**table([[]]), "md": "", "merged_into_page": 4},
                text(_MILL),
            ),
        ),
        why=(
            (
                "end",
                "The table counts for pages 4 and 5; its stub on page 5 is left out.",
            ),
        ),
    ),
    Case(
        name="captions_and_introductions",
        shows="Captions, notes and introductions stay with what they are about (rule 7).",
        answer=result(
            page(
                1,
                heading("Field guide"),
                text(_RIVER * 2),
                text("For a day at the river you need:"),
                listing("a map of the valley", "boots", "a flask of tea"),
                text(_MILL * 2),
                image("Map of the valley", "page_1_image_1_v2.jpg"),
                text("Figure 1: The valley in 1911.", label="caption"),
                text("Table 1: Ferries", label="caption"),
                table([["Ferry", "Fare"], ["Upper", "2<sup>1</sup>"], ["Lower", "3"]]),
                text("<sup>1</sup> In summer only.", label="footnote"),
            )
        ),
        options={"max_tokens": 110, "min_tokens": 20},
        why=(
            (
                "cap",
                "The line with the colon stays with its list; the next paragraph does not fit.",
            ),
            (
                "cap",
                "The picture and its caption stand together; the table with its caption and note does not fit.",
            ),
            ("end", "The note below the table stays with it."),
        ),
    ),
    Case(
        name="page_furniture",
        shows="Running heads go, and no page number tag is left (rule 9).",
        answer=result(
            page(
                7, header("Annual report"), heading("Outlook"), text(_MILL), footer(7)
            ),
            page(
                8,
                header("Annual report"),
                text(f"{_RIVER} (p. <page_number>8</page_number>)"),
                footer(8),
            ),
        ),
        why=(
            (
                "end",
                "The running head and both page numbers are left out; the tag in the text is gone and its number stays.",
            ),
        ),
    ),
    Case(
        name="repaired_headings",
        shows="Titles are promoted, levels read off numbers, units are no titles (rule 10).",
        answer=result(
            page(
                1,
                heading("Report on the river"),
                heading("1 Scope", 1),
                text(_RIVER),
                text("1.1 Gauges", label="paragraph_title"),
                text(_MILL),
                heading("(in millions)", 1),
                table([["Year", "Cost"], ["2023", "1.5"], ["2024", "1.7"]]),
                text(_MILL),
            )
        ),
        options={"max_tokens": 200, "min_tokens": 0, "repair_headings": True},
        why=(
            (
                "section",
                "The label of the line 1.1 says that it is a title, and its number that it is one level deeper.",
            ),
            (
                "end",
                "The unit is no title: it leads the table, and the last paragraph stays below 1.1.",
            ),
        ),
    ),
    Case(
        name="lists_and_code",
        shows="Lists split at entries, code at lines with its fences (rule 5).",
        answer=result(
            page(
                1,
                heading("Setting up"),
                listing(
                    "Open the sluice.",
                    listing("Turn the wheel to the left.", "Wait for the bell."),
                    "Read the gauge and write the level down, with date and hour.",
                    listing("In metres above the sill.", "To the nearest centimetre."),
                    "Close the sluice.",
                    ordered=True,
                ),
                code(
                    "\n".join(
                        f"level_{n} = read_gauge(station={n}, unit='m')"
                        for n in range(1, 9)
                    ),
                    "python",
                ),
            )
        ),
        options={"max_tokens": 64, "min_tokens": 10},
        why=(
            ("part", "The next entry with what is nested in it does not fit."),
            ("cap", "The code does not fit below the rest of the list."),
            ("part", "The fence is closed after a whole line."),
            ("part", "And opened again with the language before the next one."),
            ("end", "The document ends."),
        ),
    ),
    Case(
        name="failed_and_blank_pages",
        shows="A failed page may have a placeholder, a blank one leaves no trace (rule 1).",
        answer=result(
            page(1, heading("Notes"), text(_RIVER)),
            failed_page(2, "worker timed out"),
            page(3),
            page(4, text(_MILL)),
        ),
        options={"on_failed_page": "placeholder"},
        why=(
            (
                "end",
                "The placeholder says what is missing where it is missing; the section goes on after it.",
            ),
        ),
    ),
    Case(
        name="other_scripts",
        shows="Texts without spaces split at their own full stops (rule 5).",
        answer=result(
            page(
                1,
                heading("河流"),
                text(
                    "这条河发源于镇上方的山丘，向海流去时下降四百米。"  # noqa: RUF001 - Chinese punctuation
                    "自一九一一年以来，有三个水文站测量其流量。"  # noqa: RUF001 - Chinese punctuation
                    "磨坊在左岸，一九五三年被洪水冲毁。"  # noqa: RUF001 - Chinese punctuation
                ),
                heading("النهر"),
                text(
                    "ينبع النهر من التلال فوق البلدة وينحدر أربعمائة متر في طريقه إلى "
                    "البحر. تقاس مياهه في ثلاث محطات منذ عام 1911."
                ),
            )
        ),
        options={"max_tokens": 80, "min_tokens": 10},
        why=(
            ("part", "A full stop ends the part, though no space follows it."),
            ("section", "A new section begins, and both are above the smallest size."),
            ("part", "The sentence ends."),
            ("end", "The document ends."),
        ),
    ),
)
