"""Job ids -> results: the store first, then the API."""

import threading
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

from parsestrata.api.body import Body
from parsestrata.api.stream import ResultStream
from parsestrata.errors import (
    ContentUnavailableError,
    ParseStrataWarning,
    StoreError,
)
from parsestrata.options import Options, Split

if TYPE_CHECKING:
    from parsestrata.api.client import ParseClient
    from parsestrata.sources.store import Store

EXPAND: dict[Split, tuple[str, ...]] = {
    "chunk": ("items", "metadata"),
    "item": ("items", "metadata"),
    "page": ("items", "markdown", "metadata"),
    "document": ("items", "markdown", "metadata"),
    "result": ("items", "markdown", "metadata"),
}
"""What is asked of the API for each split, and nothing else."""

TEXT_ONLY = ("text", "metadata")
"""What a job of the fast tier has."""

_MADE_OF_TEXT: tuple[Split, ...] = ("page", "document", "result")


class Fetcher:
    """Gets the results of a run, with one client for all threads.

    Args:
        options: Key, base URL, project, split, waiting, transfer and store.
        expand: What to ask for; None for what the split needs.

    Raises:
        StoreError: The store cannot be opened.
    """

    def __init__(self, options: Options, expand: tuple[str, ...] | None = None) -> None:
        self._options = options
        self._expand = expand or EXPAND[options.split]
        self._text_will_do = expand is not None or options.split in _MADE_OF_TEXT
        self._lock = threading.Lock()
        self._client: ParseClient | None = None
        self._closed = False
        self.store = _open_store(options)

    def close(self) -> None:
        """Give the connections back and end what still waits."""
        with self._lock:
            self._closed = True
            if self._client is not None:
                self._client.close()

    def has(self, job_id: str) -> bool:
        """Say whether the store has all that would be fetched."""
        return self.store is not None and any(
            self.store.holds(job_id, names) for names in self._ways()
        )

    def fetch(self, job_id: str) -> Callable[[], ResultStream]:
        """Get a result ready; what is returned scans it.

        Raises:
            ConfigError: There is no key.
            ParseStrataError: The job has no result, or it did not come.
        """
        if self.store is not None and self.has(job_id):
            store = self.store
            return lambda: ResultStream(store.read(job_id), job_id)
        body = self._ask(job_id)
        try:
            self._keep(body, job_id)
        except BaseException:
            body.close()
            raise
        return lambda: body.open(job_id)

    def fetch_into(self, store: "Store", job_id: str) -> None:
        """Fetch a result into a store.

        Raises:
            StoreError: It cannot be written.
            ParseStrataError: As for `fetch`.
        """
        with self._ask(job_id) as body:
            store.put(body.read(), job_id)

    def _ask(self, job_id: str) -> Body:
        try:
            return self._ask_for(job_id, self._expand)
        except ContentUnavailableError:
            if not self._text_will_do:
                raise
        return self._ask_for(job_id, TEXT_ONLY)

    def _ask_for(self, job_id: str, expand: tuple[str, ...]) -> Body:
        options = self._options
        return self.client().fetch(
            job_id,
            expand,
            transfer=options.transfer,
            wait=options.wait,
            polling_interval=options.polling_interval,
            job_timeout=options.job_timeout,
        )

    def _ways(self) -> tuple[tuple[str, ...], ...]:
        return (self._expand, TEXT_ONLY) if self._text_will_do else (self._expand,)

    def _keep(self, body: Body, job_id: str) -> None:
        """Put a result into the store; one that is full loses no result."""
        if self.store is None:
            return
        try:
            self.store.put(body.read(), job_id)
        except StoreError as error:
            text = f"{error}; the result goes on, but is not kept"
            warnings.warn(text, ParseStrataWarning, stacklevel=2)

    def client(self) -> "ParseClient":
        """Return the client, made when it is first needed: a store needs no key."""
        from parsestrata.api.client import (  # noqa: PLC0415 - requests is slow
            ParseClient,
        )

        with self._lock:
            if self._client is None:
                options = self._options
                self._client = ParseClient(
                    options.find_api_key(),
                    options.base_url,
                    region=options.region,
                    project_id=options.project_id,
                    organization_id=options.organization_id,
                    timeout=options.timeout,
                    requests_per_minute=options.requests_per_minute,
                )
                if self._closed:
                    self._client.close()
            return self._client


def _open_store(options: Options) -> "Store | None":
    if options.store is None:
        return None
    from parsestrata.sources.store import Store  # noqa: PLC0415 - only when asked for

    return Store(options.store)
