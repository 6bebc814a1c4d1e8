"""Links to one file each, signed and for a while, and the refusals of a file host."""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from urllib.parse import quote
from xml.sax.saxutils import escape

from starlette.responses import Response

_FORBIDDEN = 403


class Signer:
    """Signs links with a key that lives as long as the process.

    Args:
        seconds: How long a link is good for.
        clock: Seconds since the epoch.
    """

    def __init__(
        self, seconds: float = 3600.0, clock: Callable[[], float] = time.time
    ) -> None:
        self._secret = secrets.token_bytes(32)
        self._seconds = seconds
        self._clock = clock

    def sign(self, base_url: str, job_id: str, name: str) -> str:
        """Return the link to a file."""
        expires = str(int(self._clock() + self._seconds))
        signature = self._signature(job_id, name, expires)
        path = f"{base_url.rstrip('/')}/files/{job_id}/{quote(name, safe='')}"
        return f"{path}?Expires={expires}&Signature={signature}"

    def refusal(
        self, job_id: str, name: str, expires: str, signature: str
    ) -> Response | None:
        """Return the answer to a link that is not good; None for one that is."""
        expected = self._signature(job_id, name, expires)
        if not hmac.compare_digest(expected.encode(), signature.encode()):
            return refuse("SignatureDoesNotMatch", "The signature does not match")
        if int(expires) <= self._clock():
            return refuse("AccessDenied", "Request has expired")
        return None

    def _signature(self, job_id: str, name: str, expires: str) -> str:
        message = f"{job_id}\n{name}\n{expires}".encode()
        return hmac.new(self._secret, message, hashlib.sha256).hexdigest()


def refuse(code: str, text: str, status: int = _FORBIDDEN) -> Response:
    """Answer as a host of files does."""
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{escape(code)}</Code><Message>{escape(text)}</Message></Error>"
    )
    return Response(body, status, media_type="application/xml")
