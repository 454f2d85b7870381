"""The image: a header, then blocks that follow from the device's name alone."""

import hashlib
from collections.abc import Iterator

BLOCK_BYTES = 1 << 16


def build(name: str, banner: bytes, size: int) -> Iterator[bytes]:
    """Yields exactly `size` bytes, always the same for the same name and banner."""
    head = name.encode().ljust(16, b"\0") + banner
    yield head[:size]
    left, seed = size - len(head), hashlib.sha256(name.encode()).digest()
    while left > 0:
        seed = hashlib.sha256(seed).digest()
        yield (seed * (BLOCK_BYTES // len(seed)))[:left]
        left -= BLOCK_BYTES
