"""What an editor knows: the code of users in `typing_of_users.py`, checked."""

import ast
import importlib
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from parsestrata.options import OPTION_NAMES

pytestmark = pytest.mark.needs("dev")


ROOT = Path(__file__).resolve().parents[1]
USERS = Path(__file__).with_name("typing_of_users.py")
CODE = USERS.read_text(encoding="utf-8")
MARK = re.compile(r"  # type: ignore\[[\w,-]+\] # pyright: ignore\[\w+\].*")
CHECKERS = {
    "mypy": ["mypy", "--config-file", "pyproject.toml", "--no-error-summary"],
    "pyright": ["pyright", "--pythonpath", sys.executable],
}
FINDING = re.compile(r"typing_of_users\.py:(\d+)(?::\d+)?(?: -|:) error: ")


def check(checker: str, path: Path) -> list[int]:
    """Return the numbers of the lines that a checker finds fault with, in order."""
    if importlib.util.find_spec(checker) is None:
        pytest.skip(f"{checker} is not installed; make check does that")
    command = [sys.executable, "-m", *CHECKERS[checker], str(path)]
    made = subprocess.run(
        command, capture_output=True, check=False, cwd=ROOT, text=True, timeout=300
    )
    lines = sorted({int(line) for line in FINDING.findall(made.stdout)})
    assert bool(lines) == bool(made.returncode), made.stdout + made.stderr
    return lines


each_checker = pytest.mark.parametrize("checker", CHECKERS)


@each_checker
def test_code_of_users_is_well_typed(checker: str) -> None:
    assert check(checker, USERS) == []


@each_checker
def test_each_wrong_use_is_an_error_of_its_own(tmp_path: Path, checker: str) -> None:
    wrong = [n for n, line in enumerate(CODE.splitlines(), 1) if MARK.search(line)]
    path = tmp_path / USERS.name
    path.write_text(MARK.sub("", CODE), encoding="utf-8")

    found = check(checker, path)

    assert len(wrong) > 20
    assert found == wrong


@pytest.mark.parametrize(
    "module",
    [
        "parsestrata",
        "parsestrata.api.client",
        "parsestrata.langchain",
        "parsestrata.llama_index",
    ],
)
def test_everything_public_is_used(module: str) -> None:
    names = set(importlib.import_module(module).__all__)

    used = {node.id for node in ast.walk(ast.parse(CODE)) if isinstance(node, ast.Name)}
    used |= {
        node.attr
        for node in ast.walk(ast.parse(CODE))
        if isinstance(node, ast.Attribute)
    }
    renamed = {"to_langchain": "to_document"}
    assert names <= used | {renamed[name] for name in used & set(renamed)}


def test_every_option_is_given() -> None:
    [function] = [
        node
        for node in ast.parse(CODE).body
        if isinstance(node, ast.FunctionDef) and node.name == "give_every_option"
    ]

    given = [one.arg for one in ast.walk(function) if isinstance(one, ast.keyword)]

    assert sorted(str(name) for name in given) == sorted(OPTION_NAMES)
