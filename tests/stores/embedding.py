"""An embedding that needs no model: words hashed into a few directions."""

import math
from zlib import crc32

SIZE = 32


def embed(text: str) -> list[float]:
    """Return a vector of length 1 that shares directions with texts of like words."""
    numbers = [1.0] + [0.0] * (SIZE - 1)
    for word in text.split():
        numbers[1 + crc32(word.encode()) % (SIZE - 1)] += 1.0
    length = math.hypot(*numbers)
    return [number / length for number in numbers]
