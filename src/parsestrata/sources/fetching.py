"""Job ids -> results: the store first, then the API."""

import os
import threading
import warnings
from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from parsestrata.api.stream import ResultStream, readable_name
from parsestrata.errors import (
    ContentUnavailableError,
    ParseStrataWarning,
    StoreError,
)
from parsestrata.options import Options, Split

if TYPE_CHECKING:
    from parsestrata.api.body import Body
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

_NAMELESS = "document.pdf"
_MADE_OF_TEXT: tuple[Split, ...] = ("page", "document", "result")


class Ready:
    """A result that has come, not scanned yet; opened once or closed.

    Args:
        scan: Makes the result.
        close: Forgets it.
        problem: What to warn of when it is opened, "" for nothing.
    """

    def __init__(
        self,
        scan: Callable[[], ResultStream],
        close: Callable[[], object] = lambda: None,
        problem: str = "",
    ) -> None:
        self._scan = scan
        self._close = close
        self._problem = problem

    def close(self) -> None:
        """Forget it."""
        self._close()

    def open(self) -> ResultStream:
        """Scan it.

        Raises:
            ParseStrataError: It is no result.
        """
        if self._problem:
            warnings.warn(self._problem, ParseStrataWarning, stacklevel=2)
        return self._scan()


class _NamedBytes(BytesIO):
    """An open file in memory that has a name."""

    def __init__(self, data: bytes, name: str) -> None:
        super().__init__(data)
        self.name = name


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

    def fetch(self, job_id: str) -> Ready:
        """Get a result ready, from the store or else the API.

        Raises:
            ConfigError: There is no key.
            ParseStrataError: The job has no result, or it did not come.
        """
        if self.store is not None and self.has(self.store, job_id):
            return Ready(partial(self._read, self.store, job_id))
        return self._download(job_id)

    def parse(self, document: str | os.PathLike[str] | bytes, name: str = "") -> Ready:
        """Send a document up, and get its result ready when it is parsed.

        Args:
            document: A path, or the bytes of a file.
            name: What to call bytes, "" when they have no file name.

        Raises:
            ConfigError: There is no key.
            ParseStrataError: It was not taken, or its job has no result.
        """
        options = self._options
        file = (
            _NamedBytes(document, name or _NAMELESS)
            if isinstance(document, bytes)
            else Path(document)
        )
        job = self.client().upload(file, options.tier, options.version)
        label = name if isinstance(document, bytes) else readable_name(Path(document))
        return self._download(job.id, label)

    def has(self, store: "Store", job_id: str) -> bool:
        """Say whether a store has all that would be fetched."""
        if store.holds(job_id, self._expand):
            return True
        if not self._text_will_do or not store.holds(job_id, TEXT_ONLY):
            return False
        job = store.job(job_id)
        return job is not None and job.tier == "fast"

    def _read(self, store: "Store", job_id: str) -> ResultStream:
        try:
            return ResultStream(store.read(job_id), job_id)
        except StoreError:
            return self._download(job_id).open()

    def _download(self, job_id: str, label: str = "") -> Ready:
        body, asked = self._ask(job_id)
        try:
            problem = self._keep(body, job_id, asked)
        except BaseException:
            body.close()
            raise
        return Ready(partial(body.open, label or job_id), body.close, problem)

    def fetch_into(self, store: "Store", job_id: str) -> None:
        """Fetch a result into a store.

        Raises:
            StoreError: It cannot be written.
            ParseStrataError: As for `fetch`.
        """
        body, asked = self._ask(job_id)
        with body:
            store.put(body.read(), job_id, asked=asked)

    def _ask(self, job_id: str) -> "tuple[Body, tuple[str, ...]]":
        """Ask for all, or for text where there is no more; say what was asked for."""
        try:
            return self._ask_for(job_id, self._expand), self._expand
        except ContentUnavailableError:
            if not self._text_will_do:
                raise
        return self._ask_for(job_id, TEXT_ONLY), TEXT_ONLY

    def _ask_for(self, job_id: str, expand: tuple[str, ...]) -> "Body":
        options = self._options
        return self.client().fetch(
            job_id,
            expand,
            transfer=options.transfer,
            wait=options.wait,
            polling_interval=options.polling_interval,
            job_timeout=options.job_timeout,
        )

    def _keep(self, body: "Body", job_id: str, asked: tuple[str, ...]) -> str:
        """Put a result into the store; one that is full loses no result."""
        if self.store is not None:
            try:
                self.store.put(body.read(), job_id, asked=asked)
            except StoreError as error:
                return f"{error}; the result is used, but not kept"
        return ""

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
