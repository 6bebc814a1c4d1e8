"""Rows and columns of a table by number or name."""

import difflib
import re
from collections.abc import Iterable, Sequence
from typing import Any

from parsestrata.chunking.tables import clean_row
from parsestrata.errors import ConfigError

_RANGE = re.compile(r"(\d+)(?:\s*[-\u2013:]\s*(\d*))?")
_SHOWN = 60


def unique_names(cells: Sequence[str]) -> tuple[str, ...]:
    """Name columns so that no two are alike.

    Args:
        cells: Of the header, on one line; "" becomes "column 3", the second of a
            name gets " (2)".
    """
    printed = set(cells)
    names: dict[str, None] = {}
    for number, cell in enumerate(cells, 1):
        first = cell or f"column {number}"
        name, times = first, 1
        while name in names or (name in printed and name != cell):
            times += 1
            name = f"{first} ({times})"
        names[name] = None
    return tuple(names)


def find_rows(asked: Any, total: int) -> list[int]:
    """Find rows by their numbers.

    Args:
        asked: 1-based: "1-20", "21-", "1-3, 7", a number, a range or several numbers; None
            for all.
        total: How many there are.

    Returns:
        0-based, in the order asked for; without those beyond the last.

    Raises:
        ConfigError: It is no such thing, or none of them is there.
    """
    if asked is None:
        return list(range(total))
    numbers = _read_rows(asked, total)
    found = [number - 1 for number in numbers if number <= total]
    if not found or min(numbers) < 1:
        there = f"1-{total}" if total else "none below the header"
        message = f"rows={_show(asked)}: the table's rows are {there}"
        raise ConfigError(message)
    return found


def _read_rows(asked: Any, total: int) -> Sequence[int]:
    if isinstance(asked, str):
        runs = asked.split(",")
        return [row for run in runs for row in _read_range(run, asked, total)]
    if isinstance(asked, int) and not isinstance(asked, bool):
        return [asked]
    if isinstance(asked, Iterable):
        numbers = list(asked)
        if all(isinstance(n, int) and not isinstance(n, bool) for n in numbers):
            return numbers
    raise _no_rows(asked)


def _read_range(text: str, asked: str, total: int) -> range:
    found = _RANGE.fullmatch(text.strip())
    if found is None:
        raise _no_rows(asked)
    first, end = int(found[1]), found[2]
    last = first if end is None else int(end) if end else max(total, first)
    if last < first:
        raise _no_rows(asked)
    return range(first, last + 1)


def _no_rows(asked: Any) -> ConfigError:
    message = (
        f'rows={_show(asked)}: expected "1-20", "21-", "1-3, 7", a number, a range or '
        "a list of numbers, from 1"
    )
    return ConfigError(message)


def find_columns(
    asked: Any, names: Sequence[str], header: Sequence[str] = ()
) -> list[int]:
    """Find columns by name or number.

    Args:
        asked: A name or 1-based number, or several; None for all. A name is taken
            as it is, then with other spaces and case; digits that are no name are a
            number.
        names: Of all columns, no two alike.
        header: Their cells as the parser wrote them, which are names too.

    Returns:
        0-based, in the order asked for.

    Raises:
        ConfigError: There is no such column, or none was asked for; says which
            there are.
    """
    if asked is None:
        return list(range(len(names)))
    wanted = [asked] if isinstance(asked, str | int) else list(asked)
    if not wanted:
        message = f"columns={_show(asked)}: name one of {_list(names)}"
        raise ConfigError(message)
    return [_find_column(one, names, header) for one in wanted]


def _find_column(wanted: Any, names: Sequence[str], header: Sequence[str]) -> int:
    if isinstance(wanted, str):
        for known in (names, header, clean_row(header)):
            if wanted in known:
                return known.index(wanted)
        loose = [_fold(name) for name in names]
        if loose.count(_fold(wanted)) == 1:
            return loose.index(_fold(wanted))
    number = int(wanted) if _is_number(wanted) else 0
    if 1 <= number <= len(names):
        return number - 1
    near = difflib.get_close_matches(str(wanted), names, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    message = f"there is no column {_show(wanted)}: {hint}There are {_list(names)}"
    raise ConfigError(message)


def _is_number(wanted: Any) -> bool:
    if isinstance(wanted, str):
        return wanted.strip().isascii() and wanted.strip().isdigit()
    return isinstance(wanted, int) and not isinstance(wanted, bool)


def _fold(name: str) -> str:
    return " ".join(name.split()).casefold()


def _list(names: Sequence[str]) -> str:
    return ", ".join([repr(name) for name in names]) or "none"


def _show(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
