"""The main job on a result that ships with the package: outline, chunks, report."""

import warnings
from collections.abc import Iterable
from pathlib import Path

import parsestrata
from parsestrata.document.outline import Section

RESULT = Path(__file__).with_name("harbour-water-2025.json")
SHOWN_CHUNKS = 4
SHOWN_LINES = 9


def show_outline(sections: Iterable[Section], indent: str = "  ") -> None:
    """Print the section tree with its pages."""
    for section in sections:
        print(f"{indent}{section.heading.text}  (page {section.page_number})")
        show_outline(section.sections, f"{indent}  ")


def show_chunk(chunk: parsestrata.Chunk) -> None:
    """Print where a chunk stands and how it begins."""
    print(f"\n--- pages {chunk.page_number}-{chunk.page_end} | {chunk.heading_path}")
    lines = chunk.body.splitlines()
    print("\n".join(f"    {line}" for line in lines[:SHOWN_LINES]))
    if len(lines) > SHOWN_LINES:
        print(f"    ... {len(lines) - SHOWN_LINES} more lines")


def main() -> None:
    """Show what becomes of one parse result."""
    warnings.simplefilter("ignore", parsestrata.ParseStrataWarning)
    report = parsestrata.Report()
    chunks = list(parsestrata.chunk(RESULT, report=report))
    print(f"{RESULT.name}: the outline\n")
    show_outline(parsestrata.outline(RESULT))
    print(f"\n{SHOWN_CHUNKS} of {len(chunks)} chunks")
    for chunk in chunks[:SHOWN_CHUNKS]:
        show_chunk(chunk)
    report.verify()
    print(f"\nThe report\n\n{report}\n")
    print("Every item is in a chunk or left out with its reason: verified.")


if __name__ == "__main__":
    main()
