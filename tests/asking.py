"""Sources for tests of the tools: small, counted, or held back."""

import threading
import time
from typing import Any

import building as b

REPORT = b.result(
    b.page(
        1,
        b.heading("Water"),
        b.text("The harbour is deep and its water is cold."),
        b.heading("Quality", 2),
        b.text("Lead was found in old pipes, iron in none."),
    ),
    b.page(
        2,
        b.heading("Use", 2),
        b.text("Every household used less than in the year before."),
        b.table([["Year", "Use"], [2023, 8], [2024, 7]]),
    ),
    name="water.pdf",
)
OTHER = b.result(
    b.page(1, b.heading("Air"), b.text("The wind blows from the sea.")),
    name="air.pdf",
)


class SlowFile:
    """An open file that counts how often it is read, and takes its time.

    Args:
        value: The result that it holds.
        seconds: How long a read takes.
    """

    def __init__(self, value: Any = REPORT, seconds: float = 0.05) -> None:
        self.name = "water.json"
        self.reads = 0
        self._value = value
        self._seconds = seconds

    def read(self) -> bytes:
        self.reads += 1
        time.sleep(self._seconds)
        return b.dump(self._value)


class HeldFile(SlowFile):
    """An open file that can be read when it has been released, for ten seconds."""

    def __init__(self) -> None:
        super().__init__()
        self.release = threading.Event()

    def read(self) -> bytes:
        assert self.release.wait(10), "whoever should release it was kept from it"
        return super().read()
