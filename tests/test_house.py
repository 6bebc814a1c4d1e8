"""The house as it is drawn: who may import whom, how large, how named, how light."""

import ast
import functools
import importlib
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import parsestrata
from parsestrata.errors import MissingExtraError

pytestmark = pytest.mark.needs("dev")

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = Path(parsestrata.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
LONGEST_MODULE = 400
LONGEST_BODY = 40
SLOWEST_IMPORT = 1.0
"""Seconds over a bare interpreter: no machine is so slow but a framework is."""

_GROUND = {"errors", "options", "report"}
_BELOW_FACE = _GROUND | {"api", "document", "chunking", "sources", "conversion"}
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "options": {"errors"},
    "report": {"errors"},
    "api": {"errors", "options"},
    "document": {"errors", "api"},
    "chunking": _GROUND | {"document"},
    "sources": _GROUND | {"api"},
    "conversion": _BELOW_FACE - {"conversion"},
    "face": _BELOW_FACE,
    "": _BELOW_FACE | {"face"},
    "agent": _BELOW_FACE,
    "langchain": _BELOW_FACE | {"agent"},
    "llama_index": _BELOW_FACE | {"agent"},
    "inspector": _BELOW_FACE,
    "ray": _BELOW_FACE,
    "cli": _BELOW_FACE | {"", "face", "langchain", "llama_index", "agent", "inspector"},
    "__main__": {"cli"},
}
"""Room by room, from the ground up, what a module may import besides its own room.

"" is the package's face, `__init__`.
"""

ONLY_IN: dict[str, set[str]] = {
    "pydantic": set(MAY_IMPORT),
    "pydantic_core": set(MAY_IMPORT),
    "msgspec": set(MAY_IMPORT),
    "requests": {"api"},
    "urllib3": {"api"},
    "liteparse": {"sources"},
    "tqdm": {"conversion", "cli"},
    "pandas": {"conversion"},
    "pyarrow": {"conversion"},
    "langchain_core": {"langchain", "llama_index"},  # whose readers give both kinds
    "llama_index": {"llama_index"},
    "bm25s": {"agent"},
    "Stemmer": {"agent"},
    "mcp": {"agent"},
    "ray": {"ray"},
    "starlette": {"api"},
    "uvicorn": {"api", "cli"},
}
"""The rooms that may import a package which is not of the standard library."""

HEAVY = (
    "langchain_core",
    "llama_index",
    "ray",
    "mcp",
    "pandas",
    "pyarrow",
    "numpy",
    "requests",
)


@functools.cache
def parse(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def module_of(file: Path) -> str:
    parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    """Return the room of a module of this package: its first part below the face."""
    return module.split(".")[1] if "." in module else ""


def imports(file: Path) -> Iterator[tuple[str, int]]:
    """Yield each module that a file imports, anywhere in it, with its line."""
    for node in ast.walk(parse(file)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            inner = [f"{module}.{alias.name}" for alias in node.names]
            submodules = [one for one in inner if one in MODULES]
            rest = len(submodules) < len(inner)
            yield from ((one, node.lineno) for one in submodules)
            if rest:
                yield module, node.lineno


MODULES = {module_of(file) for file in FILES}
each_file = pytest.mark.parametrize(
    "file", FILES, ids=[str(file.relative_to(PACKAGE)) for file in FILES]
)


# Who imports whom


def test_the_rooms_are_drawn_without_a_circle() -> None:
    seen: set[str] = set()

    for room, below in MAY_IMPORT.items():
        upward = {one for one in below if one not in seen}
        assert not upward, f"{room or 'the face'} imports {upward} above it"
        seen.add(room)


@each_file
def test_imports_point_down(file: Path) -> None:
    room = room_of(module_of(file))
    assert room in MAY_IMPORT, f"no such room is drawn: {room}"

    wrong = [
        f"line {line}: {module}"
        for module, line in imports(file)
        if module.split(".")[0] == "parsestrata"
        and room_of(module) not in {room, *MAY_IMPORT[room]}
    ]

    assert wrong == []


@each_file
def test_a_package_is_imported_in_its_room_only(file: Path) -> None:
    room = room_of(module_of(file))

    wrong = [
        f"line {line}: {module}"
        for module, line in imports(file)
        if (top := module.split(".")[0]) != "parsestrata"
        and top not in sys.stdlib_module_names
        and room not in ONLY_IN.get(top, set())
    ]

    assert wrong == []


@each_file
def test_no_import_is_relative(file: Path) -> None:
    relative = [
        node.lineno
        for node in ast.walk(parse(file))
        if isinstance(node, ast.ImportFrom) and node.level
    ]

    assert relative == []


def test_only_reading_knows_both_the_wire_and_the_document() -> None:
    both = [
        module_of(file)
        for file in FILES
        if room_of(module_of(file)) == "document"
        and any(room_of(module) == "api" for module, _ in imports(file))
    ]

    assert both == ["parsestrata.document.reading"]


# How light it is


def run_python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )


def test_importing_the_package_loads_no_framework() -> None:
    listed = run_python("import sys, parsestrata; print(*sys.modules)").stdout.split()

    loaded = {module.split(".")[0] for module in listed}
    assert "parsestrata" in loaded
    assert loaded.isdisjoint(HEAVY)


def test_importing_the_package_is_quick() -> None:
    def fastest(code: str) -> float:
        times = []
        for _ in range(5):
            start = time.perf_counter()
            run_python(code)
            times.append(time.perf_counter() - start)
        return min(times)

    assert fastest("import parsestrata") - fastest("") < SLOWEST_IMPORT


# What it shows


def listed_names(file: Path) -> list[str] | None:
    for node in parse(file).body:
        if isinstance(node, ast.Assign) and any(
            isinstance(one, ast.Name) and one.id == "__all__" for one in node.targets
        ):
            return [str(name) for name in ast.literal_eval(node.value)]
    return None


@pytest.mark.parametrize(
    "file",
    [file for file in FILES if listed_names(file) is not None],
    ids=module_of,
)
def test_what_a_module_lists_is_sorted_and_real(file: Path) -> None:
    names = listed_names(file)
    assert names is not None
    try:
        module = importlib.import_module(module_of(file))
    except MissingExtraError as error:
        pytest.skip(str(error))

    missing = [name for name in names if not hasattr(module, name)]

    assert missing == []
    assert names == sorted(set(names))
    assert module.__doc__


def test_the_face_and_the_adapters_list_what_they_show() -> None:
    listing = {module_of(f) for f in FILES if listed_names(f) is not None}

    assert listing >= {
        "parsestrata",
        "parsestrata.langchain",
        "parsestrata.llama_index",
    }


# How it is written


Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def public_definitions(body: list[ast.stmt]) -> Iterator[Definition]:
    """Yield the public functions, classes and methods of a module."""
    for node in body:
        if not isinstance(node, Definition) or node.name.startswith("_"):
            continue
        marks = {ast.unparse(one).split(".")[-1] for one in node.decorator_list}
        if marks.isdisjoint({"overload", "override", "setter"}):
            yield node
        if isinstance(node, ast.ClassDef):
            yield from public_definitions(node.body)


@each_file
def test_a_module_says_in_its_first_line_what_it_is(file: Path) -> None:
    first, *_ = (ast.get_docstring(parse(file)) or "").splitlines() or [""]

    assert first.strip()
    assert first.endswith((".", "`", "?", ":"))


@each_file
def test_everything_public_has_a_docstring(file: Path) -> None:
    silent = [
        f"line {node.lineno}: {node.name}"
        for node in public_definitions(parse(file).body)
        if not ast.get_docstring(node)
    ]

    assert silent == []


@each_file
def test_no_module_is_too_long(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").count("\n")

    assert lines < LONGEST_MODULE


def body_length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines below the signature and the docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    if not body:
        return 0
    return (body[-1].end_lineno or 0) - body[0].lineno + 1


@each_file
def test_no_function_is_too_long(file: Path) -> None:
    long = [
        f"line {node.lineno}: {node.name} has {body_length(node)} lines"
        for node in ast.walk(parse(file))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and body_length(node) > LONGEST_BODY
    ]

    assert long == []


def test_no_room_is_named_after_nothing() -> None:
    empty_words = {"utils", "helpers", "common", "base", "types", "constants", "misc"}

    found = [module for module in MODULES if empty_words & set(module.split("."))]

    assert found == []


# What lands


def tracked_files() -> list[Path]:
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z"],  # noqa: S607 - whichever git there is
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return []
    return [ROOT / name for name in listed.split("\0") if name]


NOT_DONE = re.compile(r"\b(?:TODO|FIXME|XXX)\b")
REGISTRY = re.compile(r"index[-_]url|trusted-host|pythonhosted|/simple/|find-links")


@pytest.mark.parametrize(
    "pattern", [NOT_DONE, REGISTRY], ids=["nothing left to do", "no registry"]
)
def test_no_tracked_file_holds_what_should_not_land(pattern: re.Pattern[str]) -> None:
    files = [file for file in tracked_files() if file.is_file()]
    if not files:
        pytest.skip("not a checkout")
    texts = {file: file.read_bytes().decode("utf-8", "replace") for file in files}
    own = Path(__file__).resolve()

    found = [
        f"{file.relative_to(ROOT)}: {match[0]}"
        for file, text in texts.items()
        if file.resolve() != own
        for match in pattern.finditer(text)
    ]

    assert found == []
