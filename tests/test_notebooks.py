"""The notebooks run from top to bottom, and are kept without their output.

Those that name packages of vector stores are run by `stores/test_notebooks.py`.
"""

from pathlib import Path

import pytest

from running_notebooks import NOTEBOOKS, PLAIN, WITH_STORES, code_cells, noise, run

pytestmark = pytest.mark.needs("dev")

MOST_LINES = 20


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_output(path: Path) -> None:
    kept = code_cells(path)

    assert kept
    assert [c.source for c in kept if c.outputs or c.execution_count] == []


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("path", PLAIN, ids=lambda path: path.stem)
def test_a_notebook_runs(path: Path) -> None:
    outputs = run(path)

    assert outputs
    assert noise(outputs) == []


@pytest.mark.parametrize("path", WITH_STORES, ids=lambda path: path.stem)
def test_the_way_from_a_pdf_to_a_citation_is_one_short_cell(path: Path) -> None:
    wanted = ("reportlab-userguide.pdf", "chroma", "cite(", ".regions")

    ways = [
        [line for line in cell.source.splitlines() if line.strip()]
        for cell in code_cells(path)
        if all(word in cell.source.lower() for word in wanted)
    ]

    assert len(ways) == 1
    assert len(ways[0]) < MOST_LINES
