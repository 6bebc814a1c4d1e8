"""Fixtures and switches that all tests share."""

import re
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"
REAL_RESPONSES = SHARED / "real_responses"
REAL_FILES = sorted(REAL_RESPONSES.glob("*.json"))

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
PDFS = SHARED / "pdf"
needs_pdfs = pytest.mark.skipif(not PDFS.is_dir(), reason=f"no folder {PDFS}")
needs_real_responses = pytest.mark.skipif(
    not REAL_FILES, reason=f"no real responses in {REAL_RESPONSES}"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--golden", action="store_true", help="rewrite the golden files, then fail"
    )
    parser.addoption(
        "--extras",
        metavar="NAME,…",
        help="the extras that are installed; tests that need another are left out and "
        "listed. By default all, and `dev`",
    )
    parser.addoption(
        "--needing",
        metavar="NAME,…",
        help="run only the tests that need one of these extras",
    )


# Tests say which extras they need: a file by `pytestmark = pytest.mark.needs(…)`, a
# single test by the same mark. Nothing is left out but where `--extras` is given.

_FILE_NEEDS = re.compile(r"^pytestmark = pytest\.mark\.needs\((.*)\)$", re.MULTILINE)


def needs_of_file(file: Path) -> set[str]:
    found = _FILE_NEEDS.search(file.read_text(encoding="utf-8"))
    return set(re.findall(r'"(.+?)"', found[1])) if found else set()


def needs_of_test(item: pytest.Item) -> set[str]:
    return {name for mark in item.iter_markers("needs") for name in mark.args}


def missing_extras(config: pytest.Config, needed: set[str]) -> list[str]:
    given: str | None = config.getoption("--extras")
    return [] if given is None else sorted(needed - {*given.split(",")})


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave a file out before its imports fail."""
    if not collection_path.match("test_*.py"):
        return None
    return bool(missing_extras(config, needs_of_file(collection_path))) or None


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    needing: str | None = config.getoption("--needing")
    wanted = {*needing.split(",")} if needing else set()
    left_out = [
        item
        for item in items
        if missing_extras(config, needs_of_test(item))
        or (wanted and wanted.isdisjoint(needs_of_test(item)))
    ]
    gone = {*left_out}
    items[:] = [item for item in items if item not in gone]
    config.hook.pytest_deselected(items=left_out)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for file in sorted(Path(__file__).parent.glob("test_*.py")):
        missing = ", ".join(missing_extras(config, needs_of_file(file)))
        if missing:
            terminalreporter.write_line(f"LEFT OUT {file.name}: needs {missing}")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that takes `real_file` once for each real response."""
    if "real_file" in metafunc.fixturenames:
        files = REAL_FILES or [
            pytest.param(
                None,
                marks=pytest.mark.skip(reason=f"no real responses in {REAL_RESPONSES}"),
            )
        ]
        ids = [file.name for file in REAL_FILES] or ["none"]
        metafunc.parametrize("real_file", files, ids=ids)


@pytest.fixture
def shipped_pdf() -> Path:
    """Return the PDF that ships with the package."""
    return EXAMPLES / "reportlab-userguide.pdf"


@pytest.fixture
def locked_pdf() -> Path:
    """Return an encrypted PDF; its password is `password`."""
    path = PDFS / "password.pdf"
    if not path.is_file():
        pytest.skip(f"no file {path}")
    return path
