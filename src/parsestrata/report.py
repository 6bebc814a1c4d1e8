"""What happened on the way: what failed, was blank, was left out or cut, and why."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from parsestrata.errors import AccountingError

DropReason = Literal["page_header", "page_footer", "merged_into_page", "empty"]

_MOST_NAMED = 8
_UNSEEN, _CHUNKED, _DROPPED = range(3)


@dataclass(slots=True)
class JobReport:
    """What happened to one document.

    It is complete once all chunks of the document were taken.
    """

    source: str
    """As in the metadata."""
    job_id: str = ""
    namesake: int = 1
    """1 for the first document of its name in a run, 2 for the next one."""
    pages: int = 0
    """Pages seen, failed and blank ones included."""
    failed_pages: dict[int, str] = field(default_factory=dict)
    """Page number -> the parser's own words."""
    blank_pages: list[int] = field(default_factory=list)
    """Pages that were parsed and hold nothing."""
    chunks: int = 0
    items: int = 0
    """Items read, page furniture included."""
    dropped: dict[int, DropReason] = field(default_factory=dict)
    """Item position -> why it is in no chunk."""
    merged_tables: dict[int, tuple[int, ...]] = field(default_factory=dict)
    """Position of a table merged over pages -> those pages."""
    repairs: Counter[str] = field(default_factory=Counter)
    """Headings `promoted`, `demoted` or `releveled`."""
    cut_values: list[tuple[str, str, int]] = field(default_factory=list)
    """Chunk id, metadata key and bytes of values that the budget cut."""
    notes: list[str] = field(default_factory=list)
    """Anything else worth knowing, in a sentence."""
    _fate: bytearray = field(default_factory=bytearray, repr=False)
    _doubled: set[int] = field(default_factory=set, repr=False)

    def count_item(self) -> None:
        """Count an item read."""
        self.items += 1
        self._fate.append(_UNSEEN)

    def drop(self, position: int, reason: DropReason) -> None:
        """Record that an item goes into no chunk."""
        self.dropped[position] = reason
        self._settle(position, _DROPPED)

    def place(self, begun: Iterable[int], continued: Iterable[int]) -> None:
        """Record that items are in a chunk.

        Args:
            begun: Positions of items that were in no chunk so far.
            continued: Positions of split items whose first part is in a chunk.
        """
        for position in begun:
            self._settle(position, _CHUNKED)
        self._doubled.update(p for p in continued if self._fate[p] != _CHUNKED)

    def _settle(self, position: int, fate: int) -> None:
        if self._fate[position] != _UNSEEN:
            self._doubled.add(position)
        self._fate[position] = fate

    @property
    def nothing_was_parsed(self) -> bool:
        """Whether there are pages, and every one of them failed."""
        return 0 < self.pages == len(self.failed_pages)

    @property
    def unaccounted(self) -> tuple[int, ...]:
        """Positions of items that are neither in a chunk nor dropped."""
        return tuple([n for n, fate in enumerate(self._fate) if fate == _UNSEEN])

    def verify(self) -> None:
        """Prove that every item is in a chunk or in `dropped`, and only once.

        Raises:
            AccountingError: One is not. Says which.
        """
        lost, doubled = self.unaccounted, tuple(sorted(self._doubled))
        if lost or doubled:
            raise AccountingError(self.source, lost, doubled)

    def __str__(self) -> str:
        head = f"{self.source}: {self.chunks} chunks from {self.items} items"
        lines = [f"{head} on {self.pages} pages"]
        for number, reason in list(self.failed_pages.items())[:_MOST_NAMED]:
            lines.append(f"  page {number} failed: {reason}")
        lines += _more(len(self.failed_pages), "failed pages")
        if self.blank_pages:
            lines.append(f"  blank pages: {_numbers(self.blank_pages)}")
        if self.dropped:
            lines.append(f"  items left out: {_counts(Counter(self.dropped.values()))}")
        if self.merged_tables:
            pages = [f"pages {_numbers(p)}" for p in self.merged_tables.values()]
            lines.append(f"  tables merged over pages: {'; '.join(pages)}")
        if self.repairs:
            lines.append(f"  headings repaired: {_counts(self.repairs)}")
        for chunk, key, size in self.cut_values[:_MOST_NAMED]:
            lines.append(f"  metadata cut: {key} ({size:,} bytes) of chunk {chunk}")
        lines += _more(len(self.cut_values), "values cut")
        lines += [f"  {note}" for note in self.notes]
        return "\n".join(lines)


@dataclass(slots=True)
class Report:
    """What happened to every source of a run. `print(report)` shows it."""

    jobs: list[JobReport] = field(default_factory=list)
    """One for each document, in order."""
    failed_jobs: dict[str, str] = field(default_factory=dict)
    """Source -> why it gave nothing, with `on_failed_job="report"`."""

    def verify(self) -> None:
        """Prove the accounting of every document.

        Raises:
            AccountingError: An item was lost or came out twice.
        """
        for job in self.jobs:
            job.verify()

    @property
    def failed_pages(self) -> dict[tuple[str, int], str]:
        """(source, page number) -> why it failed, over all documents."""
        return {
            (job.source, number): reason
            for job in self.jobs
            for number, reason in job.failed_pages.items()
        }

    def __str__(self) -> str:
        lines = [str(job) for job in self.jobs]
        lines += [f"{name}: FAILED: {why}" for name, why in self.failed_jobs.items()]
        return "\n".join(lines) or "nothing was loaded yet"


def _numbers(numbers: list[int] | tuple[int, ...]) -> str:
    shown = ", ".join(str(number) for number in numbers[:_MOST_NAMED])
    return shown + (", …" if len(numbers) > _MOST_NAMED else "")


def _counts(counts: Counter[str]) -> str:
    return ", ".join(f"{number} {name}" for name, number in counts.most_common())


def _more(total: int, what: str) -> list[str]:
    hidden = total - _MOST_NAMED
    return [f"  and {hidden} more {what}"] if hidden > 0 else []
