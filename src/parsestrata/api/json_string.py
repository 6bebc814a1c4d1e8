"""Text -> one JSON string, piece by piece: a document is never held whole."""

import codecs
import json
from collections.abc import Iterator


def as_json_string(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Write UTF-8 text as one JSON string, piece by piece."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    yield b'"'
    for piece in pieces:
        yield json.dumps(decoder.decode(piece), ensure_ascii=False)[1:-1].encode()
    yield json.dumps(decoder.decode(b"", final=True), ensure_ascii=False)[1:-1].encode()
    yield b'"'
