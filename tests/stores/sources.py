"""The three documents that go into every store."""

from pathlib import Path

import building as b

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

TITLE = "Rates: 100 %_of 'all' \"fees\" \\ A:b {x} Größe 値"
"""A heading with whatever means something to some query language."""
ROWS, COLUMNS = 200, 40

_TABLE = [
    [f"Column {column}" for column in range(COLUMNS)],
    *([f"{row}.{column}" for column in range(COLUMNS)] for row in range(ROWS)),
]
WIDE = b.result(
    b.page(1, b.heading("Fees"), b.text(b.words(150))),
    b.page(2, b.heading(TITLE, 2), b.table(_TABLE)),
    b.page(3, b.heading("Fees of old"), b.text(b.words(150))),
    name="fees.pdf",
)
"""A table of 200 rows and 40 columns among headings that begin alike."""

SOURCES = {
    "report": EXAMPLES / "harbour-water-2025.json",
    "manual": EXAMPLES / "reportlab-userguide.pdf",
    "fees": WIDE,
}
