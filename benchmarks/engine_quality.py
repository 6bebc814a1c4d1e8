"""How good the local engine's headings, lists and tables are, in Markdown tables.

    python benchmarks/engine_quality.py [DIRECTORY OF THE PDFS]

Three truths, none of them the engine's:

- tags: what the author of a tagged PDF called each line. The engine reads tags too,
  so each file is parsed with them, and with them made unreadable, which is how it
  does on the many files that have none.
- contents: the numbered titles in a document's own table of contents, each of which
  should be a heading whose level is the depth of its number.
- rows: the rows of two tables, written down from the page (`truth/*.txt`), found when
  one row of one table has all cells of it, in order, and those of no other row.
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from parsestrata.options import Options
from parsestrata.sources.local.engine import Call, count_pages, read_document
from parsestrata.sources.local.markup import letters
from parsestrata.sources.local.parsing import parse_document

Item = dict[str, Any]
PDFS = Path(__file__).resolve().parents[2] / "shared" / "pdf"
TRUTH = Path(__file__).with_name("truth")
TAGGED = ("pdf_structure.pdf", "word365_structure.pdf")
WITH_CONTENTS = {"reportlab-userguide.pdf": (2, 5), "debian-policy.pdf": (3, 8)}
"""First and last page of the table of contents."""
TABLES = ("senate-expenditures", "nics-rotated")
ENTRY = re.compile(r"\s*(?:Chapter )?(\d+(?:\.\d+)*)\s+(\S.*?)[\s.]+\d+\s*")


def parse(data: bytes) -> list[Item]:
    """Return the items of a document in order, with those within lists."""
    result = json.loads(parse_document(data, Options()))
    pages = result["items"]["pages"]
    return [item for page in pages for item in page.get("items", ())]


# Tags


def tagged(data: bytes) -> tuple[list[tuple[str, int]], list[str], list[str]]:
    """Read headings with levels, list entries and cells off the tags."""
    headings: list[tuple[str, int]] = []
    entries: list[str] = []
    cells: list[str] = []
    reading = read_document(data, Call(), count_pages(data, Call()))
    for page, runs in zip(reading.pages, reading.runs, strict=True):
        texts: dict[int, str] = {}
        for run in runs:
            if run.mcid is not None:
                texts[run.mcid] = texts.get(run.mcid, "") + run.letters
        roots = page.structure_tree.roots if page.structure_tree else []
        for element in walk(roots):
            text = "".join(texts.get(n, "") for n in own_ids(element))
            if match := re.fullmatch(r"H([1-6])", element.type):
                headings.append((text, int(match[1])))
            elif element.type == "LI":
                entries.append(text)
            elif element.type in {"TD", "TH"}:
                cells.append(text)
    return headings, entries, cells


def walk(elements: Iterable[Any]) -> Iterator[Any]:
    """Yield elements and all below them."""
    for element in elements:
        yield element
        yield from walk(element.children)


def own_ids(element: Any) -> list[int]:
    """Return the content ids of an element, but for those of lists within it."""
    ids = list(element.marked_content_ids)
    for child in element.children:
        if child.type != "L":
            ids += own_ids(child)
    return ids


def score(found: Sequence[str], truth: Sequence[str]) -> tuple[int, float, float]:
    """Return how many there are, precision and recall."""
    hits = sum(min(found.count(text), truth.count(text)) for text in set(truth))
    return len(truth), hits / max(len(found), 1), hits / max(len(truth), 1)


def found_entries(items: Iterable[Item]) -> Iterator[str]:
    """Yield the letters of every list entry, without its marker."""
    for item in items:
        if item["type"] == "list":
            for one in item["items"]:
                if one["type"] == "text":
                    yield letters(re.sub(r"^\(?\w{1,3}[.)] ", "", one["value"]))
            yield from found_entries([i for i in item["items"] if i["type"] == "list"])


def without_marker(text: str) -> str:
    """Take "1" or "a" of a marker off the letters of an entry."""
    return re.sub(r"^(?:\d+|[a-z](?=[A-ZÉ]))", "", text)


def print_tagged(directory: Path) -> None:
    """Print how far headings, entries and cells are those of the tags."""
    print("| tagged PDF | tags | what | truth | precision | recall | level agrees |")
    print("|---|---|---|---|---|---|---|")
    for name in TAGGED:
        data = (directory / name).read_bytes()
        headings, entries, cells = tagged(data)
        hidden = data.replace(b"/StructTreeRoot", b"/HiddenTreeRoot")
        for tags, items in (("read", parse(data)), ("hidden", parse(hidden))):
            print_tagged_file(name, tags, items, (headings, entries, cells))


def print_tagged_file(
    name: str,
    tags: str,
    items: Sequence[Item],
    truth: tuple[list[tuple[str, int]], list[str], list[str]],
) -> None:
    """Print the three rows of one parse."""
    headings, entries, cells = truth
    levels = {letters(i["value"]): i["level"] for i in items if i["type"] == "heading"}
    right = sum(levels.get(text) == level for text, level in headings)
    shared = sum(text in levels for text, _ in headings)
    rows = [row for i in items if i["type"] == "table" for row in i["rows"]]
    found = {
        "headings": (list(levels), [text for text, _ in headings], f"{right}/{shared}"),
        "list entries": (
            list(found_entries(items)),
            [without_marker(text) for text in entries],
            "",
        ),
        "table cells": ([letters(c) for row in rows for c in row], cells, ""),
    }
    for what, (mine, theirs, agree) in found.items():
        total, precision, recall = score(mine, theirs)
        print(
            f"| {name} | {tags} | {what} | {total} | {precision:.2f} | {recall:.2f} "
            f"| {agree} |"
        )


# Contents


def print_contents(directory: Path) -> None:
    """Print how many titles of the contents are headings, and on which level."""
    print("\n| document | titles in its contents | are headings | level order agrees |")
    print("|---|---|---|---|")
    for name, (first, last) in WITH_CONTENTS.items():
        result = json.loads(parse_document(directory / name, Options()))
        pages = result["text"]["pages"][first - 1 : last]
        lines = [line for page in pages for line in page["text"].splitlines()]
        entries = [match for line in lines if (match := ENTRY.fullmatch(line))]
        levels = dict(found_headings(result, after=last))
        known = [
            (match[1].count("."), levels[title])
            for match in entries
            if (title := letters(match[2]).lower()) in levels
        ]
        print(
            f"| {name} | {len(entries)} | {len(known) / max(len(entries), 1):.0%} "
            f"| {pair_agreement(known):.0%} |"
        )


def found_headings(result: Item, after: int) -> Iterator[tuple[str, int]]:
    """Yield the letters, without number, and the level of headings after a page."""
    for page in result["items"]["pages"][after:]:
        for item in page.get("items", ()):
            if item["type"] == "heading":
                title = re.sub(r"^(?:Chapter\s*)?(?:\d+[\d.]*\s+)?", "", item["value"])
                yield letters(title).lower(), item["level"]


def pair_agreement(levels: Sequence[tuple[int, int]]) -> float:
    """Return the share of pairs of different depth that are ordered as they should."""
    pairs = [(a, b) for a, b in combinations(levels, 2) if a[0] != b[0]]
    right = sum((a[0] < b[0]) == (a[1] < b[1]) and a[1] != b[1] for a, b in pairs)
    return right / max(len(pairs), 1)


# Rows


def print_rows(directory: Path) -> None:
    """Print how many rows of two tables are rows of a table of the result."""
    print("\n| table | rows | found whole | in the page's text |")
    print("|---|---|---|---|")
    for name in TABLES:
        lines = (TRUTH / f"{name}.txt").read_text(encoding="utf-8").splitlines()
        truth = [[letters(cell) for cell in line.split(" | ")] for line in lines]
        result = json.loads(parse_document(directory / f"{name}.pdf", Options()))
        rows = [
            "\0".join(letters(cell) for cell in row)
            for page in result["items"]["pages"]
            for item in page.get("items", ())
            if item["type"] == "table"
            for row in item["rows"]
        ]
        text = "".join(page["text"] for page in result["text"]["pages"]).splitlines()
        whole = sum(any(is_row(row, one, truth) for row in rows) for one in truth)
        plain = sum(any(in_order(letters(t), one) for t in text) for one in truth)
        print(f"| {name} | {len(truth)} | {whole} | {plain} |")


def is_row(row: str, one: Sequence[str], truth: Iterable[Sequence[str]]) -> bool:
    """Tell whether a row has all cells of one true row and the key of no other."""
    others = [other[0] for other in truth if other[0] not in one[0]]
    cells = row.split("\0")
    return in_order(row, one) and not any(other in cells for other in others)


def in_order(text: str, parts: Iterable[str]) -> bool:
    """Tell whether parts stand in a text one after the other."""
    at = 0
    for part in parts:
        at = text.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return True


def main() -> None:
    """Print all tables."""
    directory = Path(sys.argv[1]) if len(sys.argv) > 1 else PDFS
    print_tagged(directory)
    print_contents(directory)
    print_rows(directory)


if __name__ == "__main__":
    main()
