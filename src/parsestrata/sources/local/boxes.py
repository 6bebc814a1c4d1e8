"""Rectangles on a page as the engine gives them: points, origin top left."""

from collections.abc import Iterable
from typing import NamedTuple, Protocol

_SLACK = 1.5


class _Rect(Protocol):
    @property
    def x(self) -> float: ...
    @property
    def y(self) -> float: ...
    @property
    def width(self) -> float: ...
    @property
    def height(self) -> float: ...


class Box(NamedTuple):
    """A rectangle in points, y growing downward."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.y + self.height

    def holds(self, other: "Box") -> bool:
        """Tell whether the middle of another rectangle lies in this one."""
        x, y = other.x + other.width / 2, other.y + other.height / 2
        return (
            self.x - _SLACK <= x <= self.right + _SLACK
            and self.y - _SLACK <= y <= self.bottom + _SLACK
        )

    def to_wire(self) -> dict[str, float]:
        """Write it as the v2 contract does, in hundredths of a point."""
        return {
            "x": round(self.x, 2),
            "y": round(self.y, 2),
            "w": round(self.width, 2),
            "h": round(self.height, 2),
        }


def to_box(rect: _Rect) -> Box:
    """Copy a rectangle of the engine's."""
    return Box(rect.x, rect.y, rect.width, rect.height)


def hull(boxes: Iterable[Box]) -> Box:
    """Enclose one rectangle or more in the smallest that holds them all."""
    known = list(boxes)
    left, top = min(b.x for b in known), min(b.y for b in known)
    right, bottom = max(b.right for b in known), max(b.bottom for b in known)
    return Box(left, top, right - left, bottom - top)
