"""What both LlamaIndex classes ask of their options."""

import pickle
from collections.abc import Mapping
from typing import Any

from parsestrata.errors import ConfigError
from parsestrata.options import Options, OptionValues


def merge_options(
    options: Options | Mapping[str, Any] | None, values: OptionValues
) -> Options:
    """Build options of those in `to_dict()` or of others, and of keyword arguments.

    Args:
        options: Whole options, or their fields; None for the defaults.
        values: Fields that go before those.

    Raises:
        ConfigError: A name or a value is wrong.
    """
    if isinstance(options, Options):
        if not values:
            return options
        options = {name: getattr(options, name) for name in options.model_fields_set}
    return Options(**{**(options or {}), **values})


def check_picklable(options: Options) -> None:
    """Refuse options that cannot go to a worker process.

    LlamaIndex drops what it cannot pickle without a word, and a worker would then
    count tokens in another way than the caller.

    Raises:
        ConfigError: `count_tokens` is a lambda or a local function.
    """
    try:
        pickle.dumps(options)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        message = (
            "these options cannot go to another process; count_tokens must be a "
            f"function at the top level of a module ({error})"
        )
        raise ConfigError(message) from None
