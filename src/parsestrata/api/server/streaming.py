"""An answer streamed from the store, which is closed whatever becomes of the client."""

from collections.abc import Generator, Mapping

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from parsestrata.api.server.kept import Kept


class KeptResponse(StreamingResponse):
    """Sends pieces of what is kept, then closes it.

    Args:
        kept: Open.
        pieces: Read in threads, one at a time.
        status: HTTP status.
        headers: Further ones.
        media_type: Of the pieces together.
    """

    def __init__(
        self,
        kept: Kept,
        pieces: Generator[bytes, None, None],
        status: int,
        headers: Mapping[str, str],
        media_type: str,
    ) -> None:
        super().__init__(pieces, status, headers, media_type)
        self._kept = kept
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send all, or as much as the client takes."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._pieces.close()
            self._kept.close()
