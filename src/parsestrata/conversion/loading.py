"""Sources -> chunks with a report: what every adapter and the command line run."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import islice
from typing import Any, TypeVar

from parsestrata.api.stream import ResultStream, open_result
from parsestrata.chunking.chunk import Chunk
from parsestrata.chunking.metadata import KEYS, to_metadata
from parsestrata.conversion.conversion import Conversion
from parsestrata.conversion.lookahead import open_ahead
from parsestrata.conversion.progress import show_progress
from parsestrata.conversion.splits import split_result
from parsestrata.errors import (
    ConfigError,
    FailedSourcesError,
    ParseStrataError,
    SourceError,
)
from parsestrata.options import Options
from parsestrata.report import JobReport, Report
from parsestrata.sources.source import Source, describe_source

_BATCH = 64
_T = TypeVar("_T")


class Loading:
    """A run over one or many sources.

    Args:
        options: What to make of them.
        report: Taken for the run's report; None for a new one.

    Attributes:
        report: What happened so far.
    """

    def __init__(self, options: Options, report: Report | None = None) -> None:
        self.options = options
        self.report = Report() if report is None else report

    def chunks(self, sources: Sequence[Source]) -> Iterator[tuple[Chunk, JobReport]]:
        """Yield the chunks of source after source, each with its document's report.

        A source is opened, checked and scanned whole before its first chunk is
        yielded. One that fails does not keep those after it from being loaded. Jobs
        are fetched `concurrency` at a time, ahead of their turn.

        Raises:
            ParseStrataError: The only source failed.
            FailedSourcesError: Some of many failed and `on_failed_job="raise"`; at
                the end, when all others were yielded.
        """
        failures: list[tuple[str, ParseStrataError]] = []
        with (
            closing(open_ahead(sources, self.options)) as opened,
            show_progress(len(sources), show=self.options.show_progress) as advance,
        ):
            for source, open_source in opened:
                try:
                    yield from self._one(open_source)
                except ConfigError:
                    raise
                except ParseStrataError as error:
                    if len(sources) == 1 and self.options.on_failed_job == "raise":
                        raise
                    name = describe_source(source)
                    self.report.failed_jobs[name] = str(error)
                    failures.append((name, error))
                advance()
        if failures and self.options.on_failed_job == "raise":
            raise FailedSourcesError(tuple(failures), len(sources))

    def _one(
        self, open_source: Callable[[], ResultStream]
    ) -> Iterator[tuple[Chunk, JobReport]]:
        conversion = Conversion(open_source(), self.options)
        self._warn_of_namesakes(conversion)
        self.report.jobs.append(conversion.report)
        for chunk in split_result(conversion):
            yield chunk, conversion.report

    def _warn_of_namesakes(self, conversion: Conversion) -> None:
        """Note two jobs of one name: what they have in common has the same ids."""
        report = conversion.report
        for job in self.report.jobs:
            if job.source == report.source:
                report.notes.append(
                    f"job {job.job_id or '?'} has the same file name, so equal chunks "
                    'have equal ids; identity="job_id" keeps them apart'
                )
                return

    def split_texts(
        self, texts: Sequence[tuple[str, Mapping[str, Any]]]
    ) -> Iterator[tuple[Chunk, dict[str, Any]]]:
        """Cut texts that hold a raw result, as `split="result"` gives them.

        Args:
            texts: The JSON, and metadata that go on to its chunks.

        Raises:
            SourceError: A text is no JSON.
            ParseStrataError: A result cannot be read.
        """
        for text, metadata in texts:
            name = str(metadata.get("source") or "<text>")
            if not text.lstrip().startswith(("{", "[")):
                problem = 'holds no raw result. Load it with split="result"'
                raise SourceError(name, problem)
            yield from self.split_data(text.encode(), name, metadata)

    def split_data(
        self, data: bytes, name: str | None, metadata: Mapping[str, Any]
    ) -> Iterator[tuple[Chunk, dict[str, Any]]]:
        """Cut one raw result.

        Args:
            data: The JSON.
            name: What to call it where the result has no name of its own.
            metadata: Added to the chunks'; keys of the contract stay the chunk's.
        """
        conversion = Conversion(open_result(data, name), self.options)
        self.report.jobs.append(conversion.report)
        extra = {key: metadata[key] for key in metadata if key not in KEYS}
        for chunk in split_result(conversion):
            yield chunk, {**self.metadata(chunk, conversion.report), **extra}

    def metadata(self, chunk: Chunk, report: JobReport) -> dict[str, Any]:
        """Describe a chunk in the profile that the options ask for."""
        return to_metadata(chunk, self.options, report)


def as_sources(source: Source | Sequence[Source]) -> list[Source]:
    """Make a list of one source or many.

    Args:
        source: One source, or a list or tuple of them.

    Raises:
        ConfigError: The list is empty.
    """
    sources = list(source) if isinstance(source, list | tuple) else [source]
    if not sources:
        message = "no source was given: name a job id or a saved result"
        raise ConfigError(message)
    return sources


async def iterate_in_thread(iterator: Iterator[_T]) -> AsyncIterator[_T]:
    """Run an iterator in a thread, a batch at a time, off the event loop.

    What came before an error is handed out before the error is raised.
    """
    while True:
        batch, error = await asyncio.to_thread(_take, iterator)
        for value in batch:
            yield value
        if error is not None:
            raise error
        if len(batch) < _BATCH:
            return


def _take(iterator: Iterator[_T]) -> tuple[list[_T], Exception | None]:
    batch: list[_T] = []
    try:
        for value in islice(iterator, _BATCH):
            batch.append(value)  # noqa: PERF402 - an error must not lose the batch
    except Exception as error:  # noqa: BLE001 - raised again by the caller
        return batch, error
    return batch, None
