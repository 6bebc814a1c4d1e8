"""`parsestrata fetch`: many jobs -> a store; started again, it goes on where it was."""

import argparse
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from parsestrata.api.addresses import check_job_id
from parsestrata.api.expand import check_expand
from parsestrata.cli.arguments import API_NOTE, add_api, add_number, options_of
from parsestrata.cli.output import complain
from parsestrata.conversion.lookahead import run_ahead
from parsestrata.conversion.progress import show_progress
from parsestrata.errors import (
    ConfigError,
    FailedSourcesError,
    ParseStrataError,
    SourceError,
    StoreError,
    TransportError,
)
from parsestrata.sources.fetching import Fetcher
from parsestrata.sources.store import Store

_EXPAND = ("items", "markdown", "metadata")
_STANDARD_INPUT = "-"
_COMMENT = "#"
_GONE_AFTER = 8
"""Jobs in a row without an answer after which the API counts as gone."""


def attach(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "fetch",
        help="fetch the results of many jobs into a folder",
        description="Fetch the results of many jobs into a store. Started again, it "
        "fetches only what is missing.",
        epilog=API_NOTE,
    )
    parser.set_defaults(run=run)
    _add_jobs(parser)
    parser.add_argument(
        "--store", required=True, metavar="DIR", help="folder of the results"
    )
    parser.add_argument(
        "--expand",
        default=",".join(_EXPAND),
        metavar="LIST",
        help="content to fetch (default: %(default)s)",
    )
    parser.add_argument(
        "--no-wait",
        dest="wait",
        action="store_false",
        default=None,
        help="do not wait for jobs that are not done",
    )
    parser.add_argument(
        "--quiet", action="store_true", help="no progress bar and no summary"
    )
    add_number(parser, "concurrency", "jobs fetched at a time")
    add_number(
        parser, "requests_per_minute", "cap on requests; the free tier allows 20"
    )
    add_api(parser)


def _add_jobs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "jobs",
        nargs="*",
        metavar="JOB_ID",
        help="job id, or - for ids on standard input, one a line",
    )
    parser.add_argument(
        "--ids", metavar="FILE", help="file of job ids, one a line; # is a comment"
    )
    parser.add_argument(
        "--all-completed",
        action="store_true",
        help="every COMPLETED job that the API lists",
    )


def run(given: argparse.Namespace) -> None:
    """Fetch what is missing."""
    store = Store(given.store)
    options = options_of(given)
    fetcher = Fetcher(options, check_expand(given.expand))
    try:
        job_ids = list(dict.fromkeys(_job_ids(given, fetcher)))
        if not job_ids and not given.all_completed:
            message = "no job: name job ids, --ids FILE, - or --all-completed"
            raise ConfigError(message)
        missing = [one for one in job_ids if not fetcher.has(store, one)]
        tasks = (partial(_fetch, fetcher, store, one) for one in missing)
        with closing(run_ahead(tasks, options.concurrency)) as futures:
            try:
                results = (future.result() for future in futures)
                failures = _go_on(missing, results, quiet=given.quiet)
            finally:
                fetcher.close()
    finally:
        fetcher.close()
    if not given.quiet:
        fetched, there = len(missing) - len(failures), len(job_ids) - len(missing)
        text = f"{fetched} fetched, {there} there already, {len(failures)} failed"
        complain(f"{store.folder}: {text}")
    if failures:
        raise FailedSourcesError(tuple(failures), len(job_ids))


class _Outcome:
    """How fetching one job ended."""

    def __init__(self, error: ParseStrataError | None) -> None:
        self.error = error

    def close(self) -> None:
        """Nothing is held."""


def _fetch(fetcher: Fetcher, store: Store, job_id: str) -> _Outcome:
    try:
        fetcher.fetch_into(store, job_id)
    except (ConfigError, StoreError):
        raise
    except ParseStrataError as error:
        return _Outcome(error)
    return _Outcome(None)


def _go_on(
    job_ids: list[str], outcomes: Iterator[_Outcome], *, quiet: bool
) -> list[tuple[str, ParseStrataError]]:
    """Take what comes; a key or a store that fails ends it, a job does not.

    Raises:
        ConfigError: There is no key.
        StoreError: The store cannot be written.
        TransportError: Nothing came for one job after the other.
    """
    failures: list[tuple[str, ParseStrataError]] = []
    silent = 0
    show = not quiet and sys.stderr.isatty() and find_spec("tqdm") is not None
    with show_progress(len(job_ids), show=show) as advance:
        for job_id, outcome in zip(job_ids, outcomes, strict=True):
            if outcome.error is not None:
                failures.append((job_id, outcome.error))
            silent = silent + 1 if isinstance(outcome.error, TransportError) else 0
            if outcome.error is not None and silent >= _GONE_AFTER:
                raise outcome.error
            advance()
    return failures


def _job_ids(given: argparse.Namespace, fetcher: Fetcher) -> Iterator[str]:
    """Yield the ids from everywhere they were named.

    Raises:
        ConfigError: One is no job id; says which.
        SourceError: The file of ids cannot be read.
    """
    for one in given.jobs:
        if one == _STANDARD_INPUT:
            yield from _listed(sys.stdin)
        else:
            yield check_job_id(one)
    if given.ids:
        try:
            with Path(given.ids).open(encoding="utf-8-sig") as lines:
                yield from _listed(lines)
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "is not UTF-8"
            problem = f"the job ids cannot be read ({why})"
            raise SourceError(given.ids, problem) from None
    if given.all_completed:
        for job in fetcher.client().list(status="COMPLETED"):
            yield job.id


def _listed(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        job_id = line.split(_COMMENT)[0].strip()
        if job_id:
            yield check_job_id(job_id)
