"""Fixtures and switches that all tests share."""

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
