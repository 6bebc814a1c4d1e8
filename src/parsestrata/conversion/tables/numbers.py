"""Columns of text -> numbers, where every cell is one and can be read in one way."""

import functools
import re
from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

DecimalMark = Literal[".", ","]
Numbers = list[int | None] | list[float | None]

_DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2026"
_NO_VALUE = ("", "--", "---", "..", "...", "n/a", "n.a.", "na", "nm", "n.m.")
BLANKS = frozenset([*_DASHES, *_NO_VALUE])
"""Cells without a value, in lower case. A dash is no zero: what it means the table's
notes say."""
_MOST_DIGITS = 15
"""More are an account or a serial number, which a float would round."""
_MARK = re.compile(
    r"(?:\s*(?:<sup>[^<]*</sup>|[\u00b9\u00b2\u00b3\u2070-\u2079\u1d43-\u1d61]+"
    r"|[*\u2020\u2021\u00a7]+|[(\[][a-z][)\]]))+$"
)
"""Footnote marks after a number: superscripts, asterisks, daggers, "(a)"."""
_POWER = re.compile(r"(?<![\d.,])10\s*(?:<sup>|[\u00b9\u00b2\u00b3\u2070-\u2079])")
_CURRENCY = re.compile(
    r"(?:(?:US|A|C|HK|NZ|S)?\$|[\u00a3\u00a5\u20a0-\u20bf]|(?:AUD|BRL|CAD|CHF|CNY|CZK|DKK"
    r"|EUR|GBP|HKD|HUF|INR|JPY|KRW|MXN|NOK|NZD|PLN|RMB|SEK|SGD|USD|ZAR|Rs\.?|kr\.?))"
)
_SIGN = re.compile(r"[+\-\u2212\u2013]\s*(?=[\d.,])")
_GROUP = "[\u00a0\u2009\u202f'\u2019]"
"""Separators of thousands in every convention."""
_DIGITS: dict[DecimalMark, re.Pattern[str]] = {
    ".": re.compile(
        rf"(?P<whole>0|[1-9]\d*|[1-9]\d{{0,2}}(?:(?:,\d{{3}})+|(?:{_GROUP}\d{{3}})+)"
        r"|[1-9]\d?(?:,\d\d)+,\d{3})?(?:\.(?P<part>\d+))?"
    ),
    ",": re.compile(
        rf"(?P<whole>0|[1-9]\d*|[1-9]\d{{0,2}}(?:(?:\.\d{{3}})+|(?:(?:{_GROUP}|[ ])\d{{3}})+)"
        r")?(?:,(?P<part>\d+))?"
    ),
}


class Number(Struct, frozen=True, gc=False):
    """A cell that is a number."""

    value: int | float
    unit: str
    """Its currency, "%" or ""."""


@functools.lru_cache(maxsize=8192)  # a cell is read once to read it, once to be sure
def read_number(cell: str, decimal: DecimalMark = ".") -> Number | None:
    """Read a cell that holds a number and nothing else; None for any other.

    Read are signs, parentheses for negative numbers, one currency before or after,
    a percent sign (12.5 % is 12.5), separators of thousands, and footnote marks,
    which are left out. A leading zero ("007") and more than 15 digits make a name
    of it, not a number.

    Args:
        cell: On one line.
        decimal: The decimal mark. Thousands are grouped by the other mark, by a
            no-break or narrow space or an apostrophe; by a plain space with "," only.
    """
    if _POWER.search(cell):
        return None
    text = _MARK.sub("", cell.strip())
    percent, text = _take_percent(text)
    negative, text = _take_parentheses(text)
    inner, text = _take_percent(text)
    signs, currencies, text = _take_fronts(text)
    if (percent and inner) or len(currencies) > 1 or (negative and signs):
        return None
    if len(signs) > 1 or (currencies and (percent or inner)):
        return None
    value = _read_digits(text, decimal)
    if value is None:
        return None
    unit = currencies[0] if currencies else "%" if percent or inner else ""
    less = negative or (bool(signs) and signs[0] != "+")
    return Number(-value if less else value, unit)


def _take_percent(text: str) -> tuple[bool, str]:
    bare = text.removesuffix("%").rstrip()
    return bare != text, bare


def _take_parentheses(text: str) -> tuple[bool, str]:
    """Take off parentheses; a currency may stand before them."""
    opening, bracket, rest = text.partition("(")
    opening = opening.strip()
    if not bracket or not rest.endswith(")"):
        return False, text
    if opening and not _CURRENCY.fullmatch(opening):
        return False, text
    return True, f"{opening} {rest[:-1].strip()}".strip()


def _take_fronts(text: str) -> tuple[list[str], list[str], str]:
    """Take signs and currencies from the front, a currency from the end too."""
    signs, currencies = [], []
    while text:
        if sign := _SIGN.match(text) or re.match(r"[+\-\u2212](?=\s*\D)", text):
            signs.append(sign[0].strip())
            text = text[sign.end() :].lstrip()
        elif currency := _CURRENCY.match(text):
            currencies.append(currency[0])
            text = text[currency.end() :].lstrip()
        else:
            break
    last = re.search(rf"\s*({_CURRENCY.pattern})$", text)
    if last:
        currencies.append(last[1])
        text = text[: last.start()]
    return signs, currencies, text


def _read_digits(text: str, decimal: DecimalMark) -> int | float | None:
    found = _DIGITS[decimal].fullmatch(text)
    if found is None or not any(found.groups()):
        return None
    whole = re.sub(r"\D", "", found["whole"] or "0")
    part = found["part"]
    if len(whole) + len(part or "") > _MOST_DIGITS:
        return None
    return int(whole) if part is None else float(f"{whole}.{part}")


def read_columns(
    columns: Sequence[Sequence[str]], decimal: DecimalMark | None = None
) -> list[Numbers | None]:
    """Read the columns of one table that are numbers.

    A column is numbers when each of its cells is one or blank ("", a dash, "n/a"),
    one at least is, all have the same currency (or none) and all or none a percent
    sign. Its blank cells are None.

    Args:
        columns: Cells on one line, without the header.
        decimal: The decimal mark. None takes the point, and leaves a column as it is
            that may mean something else: "1.234" alone may be a thousand, "1,234"
            may be one and a bit where another column has a decimal comma.

    Returns:
        For each column its numbers, int where none has decimals; None for a column
        that stays text.
    """
    both = decimal is None
    cells = [cell for column in columns for cell in column] if both else []
    comma = any(_reads_only(cell, ",") for cell in cells)
    point = any(_reads_only(cell, ".") for cell in cells)
    made: list[Numbers | None] = []
    for column in columns:
        numbers = _read_column(column, decimal or ".")
        if both and numbers is not None and not _is_certain(column, point, comma):
            numbers = None
        made.append(numbers)
    return made


def _read_column(column: Sequence[str], decimal: DecimalMark) -> Numbers | None:
    """Read a column; with asterisks, parentheses are errors of an estimate."""
    together = "\n".join(column)
    if "*" in together and "(" in together:
        return None
    numbers: list[Number | None] = []
    for cell in column:
        number = None if is_blank(cell) else read_number(cell, decimal)
        if number is None and not is_blank(cell):
            return None
        numbers.append(number)
    found = [number for number in numbers if number is not None]
    units = {number.unit for number in found}
    if not found or len(units - {""}) > 1 or ("%" in units and len(units) > 1):
        return None
    values = [None if number is None else number.value for number in numbers]
    if any(type(value) is float for value in values):
        return [None if value is None else float(value) for value in values]
    return [None if value is None else int(value) for value in values]


def is_blank(cell: str) -> bool:
    """Say whether a cell has no value: "", a dash, "n/a"."""
    text = cell.strip().lower()
    return text in BLANKS or (_MARK.sub("", text) or "*") in BLANKS


def _is_certain(column: Sequence[str], point: bool, comma: bool) -> bool:  # noqa: FBT001 - named by its caller
    """Say whether a column read with the decimal point can mean nothing else.

    Args:
        column: Its cells, all numbers or blank.
        point: Some cell of the table has a decimal point for certain.
        comma: Some cell of the table has a decimal comma for certain.
    """
    if any(_reads_only(cell, ".") for cell in column):
        return True
    either = [cell for cell in column if _reads_both_ways(cell)]
    if not either:
        return True
    return not comma and (point or not any("." in cell for cell in either))


def _reads_only(cell: str, decimal: DecimalMark) -> bool:
    """Say whether a cell is a number in one convention and none in the other."""
    other: DecimalMark = "," if decimal == "." else "."
    marked = decimal in cell or other in cell
    return marked and bool(read_number(cell, decimal) and not read_number(cell, other))


def _reads_both_ways(cell: str) -> bool:
    """Say whether a cell is one number here and another there, as "1,234"."""
    one, other = read_number(cell, "."), read_number(cell, ",")
    return bool(one and other and one.value != other.value)
