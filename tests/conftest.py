"""Fixtures and switches that all tests share."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"
REAL_RESPONSES = SHARED / "real_responses"
REAL_FILES = sorted(REAL_RESPONSES.glob("*.json"))

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
