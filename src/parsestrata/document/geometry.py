"""Boxes on pages: points from the top left, and fractions of the page."""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

_STEPS_PER_POINT = 100
_NOISE = 1e-6
_FARTHEST = 1e6
"""Points; what lies beyond is garbage, on pages of unknown size too."""


class Fraction(NamedTuple):
    """A rectangle as fractions of its page, 0 to 1, origin top left."""

    left: float
    top: float
    right: float
    bottom: float


class Region(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    gc=False,
    rename={"page_number": "page", "width": "w", "height": "h"},
):
    """A rectangle on one page, in points, origin top left, y growing downward.

    As JSON: `{"page", "x", "y", "w", "h", "page_width", "page_height"}`.
    """

    page_number: int
    """1-based page of the source document."""
    x: float
    y: float
    width: float
    """Never negative."""
    height: float
    """Never negative."""
    page_width: float
    """0 when the parser gave no size."""
    page_height: float
    """0 when the parser gave no size."""

    @property
    def fraction(self) -> Fraction:
        """The rectangle in 0..1 of its page, for drawing at any size.

        All zeros when the page size is not known.
        """
        if self.page_width <= 0 or self.page_height <= 0:
            return Fraction(0.0, 0.0, 0.0, 0.0)
        return Fraction(
            self.x / self.page_width,
            self.y / self.page_height,
            (self.x + self.width) / self.page_width,
            (self.y + self.height) / self.page_height,
        )


def make_region(
    page_number: int,
    page_size: tuple[float, float],
    box: tuple[float, float, float, float],
) -> Region:
    """Build a region that lies on its page.

    A negative side is turned round, what hangs over the page's edge is cut off
    (a million points where the page size is not known), and hundredths of a point
    are what is kept.

    Args:
        page_number: 1-based.
        page_size: Width and height in points, 0 when unknown.
        box: Left edge, top edge, width and height in points.
    """
    x, y, width, height = box
    page_width, page_height = page_size
    right, bottom = page_width or _FARTHEST, page_height or _FARTHEST
    fits = 0 <= width <= right and 0 <= height <= bottom
    if not (fits and 0 <= x <= right - width and 0 <= y <= bottom - height):
        x, width = _clip(x, width, right)
        y, height = _clip(y, height, bottom)
    return Region(
        page_number=page_number,
        x=(x * _STEPS_PER_POINT + _NOISE) // 1 / _STEPS_PER_POINT,
        y=(y * _STEPS_PER_POINT + _NOISE) // 1 / _STEPS_PER_POINT,
        width=(width * _STEPS_PER_POINT + _NOISE) // 1 / _STEPS_PER_POINT,
        height=(height * _STEPS_PER_POINT + _NOISE) // 1 / _STEPS_PER_POINT,
        page_width=page_width,
        page_height=page_height,
    )


def page_side(length: float) -> float:
    """Return the side of a page in points, 0 when it is not one."""
    return float(length) if 0 < length <= _FARTHEST else 0.0


def _clip(start: float, length: float, limit: float) -> tuple[float, float]:
    """Turn a negative side round and keep both ends within 0..limit."""
    start, length = _finite(start), _finite(length)
    end = start + length
    if length < 0:
        start, end = end, start
    start, end = min(max(start, 0.0), limit), min(max(end, 0.0), limit)
    return start, end - start


def _finite(value: float) -> float:
    """Bring a number near enough to be added to another."""
    return float(min(max(value, -2 * _FARTHEST), 2 * _FARTHEST))


def hull(regions: Iterable[Region]) -> tuple[Region, ...]:
    """Merge the regions of each page into the one that encloses them.

    Returns:
        One region per page, in order of first appearance.
    """
    by_page: dict[int, Region] = {}
    for region in regions:
        known = by_page.get(region.page_number)
        by_page[region.page_number] = (
            region if known is None else _enclose(known, region)
        )
    return tuple(by_page.values())


def _enclose(one: Region, other: Region) -> Region:
    left, top = min(one.x, other.x), min(one.y, other.y)
    right = max(one.x + one.width, other.x + other.width)
    bottom = max(one.y + one.height, other.y + other.height)
    size = (one.page_width, one.page_height)
    return make_region(one.page_number, size, (left, top, right - left, bottom - top))
