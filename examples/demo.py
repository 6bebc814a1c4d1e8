"""The main job on a PDF that ships with the package: parsed here, outline, chunks."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import parsestrata
from parsestrata.document.outline import Section

DOCUMENT = Path(__file__).with_name("reportlab-userguide.pdf")
SHOWN_LEVELS = 2
SHOWN_SECTIONS = 24
SHOWN_LINES = 9
KINDS = ("list", "code", "table", "image")
"""What the chunks that are shown hold, one chunk for each."""


def outline_lines(sections: Iterable[Section], depth: int = 0) -> Iterator[str]:
    """Write the upper levels of the section tree with their pages."""
    for section in sections:
        pages = f"p. {section.page_number}"
        if section.page_end > section.page_number:
            pages = f"pp. {section.page_number}-{section.page_end}"
        yield f"  {'  ' * depth}{section.heading.text}  ({pages})"
        if depth + 1 < SHOWN_LEVELS:
            yield from outline_lines(section.sections, depth + 1)


def show_outline() -> None:
    """Print the beginning of the outline."""
    lines = list(outline_lines(parsestrata.outline(DOCUMENT)))
    print("\n".join(lines[:SHOWN_SECTIONS]))
    print(f"  ... {len(lines) - SHOWN_SECTIONS} more sections on these levels")


def show_chunk(chunk: parsestrata.Chunk) -> None:
    """Print where a chunk stands and how it begins."""
    pages = f"p. {chunk.page_number}"
    if chunk.page_end > chunk.page_number:
        pages = f"pp. {chunk.page_number}-{chunk.page_end}"
    print(f"\n--- {pages} | {chunk.heading_path} | {', '.join(chunk.item_types)}")
    lines = chunk.body.splitlines()
    print("\n".join(f"    {line}"[:96] for line in lines[:SHOWN_LINES]))
    if len(lines) > SHOWN_LINES:
        print(f"    ... {len(lines) - SHOWN_LINES} more lines")


def first_of_each(chunks: Iterable[parsestrata.Chunk]) -> Iterator[parsestrata.Chunk]:
    """Yield the first chunk under a heading for each of the kinds."""
    wanted = list(KINDS)
    for chunk in chunks:
        held = [kind for kind in wanted if kind in chunk.item_types]
        if held and chunk.heading_path:
            wanted = [kind for kind in wanted if kind not in held]
            yield chunk


def main() -> None:
    """Show what becomes of one PDF."""
    report = parsestrata.Report()
    begin = time.perf_counter()
    chunks = list(parsestrata.chunk(DOCUMENT, report=report))
    seconds = time.perf_counter() - begin
    print(f"{DOCUMENT.name}, parsed on this machine: the outline\n")
    show_outline()
    shown = list(first_of_each(chunks))
    print(f"\n{len(shown)} of {len(chunks)} chunks")
    for chunk in shown:
        show_chunk(chunk)
    report.verify()
    kinds = Counter(kind for chunk in chunks for kind in chunk.item_types)
    print(f"\nThe report\n\n{report}")
    counted = ", ".join(f"{number} with {kind}" for kind, number in kinds.most_common())
    print(f"  chunks: {counted}")
    print(f"  {report.jobs[0].pages} pages in {seconds:.1f} seconds")
    print("\nEvery item is in a chunk or left out with its reason: verified.")


if __name__ == "__main__":
    main()
