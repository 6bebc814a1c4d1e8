"""The corners that are tried follow from pyproject.toml, and tests from the extras."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import matrix

pytestmark = pytest.mark.needs("dev")

TESTS = Path(__file__).parent
PYTHON = "Programming Language :: Python :: "
PROJECT: dict[str, Any] = {
    "project": {
        "classifiers": [f"{PYTHON}3 :: Only", f"{PYTHON}3.11", f"{PYTHON}3.12"],
        "optional-dependencies": {
            "wings": ["feather>=1"],
            "fins": ["scale>=1"],
            "all": ["duck[wings,fins]"],
        },
    },
    "dependency-groups": {"test": ["pytest"], "test-fins": ["aquarium"]},
}


def test_every_python_every_extra_and_both_ends_are_tried() -> None:
    names = [corner.name for corner in matrix.corners(PROJECT)]

    assert names == [
        "3.11-none-oldest",
        "3.11-none-newest",
        "3.11-all-oldest",
        "3.11-all-newest",
        "3.12-none-oldest",
        "3.12-none-newest",
        "3.12-all-oldest",
        "3.12-all-newest",
        "3.11-wings-oldest",
        "3.11-wings-newest",
        "3.11-fins-oldest",
        "3.11-fins-newest",
    ]


def test_all_extras_are_each_of_them() -> None:
    found = {corner.label: corner.extras for corner in matrix.corners(PROJECT)}

    assert found["all"] == ("wings", "fins")
    assert found["none"] == ()


def test_tests_of_an_extra_bring_what_they_need() -> None:
    assert matrix.test_groups(PROJECT, ["wings"]) == ["test"]
    assert matrix.test_groups(PROJECT, ["wings", "fins"]) == ["test", "test-fins"]


def test_a_corner_may_be_named_without_the_running_python() -> None:
    every = list(matrix.corners(matrix.read_project()))
    here = "{}.{}".format(*sys.version_info)

    [chosen] = matrix.choose(every, ["none-oldest"])

    assert chosen.name == f"{here}-none-oldest"


def test_a_name_that_is_no_corner_says_which_there_are() -> None:
    with pytest.raises(
        SystemExit, match=r"no such corner: nine. There are: 3\.11-none"
    ):
        matrix.choose(list(matrix.corners(PROJECT)), ["nine"])


def test_the_running_python_is_found_and_one_that_is_not_there_is_none() -> None:
    found = matrix.find_python("{}.{}".format(*sys.version_info))

    assert found == Path(sys.executable)
    assert matrix.find_python("3.99") is None


def test_a_corner_that_cannot_be_installed_has_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matrix, "FOLDER", tmp_path)
    corner = next(matrix.corners(PROJECT))

    outcome = matrix.try_corner(corner, tmp_path / "no python", ["test"], 1)

    assert (outcome.passed, outcome.says) == (False, "not installed")
    assert "no python" in (tmp_path / "3.11-none-oldest.log").read_text("utf-8")


def test_a_matrix_of_nothing_has_not_passed(capsys: pytest.CaptureFixture[str]) -> None:
    corner = matrix.Corner(python="3.99", extras=(), label="none", end="oldest")

    passed = matrix.try_all([corner], PROJECT, 1)

    assert not passed
    assert "Python 3.99 is not on this machine" in capsys.readouterr().out


# What `--extras` leaves out


def collect(*options: str) -> str:
    """Collect two files of tests, one of which needs the extra langchain."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", *options]
    files = [TESTS / "test_langchain.py", TESTS / "test_tokens.py"]
    done = subprocess.run(
        [*command, *files],
        capture_output=True,
        text=True,
        cwd=TESTS.parent,
        check=False,
    )
    return done.stdout


def test_tests_without_their_extra_are_left_out_and_listed() -> None:
    collected = collect("--extras=local")

    assert "LEFT OUT test_langchain.py: needs langchain" in collected
    assert "test_langchain.py::" not in collected
    assert "test_tokens.py::test_english_is_within" not in collected
    assert "test_tokens.py::test_white_space_around" in collected


def test_nothing_is_left_out_unless_asked_for() -> None:
    collected = collect()

    assert "LEFT OUT" not in collected
    assert "deselected" not in collected


def test_one_extra_has_its_own_tests_alone() -> None:
    collected = collect("--extras=langchain", "--needing=langchain")

    assert "test_langchain.py::" in collected
    assert "test_tokens.py::" not in collected


def test_tests_need_extras_that_there_are() -> None:
    extras = matrix.read_project()["project"]["optional-dependencies"]
    texts = [file.read_text("utf-8") for file in TESTS.glob("test_*.py")]

    calls = [
        call for text in texts for call in re.findall(r"mark\.needs\((.*)\)", text)
    ]

    named = {name for call in calls for name in re.findall(r'"([\w-]+)"', call)}
    assert named == {*extras, "dev"} - {"all"}
