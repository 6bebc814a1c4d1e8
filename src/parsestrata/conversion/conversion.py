"""A result -> chunks; where api, document and chunking meet."""

import hashlib
import warnings
from collections.abc import Iterable, Iterator
from pathlib import PurePath

from parsestrata.api.polling import STATUS_ERRORS, status_error
from parsestrata.api.stream import ResultStream
from parsestrata.chunking.chunk import Chunk, Origin
from parsestrata.chunking.chunker import chunk_items
from parsestrata.document.model import Item, Page
from parsestrata.document.outline import HeadingRepair, Section, outline
from parsestrata.document.reading import read_items
from parsestrata.errors import PageFailedError, ParseStrataWarning
from parsestrata.options import Options
from parsestrata.report import JobReport


class Conversion:
    """One result on its way to chunks.

    Args:
        result: The result, scanned.
        options: What to make of it.

    Attributes:
        origin: Where every chunk says it comes from.
        report: What happened so far; complete when all chunks were taken.

    Raises:
        JobError: The job has no result: not ready, failed or cancelled.
    """

    def __init__(self, result: ResultStream, options: Options) -> None:
        _check_status(result)
        self.result = result
        self.options = options
        self.origin = _find_origin(result, options)
        self.report = JobReport(self.origin.source, self.origin.job_id)
        self._repair = HeadingRepair(lambda name: self.report.repairs.update((name,)))

    def chunks(self) -> Iterator[Chunk]:
        """Yield the chunks along the headings, whatever `split` says.

        Raises:
            MissingContentError: The result holds no items.
            PageFailedError: A page failed and `on_failed_page="raise"`.
        """
        return chunk_items(self.items(), self.origin, self.options, self.report)

    def items(self) -> Iterator[Item]:
        """Yield every item in reading order, furniture included."""
        for _, items in self.pages():
            yield from items

    def pages(self) -> Iterator[tuple[Page, list[Item]]]:
        """Yield each page with its items, and report on it."""
        pages = read_items(
            self.result.lean_item_pages(),
            self.result.lean_metadata(),
            placeholders=self.options.on_failed_page == "placeholder",
            furniture=self.options.include_page_furniture,
        )
        for page, items in pages:
            self.see_page(page, blank=not items and not page.error)
            for _ in items:
                self.report.count_item()
            yield page, items

    def outline(self) -> tuple[Section, ...]:
        """Fold the items into the tree of sections."""
        return outline(self.repaired(self.items()))

    def repaired(self, items: Iterable[Item]) -> Iterable[Item]:
        """Mend the headings of the next items when the options ask for it."""
        if not self.options.repair_headings:
            return items
        return self._repair.repair(items)

    def see_page(self, page: Page, *, blank: bool) -> None:
        """Report on a page, and do about a failed one what the options say."""
        self.report.pages += 1
        if blank:
            self.report.blank_pages.append(page.number)
        if not page.error:
            return
        self.report.failed_pages[page.number] = page.error
        problem = PageFailedError(self.origin.source, page.number, page.error)
        if self.options.on_failed_page == "raise":
            raise problem
        if self.options.on_failed_page == "warn":
            warnings.warn(str(problem), ParseStrataWarning, stacklevel=2)


def _check_status(result: ResultStream) -> None:
    """Refuse a job without a result, and one whose status nobody knows."""
    job = result.job
    if job is None or job.status == "COMPLETED":
        return
    if job.status in STATUS_ERRORS or not result.content:
        raise status_error(job)


def _find_origin(result: ResultStream, options: Options) -> Origin:
    job = result.job
    job_id, name = (job.id, job.name or "") if job else ("", "")
    path = given_path(result)
    if options.identity == "path" and path:
        source = path
    elif options.identity == "job_id" and job_id:
        source = job_id
    else:
        source = name or job_id or _name_by_content(result)
    return Origin(source=source, job_id=job_id, file_name=name)


def given_path(result: ResultStream) -> str:
    """Return the path of the file that a result was read from, "" without one."""
    path, job = result.source, result.job
    return "" if path.startswith("<") or (job and path == job.id) else path


def _name_by_content(result: ResultStream) -> str:
    """Name a result by its file, wherever that lies, or by what is in it."""
    if result.source.startswith("<"):
        return f"result-{hashlib.sha256(result.data).hexdigest()[:16]}"
    return PurePath(result.source).name or result.source
