"""What a model is told of the tools, and what it may call them with."""

import inspect
from typing import Any

import pytest

from asking import OTHER, REPORT
from parsestrata.agent import DocumentTools
from parsestrata.agent.tool_calls import check_arguments, describe_tool, tool_names
from parsestrata.agent.tools import TOOLS
from parsestrata.errors import ToolCallError

each_tool = pytest.mark.parametrize("name", TOOLS)


def arguments_of(name: str) -> list[str]:
    _, *names = inspect.signature(getattr(DocumentTools, name)).parameters
    return names


@each_tool
def test_a_card_has_the_arguments_of_the_method_in_order(name: str) -> None:
    card = describe_tool(name, single=False)

    assert card.name == name
    assert list(card.arguments.model_fields) == arguments_of(name)


@each_tool
def test_the_only_document_needs_no_name(name: str) -> None:
    card = describe_tool(name, single=True)

    wanted = [one for one in arguments_of(name) if one != "document"]
    assert list(card.arguments.model_fields) == wanted


@each_tool
def test_everything_a_model_is_told_ends_and_runs_on_one_line(name: str) -> None:
    card = describe_tool(name, single=False)

    told = [card.description]
    told += [one.description or "" for one in card.arguments.model_fields.values()]
    assert [text for text in told if not text.endswith(".")] == []
    assert [text for text in told if "  " in text or "Args" in text] == []


def test_a_description_that_runs_over_lines_is_joined() -> None:
    card = describe_tool("read_section", single=True)

    assert card.arguments.model_fields["section"].description == (
        "Id as in the outline (s1.2), title, or heading path "
        "(Risk factors > Market risk)."
    )


def test_the_schema_of_a_tool_says_all_and_nothing_twice() -> None:
    schema = describe_tool("get_table", single=True).arguments.model_json_schema()

    assert schema == {
        "title": "get_table",
        "type": "object",
        "required": ["table"],
        "properties": {
            "table": {
                "type": "string",
                "description": "Id as in the list of tables (t3).",
            },
            "rows": {
                "type": "string",
                "default": "",
                "description": '5, 1-20, 21- or 1-3, 7, from 1 below the header; "" for all.',
            },
            "columns": {
                "type": "array",
                "items": {"type": "string"},
                "default": [],
                "description": "Names from the header, or numbers from 1; empty for all.",
            },
            "format": {
                "type": "string",
                "enum": ["csv", "markdown", "json"],
                "default": "csv",
                "description": "csv, markdown, or json (one object a line).",
            },
            "cursor": {
                "type": "string",
                "default": "",
                "description": "From the answer before, to read on.",
            },
            "max_tokens": {
                "type": "integer",
                "default": 0,
                "description": "Most tokens of the answer; 0 for the usual number.",
            },
        },
    }


def test_only_several_documents_are_listed() -> None:
    one, two = DocumentTools(REPORT), DocumentTools([REPORT, OTHER])

    assert tool_names(two) == TOOLS
    assert tool_names(one) == TOOLS[1:]
    assert TOOLS[0] == "list_documents"


@pytest.mark.parametrize(
    ("name", "given", "taken"),
    [
        pytest.param("outline", {}, {}, id="nothing"),
        pytest.param("outline", {"depth": "3"}, {"depth": 3}, id="digits"),
        pytest.param("outline", {"section": None}, {}, id="null is the default"),
        pytest.param("read_section", {"section": 2.1}, {"section": "2.1"}, id="number"),
        pytest.param(
            "get_table",
            {"table": 3, "rows": 5},
            {"table": "3", "rows": "5"},
            id="numbers",
        ),
        pytest.param(
            "get_table",
            {"table": "t1", "columns": "Use"},
            {"table": "t1", "columns": ("Use",)},
            id="one name for a list",
        ),
        pytest.param(
            "get_table",
            {"table": "t1", "columns": [1, "Use"]},
            {"table": "t1", "columns": ("1", "Use")},
            id="numbers in a list",
        ),
        pytest.param(
            "get_table",
            {"table": "t1", "columns": ""},
            {"table": "t1", "columns": ()},
            id="empty text for an empty list",
        ),
        pytest.param(
            "read_section",
            {"section": "s1", "subsections": "true"},
            {"section": "s1", "subsections": True},
            id="true in quotes",
        ),
    ],
)
def test_what_models_send_is_taken_for_what_they_mean(
    name: str, given: dict[str, Any], taken: dict[str, Any]
) -> None:
    arguments = describe_tool(name, single=True).arguments

    assert check_arguments(arguments, (), given) == taken


def test_values_without_a_name_come_in_the_order_of_the_arguments() -> None:
    arguments = describe_tool("outline", single=True).arguments

    taken = check_arguments(arguments, (1, "Water"), {"max_tokens": 400})

    assert taken == {"depth": 1, "section": "Water", "max_tokens": 400}


@pytest.mark.parametrize(
    ("name", "given", "told"),
    [
        pytest.param(
            "search",
            {"query": "lead", "section": "s1"},
            "wrong arguments for search: there is no argument 'section'. "
            "There is: query, k, within, cursor, max_tokens",
            id="unknown",
        ),
        pytest.param(
            "read_section",
            {"section": None},
            "wrong arguments for read_section: section: field required",
            id="missing",
        ),
        pytest.param(
            "get_table",
            {"table": "t1", "format": "xlsx"},
            "wrong arguments for get_table: format: input should be 'csv', "
            "'markdown' or 'json'",
            id="not among the choices",
        ),
        pytest.param(
            "read_pages",
            {"first": "two", "last": []},
            "wrong arguments for read_pages: first: input should be a valid integer, "
            "unable to parse string as an integer; last: input should be a valid "
            "integer",
            id="two of a wrong type",
        ),
    ],
)
def test_wrong_arguments_are_told_in_words_a_model_can_act_on(
    name: str, given: dict[str, Any], told: str
) -> None:
    arguments = describe_tool(name, single=True).arguments

    with pytest.raises(ToolCallError) as caught:
        check_arguments(arguments, (), given)

    assert str(caught.value) == told
