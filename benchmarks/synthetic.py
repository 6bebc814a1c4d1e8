"""Results of any length in the shape of the real ones, made from a seed.

The same pages and seed give the same bytes. A page is made from its number and the
seed alone, so that a body of any size is written page by page:

    python benchmarks/synthetic.py --pages 10000 -o result.json

Lengths of texts, items on a page, kinds and boxes follow real answers of the agentic
tier, with fewer tables: a page has about 9 kB of items. One page in a hundred failed,
one in forty is blank, one table in fifteen pages runs on to the next page.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from random import Random
from typing import Any

from synthetic_words import Words

Json = dict[str, Any]

_KINDS = ("prose", "table", "list", "figure", "code")
_KIND_WEIGHTS = (34, 44, 10, 8, 4)
_CHAPTER = 14
"""Pages of a chapter."""
_FAILED, _BLANK, _MERGED = (100, 13), (40, 17), (30, 8)
"""How many pages apart, and the first of them."""
_LEFT, _WIDTH, _LINE, _LINE_CHARACTERS = 72.0, 468.0, 11.3, 92
_PAGE_WIDTH, _PAGE_HEIGHT = 612.0, 792.0


def make_response(
    pages: int, seed: int, *, markdown: bool = False, items: bool = True
) -> bytes:
    """Make the body of a whole answer.

    Args:
        pages: How many.
        seed: Other seeds, other texts.
        markdown: Have what `expand=markdown` adds.
        items: Have what `expand=items,metadata` adds.
    """
    return b"".join(write_response(pages, seed, markdown=markdown, items=items))


def write_response(
    pages: int, seed: int, *, markdown: bool = False, items: bool = True
) -> Iterator[bytes]:
    """Yield the same body a page at a time; takes what `make_response` takes."""
    numbers = range(1, pages + 1)
    yield b'{"job":' + _dump(_job(seed))
    yield b',"result_content_metadata":null,"text":null,"markdown":'
    yield from _section(_markdown_page(n, seed) for n in numbers if markdown)
    yield b',"items":'
    yield from _section(make_page(n, seed) for n in numbers if items)
    yield b',"metadata":'
    yield from _section(_metadata_page(n, seed) for n in numbers if items)
    yield b',"images_content_metadata":null,"job_metadata":null}'


def make_page(number: int, seed: int) -> Json:
    """Make one page of `expand=items`, failed and blank ones among them.

    Args:
        number: 1-based.
        seed: That of the whole answer.
    """
    if _is_turn(number, _FAILED):
        error = "page image could not be rendered"
        return {"page_number": number, "error": error, "success": False}
    return {
        "page_number": number,
        "items": [] if _is_turn(number, _BLANK) else _Maker(number, seed).items(),
        "page_width": _PAGE_WIDTH,
        "page_height": _PAGE_HEIGHT,
        "success": True,
    }


def _is_turn(number: int, every: tuple[int, int]) -> bool:
    return number % every[0] == every[1]


def _dump(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _section(pages: Iterable[Json]) -> Iterator[bytes]:
    """Write the pages of one `expand` value; null when there are none."""
    opening = b'{"pages":['
    for page in pages:
        yield opening + _dump(page)
        opening = b","
    yield b"]}" if opening == b"," else b"null"


def _job(seed: int) -> Json:
    return {
        "id": f"pjb-{seed:028d}",
        "project_id": "11111111-2222-4333-8444-555555555555",
        "status": "COMPLETED",
        "created_at": "2026-08-13T14:31:28.997366Z",
        "updated_at": "2026-08-13T14:52:01.114210Z",
        "error_message": None,
        "name": f"synthetic-{seed}.pdf",
        "tier": "agentic",
    }


def _metadata_page(number: int, seed: int) -> Json:
    return {
        "page_number": number,
        "confidence": round(Random(f"{seed}~{number}").uniform(0.6, 1), 3),
        "original_orientation_angle": 0,
        "cost_optimized": False,
        "triggered_auto_mode": False,
        "printed_page_number": str(number),
    }


def _markdown_page(number: int, seed: int) -> Json:
    """Write a page's items as the API does: tables as HTML, furniture apart."""
    page = make_page(number, seed)
    if not page["success"]:
        return page
    furniture = {i["type"]: i["md"] for i in page["items"] if "items" in i}
    furniture.pop("list", None)
    body = [
        item.get("html") or item["md"]
        for item in page["items"]
        if item["type"] not in furniture
    ]
    return {
        "page_number": number,
        "markdown": "\n\n".join(filter(None, body)),
        **furniture,
        "success": True,
    }


class _Maker:
    """Makes the items of one page, one below the other."""

    def __init__(self, number: int, seed: int) -> None:
        self._number = number
        self._random = Random(f"{seed}/{number}")
        self._words = Words(self._random)
        self._y = 60.0

    def items(self) -> list[Json]:
        chapter, place = divmod(self._number - 1, _CHAPTER)
        items = [self._furniture("header", f"Annual report • {2020 + chapter % 7}")]
        items += self._headings(chapter + 1, place)
        if _is_turn(self._number - 1, _MERGED):
            items.append(self._stub())
        kind = self._random.choices(_KINDS, _KIND_WEIGHTS)[0]
        if _is_turn(self._number, _MERGED):
            kind = "table"
        items += getattr(self, f"_{kind}_page")()
        number = f"<page_number>{self._number}</page_number>"
        return [*items, self._furniture("footer", f"Synthetic works | {number}")]

    # Pages

    def _headings(self, chapter: int, place: int) -> Iterator[Json]:
        if place == 0:
            yield self._heading(f"{chapter} {self._words.title()}", 1)
        elif place % 2 == 0:
            yield self._heading(f"{chapter}.{place} {self._words.title()}", 2)

    def _prose_page(self) -> Iterator[Json]:
        for turn in range(self._random.randint(8, 11)):
            if turn in {2, 6} and self._happens(0.5):
                yield self._heading(self._words.title(), 3)
            yield self._paragraph(self._random.randint(1, 5))
        if self._happens(0.4):
            yield self._link()

    def _table_page(self) -> Iterator[Json]:
        for sentences in (3, 2, 1):
            yield self._paragraph(sentences)
        yield self._text(
            f"Table {self._number}. {self._words.title()}", label="caption"
        )
        merged = _is_turn(self._number, _MERGED)
        rows, columns = self._random.randint(8, 22), self._random.randint(3, 6)
        yield self._table(rows, columns, merged=merged)
        yield self._text("Source: own records, unaudited", label="footnote")
        yield self._paragraph(4)
        if self._happens(0.4):
            yield self._heading(self._words.title(), 3)
            yield self._table(self._random.randint(3, 8), 3)

    def _list_page(self) -> Iterator[Json]:
        for _ in range(2):
            yield self._paragraph(4)
            yield self._text("The programme covers the following:")
            yield self._list(self._random.randint(4, 8), nested=True)
        yield self._paragraph(3)

    def _figure_page(self) -> Iterator[Json]:
        yield self._paragraph(4)
        caption = self._words.title() if self._happens(0.6) else ""
        url = f"page_{self._number}_image_1_v2.jpg" if caption else ""
        box = self._boxes(150.0, label="image", md="")
        md = f"![{caption}]({url})" if caption else ""
        yield {"type": "image", "md": md, "bbox": box, "caption": caption, "url": url}
        yield self._text(
            f"Figure {self._number}. {self._words.title()}", label="caption"
        )
        for _ in range(5):
            yield self._paragraph(3)

    def _code_page(self) -> Iterator[Json]:
        yield self._paragraph(3)
        lines = [
            f"    {self._words.word()}_{turn} = read({self._random.random():.3f})"
            for turn in range(self._random.randint(12, 30))
        ]
        value = "\n".join(["def measure(works):", *lines, "    return works"])
        md = f"```python\n{value}\n```"
        box = self._boxes(12.0 * len(lines), label="code", md=md)
        yield {
            "type": "code",
            "md": md,
            "bbox": box,
            "value": value,
            "language": "python",
        }
        for _ in range(5):
            yield self._paragraph(2)

    def _happens(self, share: float) -> bool:
        return self._random.random() < share

    # Items

    def _furniture(self, kind: str, words: str) -> Json:
        y = 30.0 if kind == "header" else 752.0
        frame = {"x": _LEFT, "y": y, "w": _WIDTH, "h": 12.5}
        escaped = words.replace("<", "\\<")
        box = {**frame, **_span(escaped), "confidence": 0.95, "label": kind}
        child = {"type": "text", "md": escaped, "bbox": [box], "value": words}
        return {"type": kind, "md": words, "bbox": [frame], "items": [child]}

    def _heading(self, words: str, level: int) -> Json:
        md = f"{'#' * level} {words}"
        box = self._boxes(16.0, label="paragraph_title", md=md)
        item = {"type": "heading", "md": md, "bbox": box}
        return {**item, "level": level, "value": words}

    def _paragraph(self, sentences: int) -> Json:
        md = " ".join([self._words.sentence() for _ in range(sentences)])
        return self._text(md)

    def _text(self, md: str, label: str = "text") -> Json:
        value = md.replace("**", "").replace("\\", "")
        box = self._text_boxes(md, label)
        return {"type": "text", "md": md, "bbox": box, "value": value}

    def _link(self) -> Json:
        url = f"https://example.org/{self._words.word()}/{self._number}"
        box = self._boxes(_LINE, label="text", md=url)
        return {"type": "link", "md": url, "bbox": box, "url": url, "text": url}

    def _list(self, entries: int, *, nested: bool) -> Json:
        ordered = self._happens(0.3)
        children = [self._text(self._words.sentence()) for _ in range(entries)]
        if nested and self._happens(0.5):
            children.insert(2, self._list(2, nested=False))
        lines = []
        for turn, child in enumerate(children, 1):
            marker = f"{turn}." if ordered else "*"
            whole = child["md"].replace("\n", "\n  ")
            nested_list = child["type"] == "list"
            lines.append(f"  {whole}" if nested_list else f"{marker} {whole}")
        md = "\n".join(lines)
        box = self._boxes(12.0, label="list", md=md)
        item = {"type": "list", "md": md, "bbox": box}
        return {**item, "ordered": ordered, "items": children}

    def _table(self, rows: int, columns: int, *, merged: bool = False) -> Json:
        head = [
            "",
            *[f"{self._words.word()}<br/>{2026 - n}" for n in range(columns - 1)],
        ]
        cells = [head, *[self._words.row(columns) for _ in range(rows)]]
        md = _pipe_table(cells)
        more: Json = {}
        if merged:
            more["merged_from_pages"] = [self._number, self._number + 1]
        if self._happens(0.5):
            concern = {"type": "multi_table_page", "details": "2 tables on page"}
            more["parse_concerns"] = [concern]
        return {
            "type": "table",
            "md": md,
            "bbox": self._boxes(14.0 * rows, label="table", md=md),
            "rows": cells,
            "html": _html_table(cells),
            "csv": "\n".join([_csv_line(row) for row in cells]),
            **more,
        }

    def _stub(self) -> Json:
        box = self._boxes(40.0, label="table", md="")
        empty: Json = {"md": "", "rows": [], "html": "", "csv": ""}
        whole = self._number - 1
        return {"type": "table", "bbox": box, **empty, "merged_into_page": whole}

    # Boxes

    def _text_boxes(self, md: str, label: str) -> list[Json]:
        """Give one text in six two boxes, the second without offsets."""
        lines = len(md) // _LINE_CHARACTERS + 1
        boxes = self._boxes(_LINE * lines, label=label, md=md)
        if self._happens(0.17):
            rest = {"confidence": boxes[0]["confidence"], "label": label}
            boxes.append({"x": _LEFT, "y": self._y, "w": 210.25, "h": 11.0, **rest})
        return boxes

    def _boxes(self, height: float, *, label: str, md: str) -> list[Json]:
        y = round(min(self._y, _PAGE_HEIGHT - height), 2)
        self._y = min(self._y + height / 2, 700.0)
        width = round(_WIDTH - self._random.random() * 40, 2)
        box: Json = {"x": _LEFT, "y": y, "w": width, "h": round(height, 2)}
        box["confidence"] = round(self._random.uniform(0.5, 1), 2)
        return [{**box, **(_span(md) if md else {}), "label": label}]


def _span(md: str) -> Json:
    return {"start_index": 0, "end_index": len(md) - 1}


def _pipe_table(rows: list[list[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rule = ["-" * max(width, 3) for width in widths]
    lines = [
        [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        for row in [rows[0], rule, *rows[1:]]
    ]
    return "\n".join([f"| {' | '.join(line)} |" for line in lines])


def _html_table(rows: list[list[str]]) -> str:
    head, *body = [_html_row(row, "td" if n else "th") for n, row in enumerate(rows)]
    return (
        f"<table>\n  <thead>\n{head}  </thead>\n  <tbody>\n"
        f"{''.join(body)}  </tbody>\n</table>"
    )


def _html_row(row: list[str], tag: str) -> str:
    cells = [f"      <{tag}>{cell}</{tag}>\n" for cell in row]
    return f"    <tr>\n{''.join(cells)}    </tr>\n".replace("<br/>", "<br />")


def _csv_line(row: list[str]) -> str:
    return ",".join([f'"{cell}"' if cell else "" for cell in row])


def main() -> None:
    """Write a result to a file or to standard output."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("-o", "--output", type=Path, help="default: standard output")
    chosen = parser.parse_args()
    parts = write_response(chosen.pages, chosen.seed, markdown=chosen.markdown)
    opened = (
        chosen.output.open("wb") if chosen.output else nullcontext(sys.stdout.buffer)
    )
    with opened as file:
        file.writelines(parts)


if __name__ == "__main__":
    main()
