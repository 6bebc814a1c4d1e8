"""Every error has its place in the tree, its words, and survives a process border."""

import builtins
import copy
import inspect
import pickle
import re
from typing import Any

import pytest

from parsestrata import errors
from parsestrata.errors import (
    APIError,
    ConfigError,
    FailedSourcesError,
    JobFailedError,
    MissingExtraError,
    ParseStrataError,
    ParseStrataWarning,
    SourceError,
)

CLASSES: dict[str, type[Exception]] = {
    name: member
    for name, member in vars(errors).items()
    if inspect.isclass(member) and issubclass(member, ParseStrataError)
}
RAISED = [name for name in CLASSES if name != "ParseStrataError"]
"""The base is caught and never raised."""
VALUES: dict[str, Any] = {
    "message": "max_tokens=0: must be at least 16",
    "module": "langchain_core",
    "extra": "langchain",
    "source": "report.pdf",
    "problem": "there is no such file",
    "lost": (3, 4),
    "doubled": (),
    "page_number": 7,
    "reason": "worker timed out",
    "failures": (("a.json", SourceError("a.json", "there is no such file")),),
    "total": 3,
    "url": "https://api.example.com/api/v2/parse/pjb-1",
    "status": 404,
    "detail": "Parse job not found",
    "offset": 99,
    "job_id": "pjb-1",
    "choices": ("s1.2 Market risk",),
}
"""A value for each parameter of an error, by name."""


def make(kind: type[Exception]) -> Exception:
    return kind(*(value_of(name) for name in inspect.signature(kind).parameters))


def value_of(name: str) -> Any:
    """Give a value for a parameter; one of a later error gets a text of its own."""
    return VALUES.get(name, f"some {name}")


def fields(error: Exception) -> dict[str, Any]:
    return {
        name: repr(value) for name, value in vars(error).items() if name != "__notes__"
    }


def tree_in_the_docstring() -> dict[str, tuple[str, str]]:
    """Read `{class: (the class above it, what else it is)}` from the drawing."""
    found: dict[str, tuple[str, str]] = {}
    above: dict[int, str] = {}
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"([│├└─ ]*)(\w+Error)\b(.*)", line)
        if match:
            depth = len(match[1])
            near = [d for d in above if d < depth]
            parent = above[max(near)] if near else ""
            above = {d: name for d, name in above.items() if d < depth}
            above[depth] = match[2]
            also = re.search(r"\(also (\w+)\)", match[3])
            found[match[2]] = (parent, also[1] if also else "")
    return found


def test_all_errors_share_one_base_and_are_defined_in_one_place() -> None:
    raised = [m for m in vars(errors).values() if inspect.isclass(m)]

    strangers = [
        one
        for one in raised
        if one.__module__.startswith(errors.__name__)
        and not issubclass(one, ParseStrataError | ParseStrataWarning)
    ]

    assert strangers == []
    assert len(CLASSES) > 15


def test_the_tree_in_the_docstring_lists_exactly_the_classes_there_are() -> None:
    drawn = tree_in_the_docstring()

    real = {
        name: next(
            (base.__name__ for base in kind.__bases__ if base.__name__ in CLASSES), ""
        )
        for name, kind in CLASSES.items()
    }
    assert {name: parent for name, (parent, _) in drawn.items()} == real


def test_what_an_error_is_besides_is_drawn_too() -> None:
    drawn = {name: also for name, (_, also) in tree_in_the_docstring().items() if also}

    real = {
        name: base.__name__
        for name, kind in CLASSES.items()
        for base in kind.__bases__
        if name != "ParseStrataError" and hasattr(builtins, base.__name__)
    }
    assert drawn == real
    assert drawn["ConfigError"] == "ValueError"


@pytest.mark.parametrize("name", RAISED)
def test_an_error_keeps_its_fields_in_the_order_of_its_signature(name: str) -> None:
    error = make(CLASSES[name])

    parameters = list(inspect.signature(CLASSES[name]).parameters)

    assert error.args == tuple(getattr(error, one) for one in parameters)
    assert list(vars(error)) == parameters


@pytest.mark.parametrize("name", RAISED)
def test_a_pickled_error_comes_back_with_the_same_words_and_fields(name: str) -> None:
    error = make(CLASSES[name])
    error.add_note("a note")

    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        back = pickle.loads(pickle.dumps(error, protocol))

        assert type(back) is type(error)
        assert (str(back), repr(back)) == (str(error), repr(error))
        assert fields(back) == fields(error)
        assert back.__notes__ == ["a note"]


@pytest.mark.parametrize("name", RAISED)
def test_a_copied_error_comes_back_with_the_same_words(name: str) -> None:
    error = make(CLASSES[name])

    back = copy.deepcopy(error)

    assert (type(back), str(back)) == (type(error), str(error))


@pytest.mark.parametrize("name", RAISED)
def test_an_error_says_all_it_knows(name: str) -> None:
    error = make(CLASSES[name])

    said = str(error)

    assert said
    assert "\n" not in said
    for parameter in inspect.signature(CLASSES[name]).parameters:
        value = value_of(parameter)
        if isinstance(value, str | int):
            assert str(value) in said


def test_a_job_that_gave_no_details_says_its_status_alone() -> None:
    error = JobFailedError("pjb-1", "FAILED")

    assert str(error) == "job pjb-1 is FAILED"


def test_an_answer_that_never_came_is_told_from_one_that_did() -> None:
    said = [str(APIError("https://host/x", status, "")) for status in (0, 418)]

    assert said == [
        "https://host/x: no answer: no details given",
        "https://host/x: HTTP 418: no details given",
    ]


def test_builtin_handlers_catch_what_they_should() -> None:
    with pytest.raises(ValueError, match="wrong"):
        raise ConfigError("wrong")  # noqa: EM101 - what is tested
    with pytest.raises(ImportError, match=r"pip install .*parsestrata\[langchain\]"):
        raise MissingExtraError("langchain_core", "langchain")  # noqa: EM101


def test_a_failure_of_many_names_each_source_once() -> None:
    failures = (
        ("a.json", SourceError("a.json", "there is no such file")),
        ("b.json", JobFailedError("pjb-2", "FAILED", "PDF_IS_BROKEN")),
    )

    said = str(FailedSourcesError(failures, 3))

    assert said.startswith("2 of 3 sources failed")
    assert said.count("a.json") == 1
    assert "b.json: job pjb-2 is FAILED: PDF_IS_BROKEN" in said


def test_sources_that_all_failed_left_no_others() -> None:
    failed = (("a", ParseStrataError("no a")), ("b", ParseStrataError("no b")))

    assert "others" not in str(FailedSourcesError(failed, 2))
    assert "others" in str(FailedSourcesError(failed, 3))
