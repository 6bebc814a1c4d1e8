"""Options: what is allowed, and how a wrong one is told."""

import os
import pickle
import re
from collections.abc import Sequence
from datetime import date
from typing import Any, get_args, get_type_hints
from unittest import mock

import pytest
from pydantic import SecretStr

from parsestrata.chunking.metadata import KEYS
from parsestrata.errors import ConfigError
from parsestrata.options import (
    OPTION_NAMES,
    Context,
    MetadataProfile,
    Options,
    OptionValues,
    Split,
    TableFormat,
)

SECRET = "llx-very-secret"  # noqa: S105 - it opens nothing


def _name(value: object) -> str:
    """Name a case without the address of its object, which differs between workers."""
    return re.sub(r" at 0x\w+", "", repr(value))


class Tokenizer:
    def __init__(self, name: str = "") -> None:
        self.name = name

    def encode(self, text: str) -> list[str]:
        return text.split()


def test_the_defaults_are_those_of_the_design() -> None:
    options = Options()

    assert (options.split, options.max_tokens, options.min_tokens) == (
        "chunk",
        512,
        100,
    )
    assert (options.context, options.table_format) == ("name+path", "compact")
    assert (options.metadata, options.metadata_budget) == ("flat", 4000)
    assert (options.on_failed_page, options.on_failed_job) == ("warn", "raise")


def test_option_values_are_the_fields_of_options() -> None:
    fields = get_type_hints(Options)
    values = get_type_hints(OptionValues)

    assert set(values) == set(Options.model_fields) == set(OPTION_NAMES)
    for name in ("api_key", "password", "tessdata"):
        assert values.pop(name) == fields[name] | str
    assert values.pop("ocr_languages") == Sequence[str]
    assert values == {name: fields[name] for name in values}


def test_every_field_says_what_it_means_or_is_named_after_the_api() -> None:
    assert OptionValues.__optional_keys__ == set(OPTION_NAMES)
    assert all(not field.is_required() for field in Options.model_fields.values())


@pytest.mark.parametrize(
    ("name", "literal"),
    [
        ("split", Split),
        ("context", Context),
        ("table_format", TableFormat),
        ("metadata", MetadataProfile),
    ],
)
def test_a_wrong_word_names_every_right_one(name: str, literal: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        Options(**{name: "nonsense"})  # type: ignore[arg-type]

    assert str(caught.value).startswith(f"{name}='nonsense': ")
    assert all(f"'{word}'" in str(caught.value) for word in get_args(literal))


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"max_tokens": 0}, "max_tokens=0: .*greater than or equal to 16"),
        ({"max_tokens": 15}, "max_tokens=15: .*16"),
        ({"max_tokens": True}, "max_tokens=True: .*16"),
        ({"max_tokens": -5}, "max_tokens=-5: .*16"),
        ({"max_tokens": "many"}, "max_tokens='many': .*integer"),
        ({"max_tokens": 100.5}, "max_tokens=100.5: .*integer"),
        ({"max_tokens": None}, "max_tokens=None: .*integer"),
        ({"min_tokens": -1}, "min_tokens=-1: .*greater than or equal to 0"),
        ({"min_tokens": 513}, "min_tokens=513 is above max_tokens=512"),
        ({"max_tokens": 64, "min_tokens": 65}, "min_tokens=65 is above max_tokens=64"),
        ({"metadata_budget": -1}, "metadata_budget=-1: .*0"),
        ({"timeout": 0}, "timeout=0: .*greater than 0"),
        ({"timeout": float("inf")}, "timeout=inf: .*finite"),
        ({"timeout": float("nan")}, "timeout=nan: .*finite"),
        ({"count_tokens": 5}, "count_tokens=5: must be a callable or a tokenizer"),
        ({"count_tokens": "gpt-4"}, "count_tokens='gpt-4': must be a callable"),
        ({"count_tokens": b"x"}, "count_tokens=b'x': must be a callable"),
        ({"project_id": 5}, "project_id=5: .*string"),
        ({"repair_headings": "maybe"}, "repair_headings='maybe': .*boolean"),
        ({"extra_metadata": [1]}, r"extra_metadata=\[1\]: .*dictionary"),
        ({"extra_metadata": {1: 2}}, "extra_metadata.*string"),
    ],
    ids=str,
)
def test_a_wrong_value_says_what_is_allowed(values: Any, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as caught:
        Options(**values)

    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("max_token", "max_tokens"),
        ("apikey", "api_key"),
        ("on_failed_pages", "on_failed_page"),
        ("repair_heading", "repair_headings"),
        ("organisation_id", "organization_id"),
    ],
)
def test_a_near_miss_is_told_what_it_was_meant_to_be(wrong: str, right: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Options(**{wrong: SECRET})  # type: ignore[arg-type]

    assert str(caught.value) == f"unknown option {wrong}: did you mean {right}?"


def test_an_unknown_name_lists_all_names() -> None:
    with pytest.raises(ConfigError) as caught:
        Options(xyzzy=1)  # type: ignore[call-arg]

    assert all(name in str(caught.value) for name in OPTION_NAMES)


def test_several_wrong_options_are_all_told() -> None:
    with pytest.raises(ConfigError) as caught:
        Options(max_tokens=1, split="x", colour=2)  # type: ignore[call-arg, arg-type]

    assert str(caught.value).count("; ") == 2


def test_a_long_wrong_value_does_not_fill_the_screen() -> None:
    with pytest.raises(ConfigError) as caught:
        Options(split="x" * 10_000)  # type: ignore[arg-type]

    assert len(str(caught.value)) < 400


def test_options_do_not_change() -> None:
    options = Options(max_tokens=300)

    with pytest.raises(ValueError, match="frozen"):
        options.max_tokens = 200  # type: ignore[misc]


@pytest.mark.parametrize("cap", [16, 64, 99])
def test_a_small_cap_may_be_given_alone(cap: int) -> None:
    assert Options(max_tokens=cap).min_tokens == cap
    assert Options(max_tokens=cap, min_tokens=3).min_tokens == 3
    assert Options(**Options(max_tokens=cap).model_dump()).max_tokens == cap


@pytest.mark.parametrize("counter", [len, Tokenizer(), str.split], ids=_name)
def test_a_counter_is_a_callable_or_a_tokenizer(counter: Any) -> None:
    options = Options(count_tokens=counter)

    assert options.count_tokens is counter
    assert isinstance(options.model_dump()["count_tokens"], str)


@pytest.mark.parametrize("key", KEYS)
def test_extra_metadata_may_not_use_a_key_of_the_contract(key: str) -> None:
    with pytest.raises(ConfigError, match=f"{key} is what every chunk says of itself"):
        Options(extra_metadata={"team": "blue", key: "x"})


@pytest.mark.parametrize(
    "value",
    [None, [], ["a"], {}, date(2026, 1, 1), float("nan"), object(), b"x"],
    ids=_name,
)
def test_flat_extra_metadata_are_scalars(value: Any) -> None:
    with pytest.raises(
        ConfigError, match=r"extra_metadata\['team'\]=.*str, int, float"
    ):
        Options(extra_metadata={"team": value})


@pytest.mark.parametrize("value", [date(2026, 1, 1), object(), float("nan")], ids=_name)
def test_rich_extra_metadata_are_json(value: Any) -> None:
    with pytest.raises(ConfigError, match=r"extra_metadata\['team'\]=.*expected JSON"):
        Options(extra_metadata={"team": [value]}, metadata="rich")


def test_extra_metadata_that_fit_are_taken() -> None:
    flat = {"a": "x", "b": 1, "c": 0.5, "d": True}
    rich = {**flat, "e": [1, {"f": None}]}

    assert Options(extra_metadata=flat).extra_metadata == flat
    assert Options(extra_metadata=rich, metadata="rich").extra_metadata == rich


def test_the_key_is_in_no_text() -> None:
    options = Options(api_key=SECRET)

    texts = [repr(options), str(options), options.model_dump_json()]
    assert not [text for text in texts if SECRET in text]
    assert options.find_api_key() == SECRET


@pytest.mark.parametrize("key", [[SECRET], {"key": SECRET}, (SECRET,)], ids=repr)
def test_a_key_of_a_wrong_kind_is_not_repeated(key: Any) -> None:
    with pytest.raises(ConfigError, match="api_key: ") as caught:
        Options(api_key=key)

    assert SECRET not in f"{caught.value} {caught.value!r}"
    assert caught.value.__cause__ is None


def test_two_vocabularies_of_one_class_have_two_names() -> None:
    first, second = Tokenizer("cl100k"), Tokenizer("o200k")

    names = {
        Options(count_tokens=counter).model_dump()["count_tokens"]
        for counter in (first, second, first.encode, second.encode)
    }

    assert len(names) == 4


def test_the_key_survives_pickling() -> None:
    options = Options(api_key=SecretStr(SECRET), max_tokens=300)

    again = pickle.loads(pickle.dumps(options))

    assert again == options
    assert again.find_api_key() == SECRET


@pytest.mark.parametrize(
    ("option", "environment", "found"),
    [
        ("a", {"LLAMA_CLOUD_API_KEY": "b", "LLAMA_PARSE_API_KEY": "c"}, "a"),
        (None, {"LLAMA_CLOUD_API_KEY": "b", "LLAMA_PARSE_API_KEY": "c"}, "b"),
        (None, {"LLAMA_PARSE_API_KEY": "c"}, "c"),
        ("", {"LLAMA_CLOUD_API_KEY": " ", "LLAMA_PARSE_API_KEY": "c"}, "c"),
        (" a\n", {}, "a"),
    ],
    ids=["option", "cloud", "parse", "blank ones", "line end"],
)
def test_the_key_is_looked_for_in_order(
    option: str | None, environment: dict[str, str], found: str
) -> None:
    options = Options(api_key=option)

    with mock.patch.dict(os.environ, environment, clear=True):
        assert options.find_api_key() == found


@pytest.mark.parametrize("key", ["llx-a b", "llx-a\nb", "llx-…", "llx-é", "llx-\x00"])
def test_a_key_that_cannot_be_sent_is_told_without_it(key: str) -> None:
    with pytest.raises(ConfigError, match="Was it copied whole") as caught:
        Options(api_key=key).find_api_key()

    assert "llx" not in str(caught.value)


def test_no_key_says_where_it_was_looked_for() -> None:
    with (
        mock.patch.dict(os.environ, {}, clear=True),
        pytest.raises(
            ConfigError, match=r"api_key.*LLAMA_CLOUD_API_KEY.*LLAMA_PARSE_API_KEY"
        ),
    ):
        Options().find_api_key()
