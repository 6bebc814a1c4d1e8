"""The v2 parse endpoint served from a store of results (extra: server)."""

from parsestrata.errors import MissingExtraError

try:
    import python_multipart  # noqa: F401 - only to see whether it is there
    import starlette  # noqa: F401
except ModuleNotFoundError as error:
    raise MissingExtraError(error.name or "starlette", "server") from None

from parsestrata.api.server.app import create_app
from parsestrata.api.server.kept import Engine, Kept, Results

__all__ = ["Engine", "Kept", "Results", "create_app"]
