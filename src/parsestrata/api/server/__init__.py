"""The v2 parse endpoint served from a store of results (extra: server)."""

from importlib.util import find_spec

from parsestrata.errors import MissingExtraError

for _module in ("starlette", "python_multipart"):
    if find_spec(_module) is None:
        raise MissingExtraError(_module, "server")

from parsestrata.api.server.app import create_app  # noqa: E402 - after the check
from parsestrata.api.server.kept import Engine, Kept, Results  # noqa: E402

__all__ = ["Engine", "Kept", "Results", "create_app"]
