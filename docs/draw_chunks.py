"""Draw chunks over their pages: writes `chunks.svg` beside this file, for the README."""

import textwrap
from collections.abc import Iterator
from html import escape
from pathlib import Path

import parsestrata
from parsestrata.conversion.conversion import Conversion
from parsestrata.document.model import Item
from parsestrata.options import Options
from parsestrata.sources.source import open_source

HERE = Path(__file__).parent
RESULT = HERE.parent / "examples" / "harbour-water-2025.json"
PAGES = (2, 3)
CROP = 600.0
"""Points of a page that are shown."""
SCALE = 0.7
GAP, LEGEND = 24, 236
COLOURS = ("#2a7f9e", "#c8553d", "#588157", "#8a5a9e", "#b08d2e")
FONT = "font-family='Helvetica, Arial, sans-serif'"


def lines_of(item: Item) -> list[tuple[tuple[str, ...], bool]]:
    """Return the lines of an item, in columns, and whether they are bold."""
    if item.table is not None:
        return [(row, number == 0) for number, row in enumerate(item.table.rows)]
    if item.entries:
        return [((f"{'   ' * e.depth}• {e.text}",), False) for e in item.entries]
    plain = item.plain.replace("<sup>1</sup>", "¹")
    return [((line,), item.level > 0) for line in textwrap.wrap(plain, 96)]


def draw_item(item: Item) -> Iterator[str]:
    """Write an item's text in its box."""
    for region in item.regions:
        lines = lines_of(item)
        step = region.height / max(len(lines), 1)
        size = min(step * 0.8, 19.0 if item.level else 9.5)
        for number, (cells, bold) in enumerate(lines):
            y = region.y + step * (number + 0.75)
            weight = " font-weight='bold'" if bold else ""
            for column, cell in enumerate(cells):
                x = region.x + column * region.width / len(cells)
                yield (
                    f"<text x='{x:.1f}' y='{y:.1f}' font-size='{size:.1f}'{weight}"
                    f" fill='#222' xml:space='preserve'>{escape(cell)}</text>"
                )


def draw_page(
    number: int, items: list[Item], chunks: list[parsestrata.Chunk]
) -> Iterator[str]:
    """Draw one page in points."""
    page = next(item.page for item in items if item.page.number == number)
    edge = f"M0 {CROP} V0 H{page.width} V{CROP}"
    yield f"<path d='{edge}' fill='white' stroke='#bbb' stroke-width='1.5'/>"
    for item in items:
        if item.page.number == number and item.kind not in {"header", "footer"}:
            yield from draw_item(item)
    for chunk in chunks:
        boxes = [r for r in chunk.regions if r.page_number == number]
        if not boxes:
            continue
        left, right = min(r.x for r in boxes) - 12, 612 - 60
        top = min(r.y for r in boxes) - 5
        bottom = max(r.y + r.height for r in boxes) + 5
        colour = COLOURS[chunk.index % len(COLOURS)]
        yield (
            f"<rect x='{left:.1f}' y='{top:.1f}' width='{right - left:.1f}'"
            f" height='{bottom - top:.1f}' rx='6' fill='{colour}' fill-opacity='0.10'"
            f" stroke='{colour}' stroke-width='2'/>"
        )


def draw_legend(chunks: list[parsestrata.Chunk]) -> Iterator[str]:
    """Say what each colour is."""
    y = 24
    for chunk in chunks:
        colour = COLOURS[chunk.index % len(COLOURS)]
        part = f", part {chunk.part} of {chunk.parts}" if chunk.parts > 1 else ""
        first, last = chunk.page_number, chunk.page_end
        pages = f"page {first}" if first == last else f"pages {first}-{last}"
        path = textwrap.wrap(chunk.heading_path, 34)
        yield f"<rect y='{y - 11}' width='13' height='13' rx='3' fill='{colour}'/>"
        for number, line in enumerate([*path, pages + part]):
            grey = "#667" if number == len(path) else "#222"
            yield (
                f"<text x='22' y='{y}' font-size='12' fill='{grey}'>{escape(line)}</text>"
            )
            y += 17
        y += 14


def draw() -> str:
    """Draw the pages and the legend."""
    options = Options(on_failed_page="skip")
    conversion = Conversion(open_source(RESULT, options), options)
    items = list(conversion.items())
    chunks = [
        chunk
        for chunk in parsestrata.chunk(RESULT, on_failed_page="skip")
        if any(region.page_number in PAGES for region in chunk.regions)
    ]
    shapes = []
    for column, number in enumerate(PAGES):
        x = column * (612 * SCALE + GAP) + 2
        shapes.append(f"<g transform='translate({x:.1f} 2) scale({SCALE})'>")
        shapes += [*draw_page(number, items, chunks), "</g>"]
    x = len(PAGES) * (612 * SCALE + GAP) + 2
    shapes += [f"<g transform='translate({x:.1f} 2)'>", *draw_legend(chunks), "</g>"]
    width = x + LEGEND
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{width:.0f}'"
        f" height='{CROP * SCALE + 4:.0f}' {FONT}>\n" + "\n".join(shapes) + "\n</svg>\n"
    )


if __name__ == "__main__":
    (HERE / "chunks.svg").write_text(draw(), encoding="utf-8")
