"""What stands before every handler: the key, and the size of what comes in."""

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from parsestrata.api.keys import is_same_key

_UNAUTHORISED, _TOO_LARGE = 401, 413
_SMALL = 64 * 1024
_UPLOAD = "/api/v2/parse/upload"


class Guard:
    """Lets a request through that has the key and is not too large.

    Args:
        app: What comes after.
        api_key: None lets everybody in.
        max_upload: Bytes of an upload; other requests may have 64 kB.
    """

    def __init__(self, app: ASGIApp, api_key: str | None, max_upload: int) -> None:
        self._app = app
        self._api_key = api_key
        self._max_upload = max_upload

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the head now and the body as it comes."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        refusal = self._refuse(scope["path"], headers)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        limited = _limit(receive, self._largest(scope["path"]))
        await self._app(scope, limited, send)

    def _refuse(self, path: str, headers: dict[bytes, bytes]) -> JSONResponse | None:
        if self._api_key is not None and path.startswith("/api/"):
            given = headers.get(b"authorization", b"").decode("latin-1")
            scheme, _, key = given.partition(" ")
            if scheme.lower() != "bearer" or not key:
                detail = "Not authenticated"
                return JSONResponse({"detail": detail}, _UNAUTHORISED)
            if not is_same_key(key.strip(), self._api_key):
                return JSONResponse({"detail": "Invalid API key"}, _UNAUTHORISED)
        announced = headers.get(b"content-length", b"0")
        if announced.isdigit() and int(announced) > self._largest(path):
            detail = f"Request too large: at most {self._largest(path)} bytes"
            return JSONResponse({"detail": detail}, _TOO_LARGE)
        return None

    def _largest(self, path: str) -> int:
        return self._max_upload if path == _UPLOAD else _SMALL


def _limit(receive: Receive, largest: int) -> Receive:
    seen = 0

    async def limited() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > largest:
            raise HTTPException(_TOO_LARGE, f"Request too large: at most {largest}")
        return message

    return limited
