"""The notebooks that need a vector store run, and find the page they ask for."""

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

from running_notebooks import WITH_STORES, needed_packages, noise, run

pytestmark = pytest.mark.needs("dev")


def is_missing(package: str) -> bool:
    try:
        distribution(package)
    except PackageNotFoundError:
        return True
    return False


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("path", WITH_STORES, ids=lambda path: path.stem)
def test_a_notebook_runs_and_cites_the_right_page(path: Path) -> None:
    missing = [package for package in needed_packages(path) if is_missing(package)]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")

    outputs = run(path)

    assert noise(outputs) == []
    printed = [output["text"] for output in outputs if output.get("name") == "stdout"]
    place = (
        "reportlab-userguide.pdf, p. 58, Chapter 4 Exposing PDF Special Capabilities"
    )
    assert printed[0].startswith(f"{place} > 4.6 Encryption")
    assert "Region(page_number=58, x=" in printed[0]
    drawn = [output["data"] for output in outputs if "data" in output]
    assert "data:image/png;base64," in drawn[-1]["text/html"]
