"""What goes wrong with sources, documents and pages, and the accounting."""

from parsestrata.errors.asking import ParseStrataError


class SourceError(ParseStrataError):
    """A source is not there, or is nothing this package can read.

    Attributes:
        source: What was asked for, in the caller's words.
        problem: What was found, and what to do.
    """

    def __init__(self, source: str, problem: str) -> None:
        super().__init__(source, problem)
        self.source = source
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.source}: {self.problem}"


class EngineError(SourceError):
    """The local engine could not parse a document."""


class UnsupportedFileError(EngineError):
    """It is no PDF and no office file, or damaged, unreadable or too large."""


class PasswordError(EngineError):
    """The document is encrypted, and the password is wrong or missing."""


class EngineTimeoutError(EngineError, TimeoutError):
    """The document took longer to parse than it may; its process was ended."""


class EngineCrashedError(EngineError):
    """The engine's process died on the document; the caller's goes on."""


class AccountingError(ParseStrataError):
    """An item was lost or came out twice. This is a fault of the package.

    Attributes:
        source: The document.
        lost: Positions of items in no chunk and not dropped.
        doubled: Positions of items that came out more than once.
    """

    def __init__(
        self, source: str, lost: tuple[int, ...], doubled: tuple[int, ...]
    ) -> None:
        super().__init__(source, lost, doubled)
        self.source = source
        self.lost = lost
        self.doubled = doubled

    def __str__(self) -> str:
        return (
            f"{self.source}: items lost: {list(self.lost) or 'none'}, "
            f"items doubled: {list(self.doubled) or 'none'}"
        )


class PageFailedError(ParseStrataError):
    """A page could not be parsed and `on_failed_page="raise"`.

    Attributes:
        source: The document.
        page_number: 1-based source page.
        reason: The parser's own words.
    """

    def __init__(self, source: str, page_number: int, reason: str) -> None:
        super().__init__(source, page_number, reason)
        self.source = source
        self.page_number = page_number
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.source}: page {self.page_number} failed: {self.reason}"


class AllPagesFailedError(PageFailedError):
    """No page could be parsed; the fields are of the first. See `on_failed_page`."""

    def __str__(self) -> str:
        return f"{super().__str__()}. So did every other page"


class FailedSourcesError(ParseStrataError):
    """Some of many sources failed; what the others gave was handed out before.

    Attributes:
        failures: Source and its error, in order.
        total: How many sources there were.
    """

    def __init__(
        self, failures: tuple[tuple[str, ParseStrataError], ...], total: int
    ) -> None:
        super().__init__(failures, total)
        self.failures = failures
        self.total = total

    def __str__(self) -> str:
        causes = "; ".join(
            text if (text := str(error)).startswith(name) else f"{name}: {text}"
            for name, error in self.failures
        )
        text = f"{len(self.failures)} of {self.total} sources failed ({causes})"
        if len(self.failures) == self.total:
            return text
        return (
            f"{text}. The others were handed out before; with on_failed_job='report' "
            "this is no error and stands in the report"
        )


class StoreError(ParseStrataError):
    """The store cannot be read or written.

    Attributes:
        path: The folder or file.
        problem: What was found, and what to do.
    """

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(path, problem)
        self.path = path
        self.problem = problem

    def __str__(self) -> str:
        return f"store {self.path}: {self.problem}"
