"""Sources -> chunks with a report: what every adapter and the command line run."""

import warnings
from collections import Counter
from collections.abc import (
    Callable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from msgspec import Struct

from parsestrata.api.stream import ResultStream, open_result
from parsestrata.chunking.chunk import Chunk
from parsestrata.chunking.metadata import KEYS, to_metadata
from parsestrata.chunking.sections import DocumentSection
from parsestrata.conversion.conversion import Conversion, given_path
from parsestrata.conversion.lookahead import open_ahead
from parsestrata.conversion.progress import show_progress
from parsestrata.conversion.sections import check_limit, check_split, cut_with_sections
from parsestrata.conversion.splits import split_result
from parsestrata.errors import (
    AllPagesFailedError,
    ConfigError,
    FailedSourcesError,
    ParseStrataError,
    ParseStrataWarning,
    SourceError,
)
from parsestrata.options import Options
from parsestrata.report import JobReport, Report
from parsestrata.sources.source import (
    Source,
    describe_source,
    open_bytes,
    open_source,
)

Made = TypeVar("Made")
SECTION_KEY = "section_id"
"""Metadata key of the section that holds a chunk, or a section."""


class Cut(Struct, frozen=True, kw_only=True):
    """One document, cut into chunks and into sections that hold them."""

    chunks: list[tuple[Chunk, dict[str, Any]]]
    """Each with its metadata, the id of its section among them."""
    sections: list[tuple[DocumentSection, dict[str, Any]]]
    """The same; that of a section is the one around it, "" when there is none."""
    report: JobReport


class Loading:
    """A run over one or many sources.

    Args:
        options: What to make of them.
        report: Taken for the run's report; None for a new one.
        places: Name of a document -> the path it was read from first, of this run and
            those before it; filled on the way. None for a run that has none before it.

    Attributes:
        report: What happened so far.
    """

    def __init__(
        self,
        options: Options,
        report: Report | None = None,
        places: dict[str, str] | None = None,
    ) -> None:
        self.options = options
        self.report = Report() if report is None else report
        self._places = {} if places is None else places
        self._names = Counter(job.source for job in self.report.jobs)

    def chunks(self, sources: Sequence[Source]) -> Iterator[tuple[Chunk, JobReport]]:
        """Yield the chunks of source after source, each with its document's report.

        A source is opened, checked and scanned whole before its first chunk is
        yielded. One that fails does not keep those after it from being loaded. Jobs
        are fetched `concurrency` at a time, ahead of their turn.

        Raises:
            ParseStrataError: The only source failed.
            ConfigError: An option is wrong, as a job id without a key shows; one
                of many is raised at once with `on_failed_job="report"`, since an
                option is no job's failure.
            FailedSourcesError: Some of many failed and `on_failed_job="raise"`; at
                the end, when all others were yielded.
        """
        return self._each(sources, split_result)

    def cuts(
        self,
        sources: Sequence[Source],
        max_section_tokens: int | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> Iterator[Cut]:
        """Yield document after document, whole; otherwise as `chunks`.

        Args:
            sources: As for `chunks`.
            max_section_tokens: A larger section is left out; None for no limit.
            extra: Added to the metadata of chunks and sections.

        Raises:
            ConfigError: `split` is not "chunk" or the limit is below 1, at once; or
                what `chunks` raises it for.
            ParseStrataError: As `chunks`.
        """
        check_split(self.options)
        check_limit(max_section_tokens)
        work = partial(self._cut, max_section_tokens, extra or {}, "")
        return (cut for cut, _ in self._each(sources, work))

    def _cut(
        self,
        max_section_tokens: int | None,
        extra: Mapping[str, Any],
        document: str,
        conversion: Conversion,
    ) -> Iterator[Cut]:
        """Cut one result; an iterator of one, as all work on a result is."""
        chunks, sections = cut_with_sections(conversion, document, max_section_tokens)
        report, aside = conversion.report, JobReport(conversion.report.source)
        holders = {name: one.id for one in sections for name in one.chunk_ids}
        yield Cut(
            chunks=[
                (one, self._within(holders[one.id], one, report, extra))
                for one in chunks
            ],
            sections=[
                (one, self._within(one.parent_id, one.whole, aside, extra))
                for one in sections
            ],
            report=report,
        )

    def _within(
        self, section_id: str, chunk: Chunk, report: JobReport, extra: Mapping[str, Any]
    ) -> dict[str, Any]:
        return self.metadata(chunk, report, extra) | {SECTION_KEY: section_id}

    def _each(
        self,
        sources: Sequence[Source],
        work: Callable[[Conversion], Iterator[Made]],
    ) -> Iterator[tuple[Made, JobReport]]:
        failures: list[tuple[str, ParseStrataError]] = []
        with (
            closing(open_ahead(sources, self.options)) as opened,
            show_progress(len(sources), show=self.options.show_progress) as advance,
        ):
            for source, open_it in opened:
                try:
                    yield from self._one(open_it, work)
                except ParseStrataError as error:
                    if self._must_raise(error, alone=len(sources) == 1):
                        raise
                    name = describe_source(source)
                    self._report_failure(name, error)
                    failures.append((name, error))
                advance()
        if failures and self.options.on_failed_job == "raise":
            raise FailedSourcesError(tuple(failures), len(sources))

    def _must_raise(self, error: ParseStrataError, *, alone: bool) -> bool:
        """Say whether an error ends the run at once."""
        if self.options.on_failed_job == "report":
            return isinstance(error, ConfigError)
        return alone

    def _report_failure(self, name: str, error: ParseStrataError) -> None:
        """Report a source that failed; two of one name are numbered."""
        failed, number, key = self.report.failed_jobs, 1, name
        while key in failed:
            number += 1
            key = f"{name} ({number})"
        failed[key] = str(error)

    def _one(
        self,
        open_it: Callable[[], ResultStream],
        work: Callable[[Conversion], Iterator[Made]],
    ) -> Iterator[tuple[Made, JobReport]]:
        conversion = Conversion(open_it(), self.options)
        report = conversion.report
        self._count_namesake(report)
        self._note_namesakes(conversion)
        self.report.jobs.append(report)
        for made in self._do(conversion, work):
            yield made, report
        if not report.pages:
            report.notes.append("the result has no pages")

    def _count_namesake(self, report: JobReport) -> None:
        self._names[report.source] += 1
        report.namesake = self._names[report.source]

    def _do(
        self, conversion: Conversion, work: Callable[[Conversion], Iterator[Made]]
    ) -> Iterator[Made]:
        """Work on a result; on all of it first where a failed page must end it.

        An indexer that reads along has begun to replace old documents when the
        first chunk comes, so that no error may follow.

        Raises:
            AllPagesFailedError: There is no chunk, and no page that was parsed.
            PageFailedError: A page failed and `on_failed_page="raise"`.
        """
        if self.options.on_failed_page == "raise":
            yield from list(work(conversion))
            return
        yield from work(conversion)
        report = conversion.report
        if self.options.on_failed_page == "warn" and report.nothing_was_parsed:
            number, reason = next(iter(report.failed_pages.items()))
            raise AllPagesFailedError(report.source, number, reason)

    def _note_namesakes(self, conversion: Conversion) -> None:
        """Note two documents of one name: what they have in common has the same ids.

        In one run they are told apart by their order. From one run of a reader to the
        next they are not, so that a docstore takes one for a version of the other.
        """
        report, path = conversion.report, given_path(conversion.result)
        first = self._places.setdefault(report.source, path) if path else ""
        if report.namesake > 1:
            report.notes.append(
                f"{path or report.job_id or 'this result'} has the same name as a "
                "document before it, so equal chunks have equal ids; "
                'identity="job_id" or "path" keeps them apart'
            )
        elif first != path:
            note = (
                f"{first} and {path} are both called {report.source}, so one is taken "
                'for a version of the other; identity="path" keeps them apart'
            )
            report.notes.append(note)
            warnings.warn(note, ParseStrataWarning, stacklevel=2)

    def split_text(
        self, text: str, name: str, metadata: Mapping[str, Any]
    ) -> Iterator[tuple[Chunk, dict[str, Any]]]:
        """Cut a text that holds a raw result, as `split="result"` gives it.

        Args:
            text: The JSON.
            name: What to call it where the result has no name of its own, "" when
                not known.
            metadata: Added to the chunks'; keys of the contract stay the chunk's.

        Raises:
            SourceError: The text is no JSON and `on_failed_job="raise"`.
            ParseStrataError: The result cannot be read; see `on_failed_job`.
        """
        name = name or "<text>"
        opening = partial(_open_text, text, name)
        pairs = self._opened(opening, name, split_result)
        return self._describe(pairs, metadata)

    def cut_text(
        self,
        text: str,
        name: str,
        metadata: Mapping[str, Any],
        max_section_tokens: int | None = None,
        document: str = "",
    ) -> Iterator[Cut]:
        """Cut a text that holds a raw result into chunks and sections.

        Args:
            text: As for `split_text`.
            name: As for `split_text`.
            metadata: As for `split_text`; the sections have them too.
            max_section_tokens: As for `cuts`.
            document: Id of the document, "" for the one that its name gives.

        Yields:
            One document, or none when it failed and that is only reported.

        Raises:
            ConfigError: As `cuts`.
            ParseStrataError: As `split_text`.
        """
        check_split(self.options)
        check_limit(max_section_tokens)
        name = name or "<text>"
        opening = partial(_open_text, text, name)

        def work(conversion: Conversion) -> Iterator[Cut]:
            self._count_namesake(conversion.report)
            yield from self._cut(max_section_tokens, metadata, document, conversion)

        yield from (cut for cut, _ in self._opened(opening, name, work))

    def split_data(
        self, data: bytes | Path, name: str | None, metadata: Mapping[str, Any]
    ) -> Iterator[tuple[Chunk, dict[str, Any]]]:
        """Cut one raw result.

        Args:
            data: The JSON, or a PDF; or the path of a result or a document.
            name: What to call bytes where the result has no name of its own.
            metadata: Added to the chunks'; keys of the contract stay the chunk's.

        Raises:
            ParseStrataError: The result cannot be read; see `on_failed_job`.
        """
        name = name or "<bytes>"
        opening = (
            partial(open_source, data, self.options)
            if isinstance(data, Path)
            else partial(open_bytes, data, name, self.options)
        )
        pairs = self._opened(opening, name, split_result)
        return self._describe(pairs, metadata)

    def _describe(
        self, pairs: Iterator[tuple[Chunk, JobReport]], extra: Mapping[str, Any]
    ) -> Iterator[tuple[Chunk, dict[str, Any]]]:
        return ((one, self.metadata(one, report, extra)) for one, report in pairs)

    def _opened(
        self,
        open_it: Callable[[], ResultStream],
        name: str,
        work: Callable[[Conversion], Iterator[Made]],
    ) -> Iterator[tuple[Made, JobReport]]:
        try:
            conversion = Conversion(open_it(), self.options)
            self._note_namesakes(conversion)
            self.report.jobs.append(conversion.report)
            for made in self._do(conversion, work):
                yield made, conversion.report
        except ParseStrataError as error:
            if self._must_raise(error, alone=True):
                raise
            self._report_failure(name, error)

    def metadata(
        self, chunk: Chunk, report: JobReport, extra: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Describe a chunk in the profile that the options ask for.

        Args:
            chunk: The chunk.
            report: Of its document.
            extra: Added at the end; keys of the contract stay the chunk's.
        """
        metadata = to_metadata(chunk, self.options, report)
        if extra:
            metadata |= {key: extra[key] for key in extra if key not in KEYS}
        return metadata


def as_sources(source: Any) -> list[Source]:
    """Make a list of one source or many.

    Args:
        source: One source, or a list, a tuple or a generator of them, such as
            `Path("results").glob("*.json")`.

    Raises:
        ConfigError: There is none.
    """
    is_generator = isinstance(source, Iterator) and not hasattr(source, "read")
    many = is_generator or isinstance(source, list | tuple)
    sources: list[Source] = list(source) if many else [source]
    if not sources:
        message = "no source was given: name a job id or a saved result"
        raise ConfigError(message)
    return sources


def _open_text(text: str, name: str) -> ResultStream:
    if not text.lstrip().startswith(("{", "[")):
        problem = 'holds no raw result. Load it with split="result"'
        raise SourceError(name, problem)
    return open_result(text.encode(), name)
