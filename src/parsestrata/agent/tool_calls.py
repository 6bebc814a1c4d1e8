"""What a model is told of each tool of DocumentTools, and what it may call it with."""

import functools
import inspect
import re
from collections.abc import Mapping, Sequence
from typing import Any, get_origin

import pydantic
from msgspec import Struct
from pydantic import BaseModel, ConfigDict, Field

from parsestrata.agent.tools import TOOLS, DocumentTools
from parsestrata.errors import ToolCallError

_ARGUMENT = re.compile(r"(\w+):\s+(.*)")
_LIST = "list_documents"
_DOCUMENT = "document"


class ToolCard(Struct, frozen=True, kw_only=True):
    """What a model is told of a tool."""

    name: str
    """Of the method."""
    description: str
    """The docstring of the method, without its arguments."""
    arguments: type[BaseModel]
    """A field for each argument, described as in the docstring. It takes numbers for
    text, one text for a list of them, and null for what need not be given."""


def tool_names(tools: DocumentTools) -> tuple[str, ...]:
    """Return the tools that make sense: nobody need list the only document."""
    return tuple([name for name in TOOLS if name != _LIST or not tools.is_single])


@functools.cache
def describe_tool(name: str, *, single: bool) -> ToolCard:
    """Read from a method of `DocumentTools` what a model has to know.

    Args:
        name: One of `TOOLS`.
        single: Whether there is one document, so that `document` is left out.
    """
    method = getattr(DocumentTools, name)
    description, told = _read_docstring(inspect.getdoc(method) or "")
    _, *parameters = inspect.signature(method).parameters.values()
    fields: dict[str, Any] = {
        one.name: (one.annotation, _make_field(one, told[one.name]))
        for one in parameters
        if one.name != _DOCUMENT or not single
    }
    return ToolCard(
        name=name,
        description=description,
        arguments=pydantic.create_model(name, __base__=_Arguments, **fields),
    )


def check_arguments(
    arguments: type[BaseModel], given: Sequence[Any], named: Mapping[str, Any]
) -> dict[str, Any]:
    """Check what a model calls a tool with.

    Args:
        arguments: Of the tool's card.
        given: Values without a name, in the order of the arguments.
        named: Values by name.

    Returns:
        What the method takes, without what was not given.

    Raises:
        ToolCallError: There is no such argument, one is missing, or of a wrong type.
    """
    values = {**dict(zip(arguments.model_fields, given, strict=False)), **named}
    try:
        checked = arguments.model_validate(values)
    except pydantic.ValidationError as error:
        raise ToolCallError(explain(error)) from None
    return {name: getattr(checked, name) for name in checked.model_fields_set}


def explain(error: pydantic.ValidationError) -> str:
    """Say in one line, for a model, what is wrong with the arguments of a call."""
    problems = "; ".join([_explain(problem) for problem in error.errors()])
    return f"wrong arguments for {error.title}: {problems}"


def _explain(problem: Any) -> str:
    name = ".".join(map(str, problem["loc"]))
    message = problem["msg"].removeprefix("Value error, ")
    if not name:
        return str(message)
    return f"{name}: {message[0].lower()}{message[1:]}"


def _tidy(schema: dict[str, Any]) -> None:
    """Leave out the titles, which say the names once more."""
    for one in schema.get("properties", {}).values():
        one.pop("title", None)


class _Arguments(BaseModel):
    model_config = ConfigDict(coerce_numbers_to_str=True, json_schema_extra=_tidy)

    @pydantic.model_validator(mode="before")
    @classmethod
    def _forgive(cls, given: Any) -> Any:
        """Take what models send for what they mean; refuse names that say nothing."""
        if not isinstance(given, dict):
            return given
        values = {name: value for name, value in given.items() if value is not None}
        for name, value in values.items():
            if name not in cls.model_fields:
                known = ", ".join(cls.model_fields)
                message = f"there is no argument {name[:40]!r}. There is: {known}"
                raise ValueError(message)
            is_list = get_origin(cls.model_fields[name].annotation) is tuple
            if is_list and isinstance(value, str | int):
                values[name] = [value] if value != "" else []
        return values


def _make_field(parameter: inspect.Parameter, description: str) -> Any:
    if parameter.default is parameter.empty:
        return Field(description=description)
    return Field(default=parameter.default, description=description)


def _read_docstring(text: str) -> tuple[str, dict[str, str]]:
    """Read the words for a model, and those on each argument; lines are joined."""
    words, _, section = text.partition("\n\nArgs:\n")
    told: dict[str, str] = {}
    name = ""
    for line in inspect.cleandoc(section).splitlines():
        begun = None if line.startswith(" ") else _ARGUMENT.fullmatch(line)
        if begun:
            name = begun[1]
            told[name] = begun[2]
        elif name:
            told[name] += f" {line.strip()}"
    paragraphs = [" ".join(one.split()) for one in words.split("\n\n")]
    return "\n\n".join(paragraphs), told
