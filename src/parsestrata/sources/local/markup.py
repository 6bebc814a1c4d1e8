"""Markdown of the engine's blocks: to plain text, from plain text, and tables."""

import html
import re
from collections.abc import Sequence

_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|<>$~])")
_MARK = re.compile(r"(?<!\\)(?:\*{1,3}|`+)")
_LINK = re.compile(r"(?<!\\)\[((?:[^\[\]\\]|\\.)*)\]\((?:<[^<>]*>|[^()<>\s]*)\)")
_SPECIAL = re.compile(r"([\\`*_\[\]<>])")
_NEITHER_LETTER_NOR_DIGIT = re.compile(r"[\W_]+")
_BREAK = re.compile(r"\s*\n\s*")

Rows = Sequence[Sequence[str]]


def plain(markdown: str) -> str:
    """Take links, emphasis and escapes off a line of Markdown."""
    if "](" in markdown:
        markdown = _LINK.sub(r"\1", markdown)
    if "*" in markdown or "`" in markdown:
        markdown = _MARK.sub("", markdown)
    return _ESCAPED.sub(r"\1", markdown) if "\\" in markdown else markdown


def unemphasised(markdown: str) -> str:
    """Take emphasis alone off a line of Markdown."""
    return _MARK.sub("", markdown)


def escape(text: str) -> str:
    """Write plain text so that Markdown shows it as it is."""
    return _SPECIAL.sub(r"\\\1", text)


def letters(text: str) -> str:
    """Keep the letters and digits of a text: what two readings of it share."""
    return _NEITHER_LETTER_NOR_DIGIT.sub("", text)


def table_markdown(rows: Rows) -> str:
    """Write a pipe table whose first row is the header."""
    lines = [f"| {' | '.join(_pipe_cell(cell) for cell in row)} |" for row in rows]
    lines.insert(1, f"|{' --- |' * len(rows[0])}")
    return "\n".join(lines)


def table_csv(rows: Rows) -> str:
    """Write rows as CSV: every filled cell quoted, as the API does."""
    return "\n".join(",".join(_csv_cell(cell) for cell in row) for row in rows)


def table_html(rows: Rows) -> str:
    """Write rows as an HTML table, the first one as its head."""
    head, *body = [[_html_cell(cell) for cell in row] for row in rows]
    lines = ["<table>", "<thead>", _html_row(head, "th"), "</thead>"]
    if body:
        lines += ["<tbody>", *(_html_row(row, "td") for row in body), "</tbody>"]
    return "\n".join([*lines, "</table>"])


def _csv_cell(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if cell else ""


def _pipe_cell(cell: str) -> str:
    return _BREAK.sub("<br/>", cell).replace("|", "\\|")


def _html_cell(cell: str) -> str:
    return _BREAK.sub("<br />", html.escape(cell, quote=False))


def _html_row(cells: Sequence[str], tag: str) -> str:
    return f"<tr>{''.join(f'<{tag}>{cell}</{tag}>' for cell in cells)}</tr>"
