"""A bar over many sources, on standard error, only when asked for (extra: progress)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from parsestrata.errors import MissingExtraError


@contextmanager
def show_progress(
    total: int, *, show: bool, unit: str = "job"
) -> Iterator[Callable[[], object]]:
    """Show a bar.

    Args:
        total: How many steps it has.
        show: Whether to show one at all.
        unit: What a step is.

    Yields:
        To be called after each step.

    Raises:
        MissingExtraError: tqdm is not installed.
    """
    if not show:
        yield lambda: None
        return
    try:
        from tqdm import tqdm  # noqa: PLC0415 - an extra, only when asked for
    except ModuleNotFoundError as error:
        raise MissingExtraError(error.name or "tqdm", "progress") from None

    bar_without_thread = type("bar", (tqdm,), {"monitor_interval": 0})
    with bar_without_thread(total=total, unit=unit, dynamic_ncols=True) as bar:
        yield lambda: bar.update(1)
