"""One range of bytes of a file, as a request asks for it."""

import re

_RANGE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})")


class UnsatisfiableError(Exception):
    """The range begins behind the end of the file: 416."""


def read_range(header: str | None, size: int) -> tuple[int, int] | None:
    """Read a `Range` header.

    Args:
        header: `bytes=5-9`, `bytes=5-` or `bytes=-5`.
        size: Of the file, in bytes.

    Returns:
        Half-open `(start, stop)`, or None to send the whole file: without a header,
        and for one that asks for several ranges or that cannot be read.

    Raises:
        UnsatisfiableError: No byte of the file is in it.
    """
    found = _RANGE.fullmatch((header or "").replace(" ", ""))
    if found is None or found[1] == found[2] == "":
        return None
    if not found[1]:
        start, stop = max(size - int(found[2]), 0), size
    else:
        start = int(found[1])
        stop = min(int(found[2]) + 1, size) if found[2] else size
    if found[1] and found[2] and int(found[2]) < start:
        return None
    if start >= stop:
        raise UnsatisfiableError
    return start, stop
