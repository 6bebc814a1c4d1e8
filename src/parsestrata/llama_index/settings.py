"""What both LlamaIndex classes ask of their options."""

import pickle

from parsestrata.errors import ConfigError
from parsestrata.options import Options


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
