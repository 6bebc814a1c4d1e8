"""The notebooks: which there are, what they need, and how they are run."""

from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

NOTEBOOKS = sorted((Path(__file__).resolve().parents[1] / "notebooks").glob("*.ipynb"))


def read(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=4)


def needed_packages(path: Path) -> list[str]:
    """Return the packages besides those of the project, as its metadata name them."""
    return list(read(path).metadata.get("needs", []))


PLAIN = [path for path in NOTEBOOKS if not needed_packages(path)]
"""Those that run with what the tests need anyway."""
WITH_STORES = [path for path in NOTEBOOKS if needed_packages(path)]


def code_cells(path: Path) -> list[NotebookNode]:
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def run(path: Path) -> list[NotebookNode]:
    """Run a notebook from top to bottom, and return its outputs."""
    client = NotebookClient(
        read(path),
        timeout=120,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
    )
    executed = client.execute()
    return [output for cell in executed.cells for output in cell.get("outputs", ())]


def noise(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Return what was written to standard error."""
    return [output for output in outputs if output.get("name") == "stderr"]
