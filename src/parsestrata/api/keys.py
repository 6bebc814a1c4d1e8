"""Keys that are compared without telling anything about them."""

import hashlib
import hmac


def is_same_key(given: str, key: str) -> bool:
    """Compare two keys in a time that tells nothing about either."""
    digests = [hashlib.sha256(text.encode()).digest() for text in (given, key)]
    return hmac.compare_digest(*digests)
