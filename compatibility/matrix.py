"""Try the package with the oldest and the newest releases that it allows.

    python compatibility/matrix.py                    # every corner
    python compatibility/matrix.py 3.11-none-oldest   # these alone
    python compatibility/matrix.py none-oldest        # with the Python that runs this
    python compatibility/matrix.py --list

A corner is a Python, a set of extras and one end of the ranges of versions. All three
are read from pyproject.toml: a new extra or Python is tried without a change here. Each
corner has a virtual environment of its own in `.matrix`, with the log beside it. Without
extras every test runs that needs none, with extras every test that needs one of them
(`pytest --extras --needing`, see tests/conftest.py). Hypothesis draws few examples.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, TextIO

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".matrix"
RESOLUTIONS = {"oldest": "lowest-direct", "newest": "highest"}
"""What uv calls the two ends of the ranges in pyproject.toml."""

_PYTHON = re.compile(r"Programming Language :: Python :: (3\.\d+)")
_COUNTS = re.compile(r"^(?:=+ )?(\d+ \w+.*?) in [\d.]+s", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Corner:
    """One environment to try the package in."""

    python: str
    """As in the classifiers: `3.11`."""
    extras: tuple[str, ...]
    """() for the package alone."""
    label: str
    """What the extras are called together: `none`, `all` or the only one."""
    end: str
    """`oldest` or `newest`."""

    @property
    def name(self) -> str:
        """What it is called on the command line and in `.matrix`."""
        return f"{self.python}-{self.label}-{self.end}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a corner came out."""

    corner: Corner
    passed: bool
    says: str
    seconds: float


class StepError(Exception):
    """A command of a corner failed; what it said is in the log."""


def read_project() -> dict[str, Any]:
    """Read pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def corners(project: Mapping[str, Any]) -> Iterator[Corner]:
    """Yield the corners: all Pythons without and with all extras, then each alone.

    An extra alone is tried with the oldest Python only.

    Args:
        project: What pyproject.toml holds.
    """
    found = map(_PYTHON.fullmatch, project["project"]["classifiers"])
    pythons = [match[1] for match in found if match]
    extras = [e for e in project["project"]["optional-dependencies"] if e != "all"]
    whole = {"none": (), "all": tuple(extras)}
    for python, label, end in product(pythons, whole, RESOLUTIONS):
        yield Corner(python=python, extras=whole[label], label=label, end=end)
    for extra, end in product(extras, RESOLUTIONS):
        yield Corner(python=pythons[0], extras=(extra,), label=extra, end=end)


def find_python(version: str) -> Path | None:
    """Find an interpreter, on the path or among those of pyenv."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    on_path = shutil.which(f"python{version}")
    candidates = [Path(sys.executable), *([Path(on_path)] if on_path else [])]
    candidates += sorted(pyenv.glob(f"versions/{version}.*/bin/python"))
    asks = "import sys; print('{}.{}'.format(*sys.version_info))"
    for candidate in candidates:
        asked = subprocess.run(
            [candidate, "-c", asks], capture_output=True, text=True, check=False
        )
        if asked.stdout.strip() == version:
            return candidate
    return None


def test_groups(project: Mapping[str, Any], extras: Sequence[str]) -> list[str]:
    """Name the dependency groups that tests need: `test`, `test-EXTRA` if there is one.

    Args:
        project: What pyproject.toml holds.
        extras: Those of the corner.
    """
    wanted = ["test", *(f"test-{extra}" for extra in extras)]
    return [group for group in wanted if group in project["dependency-groups"]]


def try_corner(
    corner: Corner, python: Path, groups: Sequence[str], workers: int
) -> Outcome:
    """Make the environment of a corner and run its tests there.

    Args:
        corner: Which.
        python: The interpreter.
        groups: Dependency groups to install besides.
        workers: Processes that share the tests.
    """
    start = time.monotonic()
    log = FOLDER / f"{corner.name}.log"
    with log.open("w+", encoding="utf-8") as file:
        passed = True
        try:
            interpreter = _install(corner, python, groups, file)
            _run(file, interpreter, *_pytest(corner, workers))
        except StepError:
            passed = False
        file.seek(0)
        counts = _COUNTS.findall(file.read())
    says = counts[-1] if counts else "not installed"
    seconds = time.monotonic() - start
    return Outcome(corner=corner, passed=passed, says=says, seconds=seconds)


def _install(corner: Corner, python: Path, groups: Sequence[str], log: TextIO) -> Path:
    """Install the package, then what its tests need around it without moving it.

    Returns:
        The interpreter of the new environment.
    """
    folder = FOLDER / corner.name
    interpreter = folder / "bin" / "python"
    pip, into = ("uv", "pip"), ("--python", interpreter)
    ends = ("--resolution", RESOLUTIONS[corner.end])
    package = f".[{','.join(corner.extras)}]"
    _run(log, "uv", "venv", "--clear", "--python", python, folder)
    _run(log, *pip, "install", *into, *ends, "--editable", package)
    held = FOLDER / f"{corner.name}.txt"
    with held.open("w", encoding="utf-8") as file:
        _run(file, *pip, "freeze", "--quiet", *into, "--exclude-editable", quiet=True)
    needed = [part for group in groups for part in ("--group", group)]
    _run(log, *pip, "install", *into, "--constraints", held, *needed)
    return interpreter


def _pytest(corner: Corner, workers: int) -> Iterator[str]:
    yield from ("-m", "pytest", "-q", "-p", "no:cacheprovider")
    extras = ",".join(corner.extras)
    yield f"--extras={extras}"
    if extras:
        yield f"--needing={extras}"
    if workers > 1:
        yield f"--numprocesses={workers}"


def _run(out: TextIO, *command: str | Path, quiet: bool = False) -> None:
    """Run a command; its output follows its words, unless they are left out.

    Raises:
        StepError: It failed.
    """
    if not quiet:
        print("$", *command, file=out, flush=True)
    own = Path(sys.executable).parent  # where uv is
    environment = {
        **os.environ,
        "PATH": os.pathsep.join((str(own), os.environ["PATH"])),
        "HYPOTHESIS_PROFILE": "few",
        "UV_LINK_MODE": "copy",  # nltk reads no file that is linked
        "UV_PYTHON_DOWNLOADS": "never",
    }
    done = subprocess.run(
        command, cwd=ROOT, stdout=out, stderr=out, check=False, env=environment
    )
    if done.returncode:
        raise StepError


def try_all(chosen: Sequence[Corner], project: Mapping[str, Any], jobs: int) -> bool:
    """Try corners, so many at a time, and print a row for each.

    Returns:
        Whether all passed, and there was one to try.
    """
    pythons = {one.python: find_python(one.python) for one in chosen}
    for version, python in pythons.items():
        if python is None:
            print(f"Python {version} is not on this machine: its corners are left out")
    jobs = min(jobs, len(chosen))
    workers = (os.cpu_count() or 1) // jobs
    with ThreadPoolExecutor(jobs) as pool:
        running = [
            pool.submit(
                try_corner, one, python, test_groups(project, one.extras), workers
            )
            for one in chosen
            if (python := pythons[one.python])
        ]
        outcomes = [_print_row(future.result()) for future in running]
    return bool(outcomes) and all(outcome.passed for outcome in outcomes)


def _print_row(outcome: Outcome) -> Outcome:
    result = "ok" if outcome.passed else "FAILED"
    cells = (outcome.corner.name, result, f"{outcome.seconds:.0f} s", outcome.says)
    print("| {:<23} | {:<6} | {:>5} | {}".format(*cells), flush=True)
    if not outcome.passed:
        print(f"  see {FOLDER / outcome.corner.name}.log", flush=True)
    return outcome


def choose(every: Sequence[Corner], names: Sequence[str]) -> list[Corner]:
    """Pick corners by name, without a Python for the running one; all without names.

    Raises:
        SystemExit: There is none of a name.
    """
    here = "{}.{}-".format(*sys.version_info)
    known = {one.name: one for one in every}
    known |= {
        n.removeprefix(here): one for n, one in known.items() if n.startswith(here)
    }
    unknown = [name for name in names if name not in known]
    if unknown:
        sys.exit(
            f"no such corner: {', '.join(unknown)}. There are: {', '.join(one.name for one in every)}"
        )
    return [known[name] for name in names] or list(every)


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("corners", nargs="*", help="by name; all when none is given")
    parser.add_argument("--list", action="store_true", help="print names and end")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="how many at a time"
    )
    arguments = parser.parse_args()
    project = read_project()
    chosen = choose(list(corners(project)), arguments.corners)
    if arguments.list:
        print(*(one.name for one in chosen), sep="\n")
        return 0
    FOLDER.mkdir(exist_ok=True)
    return 0 if try_all(chosen, project, arguments.jobs) else 1


if __name__ == "__main__":
    sys.exit(main())
