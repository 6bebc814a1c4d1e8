"""When to ask again and how long to wait first: policies as data, and the rate limit."""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from random import uniform
from typing import Literal

from urllib3 import Retry
from urllib3.exceptions import InvalidHeader

Failure = Literal["network", "server", "rate"]
"""No whole answer; an answer that says "not now"; an answer that says "too often"."""

_TOO_MANY = 429
_ASK_AGAIN = (408, 409)
_FIRST_SERVER_ERROR = 500
_FINAL_SERVER_ERRORS = (501, 505)
_MINUTE = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How often one kind of failure is met, and the waits between, in seconds."""

    attempts: int
    """The first one included."""
    first_delay: float
    """Doubles each time."""
    longest_delay: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """What is done about failures that may pass."""

    network: Patience = Patience(attempts=6, first_delay=0.5, longest_delay=8.0)
    server: Patience = Patience(attempts=6, first_delay=0.5, longest_delay=8.0)
    rate: Patience = Patience(attempts=10, first_delay=1.0, longest_delay=20.0)
    seconds: float = 300.0
    """No attempt begins later than this after the first, whatever the server asks."""
    jitter: float = 0.25
    """Most that a delay is shortened or lengthened by, as a fraction of it."""


NO_RETRY = RetryPolicy(
    network=Patience(attempts=1, first_delay=0.0, longest_delay=0.0),
    server=Patience(attempts=1, first_delay=0.0, longest_delay=0.0),
    rate=Patience(attempts=1, first_delay=0.0, longest_delay=0.0),
)


@dataclass(slots=True)
class Retries:
    """The failures of one request so far.

    Args:
        policy: How many are met, and how.
        clock: Seconds that only grow.
    """

    policy: RetryPolicy
    clock: Callable[[], float] = time.monotonic
    _failures: Counter[Failure] = field(default_factory=Counter)
    _begun: float = field(init=False)

    def __post_init__(self) -> None:
        self._begun = self.clock()

    def next_delay(
        self, failure: Failure, retry_after: float | None = None
    ) -> float | None:
        """Count a failure and say how long to wait before the next attempt.

        Args:
            failure: Its kind.
            retry_after: Seconds the server asked for; None when it did not.

        Returns:
            Seconds, or None when this was the last attempt.
        """
        patience: Patience = getattr(self.policy, failure)
        self._failures[failure] += 1
        met = self._failures[failure]
        if met >= patience.attempts:
            return None
        delay = min(patience.first_delay * 2 ** (met - 1), patience.longest_delay)
        delay *= uniform(1 - self.policy.jitter, 1 + self.policy.jitter)  # noqa: S311 - spreads clients, guards nothing
        if retry_after is not None:
            delay = max(retry_after, delay if failure == "rate" else 0.0)
        late = self.clock() - self._begun + delay > self.policy.seconds
        return None if late else delay


def failure_of(status: int) -> Failure | None:
    """Return what kind of passing failure a status is; None for a final answer."""
    if status == _TOO_MANY:
        return "rate"
    passing = status >= _FIRST_SERVER_ERROR and status not in _FINAL_SERVER_ERRORS
    return "server" if passing or status in _ASK_AGAIN else None


def read_retry_after(header: str | None) -> float | None:
    """Read a `Retry-After` header, seconds or a date; None without a valid one."""
    if not header:
        return None
    try:
        return max(Retry().parse_retry_after(header), 0.0)
    except (InvalidHeader, OverflowError, ValueError):
        return None


class RateLimit:
    """Lets at most so many requests through in any minute, over all threads.

    Args:
        per_minute: The cap; None for none.
        clock: Seconds that only grow.
        sleep: Called with seconds, outside the lock.
    """

    def __init__(
        self,
        per_minute: int | None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._starts: deque[float] | None = (
            None if per_minute is None else deque(maxlen=per_minute)
        )
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()

    def acquire(self) -> None:
        """Wait until one more request is allowed, and count it."""
        if self._starts is None:
            return
        with self._lock:
            start = self._clock()
            if len(self._starts) == self._starts.maxlen:
                start = max(start, self._starts[0] + _MINUTE)
            self._starts.append(start)
            delay = start - self._clock()
        if delay > 0:
            self._sleep(delay)
